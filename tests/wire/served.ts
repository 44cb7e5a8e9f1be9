import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import { TimestreamWriteClient } from '@aws-sdk/client-timestream-write'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export const rootKey = { accessKeyId: 'AKIAWIRETESTS0000000', secretAccessKey: 'wire-tests-only' }

/** A spawned `tidemark serve`, as a user runs it, with the official clients pointed at it. */
export interface Served {
  readonly endpoint: string
  readonly process: ChildProcess
  /** Where the PostgreSQL protocol is served; never resolves when it is not. */
  readonly pgPort: Promise<number>
  readonly write: TimestreamWriteClient
  readonly query: TimestreamQueryClient
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>
  /** What it said on standard error so far. */
  errorOutput(): string
  /** SIGTERM, then waits for the end. */
  stop(): Promise<number | string>
}

export interface ServeOptions {
  readonly data: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly port?: number
}

/** Starts it on a free port; rejects with its error output when it ends before it listens. */
export async function serve(options: ServeOptions): Promise<Served> {
  const child = spawn(
    process.execPath,
    [main, 'serve', '--listen', `127.0.0.1:${options.port ?? 0}`, '--data', options.data, ...(options.args ?? [])],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        TIDEMARK_ROOT_ACCESS_KEY_ID: rootKey.accessKeyId,
        TIDEMARK_ROOT_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
        ...options.env,
      },
    },
  )
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const exited = new Promise<number | string>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')))
  let pgListens: (port: number) => void
  const pgPort = new Promise<number>((resolve) => (pgListens = resolve))
  const endpoint = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const pgwire = /^tidemark pgwire listening on .*:(\d+)$/.exec(line)
      if (pgwire) pgListens(Number(pgwire[1]))
      const match = /^tidemark listening on (https?:\/\/\S+)$/.exec(line)
      if (match) resolve(match[1]!)
    })
    void exited.then((code) => reject(new Error(`the server ended (${code}) before it listened:\n${said.join('')}`)))
  })
  const connection = { region: 'us-east-1', endpoint, credentials: rootKey, maxAttempts: 1 }
  const write = new TimestreamWriteClient(connection)
  const query = new TimestreamQueryClient(connection)
  return {
    endpoint,
    process: child,
    pgPort,
    write,
    query,
    exited,
    errorOutput: () => said.join(''),
    stop: async () => {
      write.destroy()
      query.destroy()
      child.kill('SIGTERM')
      return await exited
    },
  }
}
