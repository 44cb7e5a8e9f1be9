import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Target } from './wire.ts'

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

export interface RunningServer {
  readonly target: Target
  readonly pid: number
  readonly directory: string
  stop(): Promise<void>
}

/** What the first line of the installed program gives Node.js: environment and arguments. */
function launch(): { readonly environment: Readonly<Record<string, string>>; readonly arguments: readonly string[] } {
  const words = readFileSync(main, 'utf8').split('\n', 1)[0]!.split(' ').slice(2)
  const node = words.indexOf('node')
  return {
    environment: Object.fromEntries(words.slice(0, node).map((word) => word.split('=') as [string, string])),
    arguments: words.slice(node + 1),
  }
}

/** Starts the built server on a free port and an empty data directory, as a user would. */
export async function startServer(extra: readonly string[] = []): Promise<RunningServer> {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-bench-'))
  const accessKeyId = 'AKIDBENCHMARK0000000'
  const secretAccessKey = 'benchmark-secret'
  const asInstalled = launch()
  const child = spawn(
    process.execPath,
    [...asInstalled.arguments, main, 'serve', '--listen', '127.0.0.1:0', '--data', directory, '--log-level', 'warn', ...extra],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...asInstalled.environment,
        TIDEMARK_ROOT_ACCESS_KEY_ID: accessKeyId,
        TIDEMARK_ROOT_SECRET_ACCESS_KEY: secretAccessKey,
      },
    },
  )
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
    directory,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
