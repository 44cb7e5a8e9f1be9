import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A process of the harness, killed at the latest when this process ends. */
export interface Child {
  /** The last lines it wrote, for error messages. */
  output(): string
  readonly alive: boolean
  kill(): Promise<void>
}

const running = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export function startChild(command: string, args: readonly string[], cwd: string): Child {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let output = ''
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const ended = once(child, 'exit').catch((error: unknown) => collect(Buffer.from(String(error))))
  void ended.then(() => running.delete(child))
  return {
    output: () => output,
    get alive() {
      return running.has(child)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
