import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cacheArgs } from './raw-chdb.ts'
import type { Target } from './wire.ts'

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

export interface RunningServer {
  readonly target: Target
  readonly pid: number
  readonly directory: string
  /** Ends it and removes its data. */
  stop(): Promise<void>
  /** Ends it and starts it again with its data; `target` is another one then. */
  restart(): Promise<RunningServer>
  /** SQL straight to the engine, inside the server's process; for a server that was started so. */
  ask(text: string): Promise<RawAnswer>
}

export interface RawAnswer {
  /** As JSONCompactEachRow. */
  readonly text?: string
  readonly rows: number
  /** As measured inside. */
  readonly ms: number
}

interface StartOptions {
  /** Lets `ask` reach the engine. */
  readonly isOpen?: boolean
  readonly directory?: string
}

/** What the first line of the installed program gives Node.js: environment and arguments. */
function launch(): {
  readonly environment: Readonly<Record<string, string>>
  readonly arguments: readonly string[]
} {
  const words = readFileSync(main, 'utf8').split('\n', 1)[0]!.split(' ').slice(2)
  const node = words.indexOf('node')
  return {
    environment: Object.fromEntries(words.slice(0, node).map((word) => word.split('=') as [string, string])),
    arguments: words.slice(node + 1),
  }
}

/** Starts the built server on a free port and an empty data directory, as a user would. */
export async function startServer(extra: readonly string[] = [], options: StartOptions = {}): Promise<RunningServer> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'tidemark-bench-'))
  const accessKeyId = 'AKIDBENCHMARK0000000'
  const secretAccessKey = 'benchmark-secret'
  const asInstalled = launch()
  const inside = options.isOpen ? ['--import', fileURLToPath(new URL('./raw-inside.mjs', import.meta.url))] : []
  const child = spawn(
    process.execPath,
    [...asInstalled.arguments, ...inside, main, 'serve', '--listen', '127.0.0.1:0', '--data', directory, '--log-level', 'warn', ...extra],
    {
      stdio: ['ignore', 'pipe', 'inherit', ...(options.isOpen ? (['ipc'] as const) : [])],
      env: {
        ...process.env,
        ...asInstalled.environment,
        TIDEMARK_ROOT_ACCESS_KEY_ID: accessKeyId,
        TIDEMARK_ROOT_SECRET_ACCESS_KEY: secretAccessKey,
      },
    },
  )
  const endpoint = await new Promise<URL>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const match = /^tidemark listening on (http:\/\/\S+)/.exec(line)
      if (match) resolve(new URL(match[1]!))
    })
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code} before it listened`)))
  })
  const ask = options.isOpen ? await askInside(child, directory) : undefined
  const end = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await ask?.({ close: true })
    child.kill('SIGTERM')
    await ended
  }
  return {
    target: { endpoint, accessKeyId, secretAccessKey, region: 'us-east-1' },
    pid: child.pid!,
    directory,
    stop: async () => {
      await end()
      rmSync(directory, { recursive: true, force: true })
    },
    restart: async () => {
      await end()
      return startServer(extra, { ...options, directory })
    },
    ask: async (text) => {
      if (ask === undefined) throw new Error('the engine of this server is not open to questions')
      return ask({ text })
    },
  }
}

/** Messages to raw-inside.mjs, one at a time; opens its session first. */
async function askInside(child: ChildProcess, directory: string): Promise<(message: object) => Promise<RawAnswer>> {
  const ask = (message: object): Promise<RawAnswer> =>
    new Promise((resolve, reject) => {
      child.once('message', (answer: RawAnswer & { readonly failure?: string }) =>
        answer.failure === undefined ? resolve(answer) : reject(new Error(answer.failure)),
      )
      child.send(message)
    })
  await ask({ open: { directory: join(directory, 'engine'), args: cacheArgs } })
  return ask
}
