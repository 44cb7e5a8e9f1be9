import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Target } from './wire.ts'

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

export interface RunningServer {
  readonly target: Target
  readonly pid: number
  stop(): Promise<void>
}

/** Starts the built server on a free port and an empty data directory, as a user would. */
export async function startServer(extra: readonly string[] = []): Promise<RunningServer> {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-bench-'))
  const accessKeyId = 'AKIDBENCHMARK0000000'
  const secretAccessKey = 'benchmark-secret'
  const child = spawn(process.execPath, [main, 'serve', '--listen', '127.0.0.1:0', '--data', directory, '--log-level', 'warn', ...extra], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TIDEMARK_ROOT_ACCESS_KEY_ID: accessKeyId, TIDEMARK_ROOT_SECRET_ACCESS_KEY: secretAccessKey },
  })
  const endpoint = await new Promise<URL>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /^tidemark listening on (http:\/\/\S+)/.exec(line)
      if (match) resolve(new URL(match[1]!))
    })
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code} before it listened`)))
  })
  return {
    target: { endpoint, accessKeyId, secretAccessKey, region: 'us-east-1' },
    pid: child.pid!,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
