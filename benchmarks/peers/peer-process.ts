import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A rival's server that the benchmark started: on loopback, with data in a scratch folder that is removed at the end. */
export interface PeerProcess {
  readonly directory: string
  readonly pid: number
  stop(): Promise<void>
}

/** Where the program is, in PATH or one of the further folders; undefined when it is not installed. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), ...folders]) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // not there
    }
  }
  return undefined
}

/** A port on loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

export const scratchDirectory = (name: string): string => mkdtempSync(join(tmpdir(), `tidemark-bench-${name}-`))

/** Size of all files below a folder. */
export function bytesBelow(directory: string): number {
  let bytes = 0
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

/** Starts a program and waits until `isReady` answers true. @throws Error with the program's last words when it ends before */
export async function startPeer(options: {
  readonly program: string
  readonly args: readonly string[]
  readonly directory: string
  readonly isReady: () => Promise<boolean>
  readonly signal?: NodeJS.Signals
  readonly user?: { readonly uid: number; readonly gid: number }
}): Promise<PeerProcess> {
  const { program, args, directory, isReady, signal = 'SIGTERM', user } = options
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: directory, ...user })
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-2000)))
  const stop = (): Promise<void> => end(child, signal, directory)
  try {
    for (let tries = 0; tries < 300; tries++) {
      if (child.exitCode !== null) throw new Error(`${program} ended with code ${child.exitCode}: ${words}`)
      if (await isReady().catch(() => false)) return { directory, pid: child.pid!, stop }
      await delay(100)
    }
    throw new Error(`${program} is not ready after 30 s: ${words}`)
  } catch (error) {
    await stop()
    throw error
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    const isOver = await Promise.race([ended.then(() => true), delay(10_000).then(() => false)])
    if (!isOver) {
      child.kill('SIGKILL')
      await ended
    }
  }
  rmSync(directory, { recursive: true, force: true })
}
