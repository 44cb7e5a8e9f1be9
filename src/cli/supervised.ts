import type { Socket } from 'node:net'
import { systemClock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import { jsonLog, standardError } from '../base/json-log.ts'
import { environment, readConfig } from '../server/config.ts'
import { stopOnSignal } from '../server/lifecycle.ts'
import { startServer } from '../server/main.ts'
import type { ToServer, ToSupervisor } from '../server/sleep/messages.ts'
import { Sleeper } from '../server/sleep/sleeper.ts'

/**
 * The process that serves while `tidemark serve --sleep-after` is awake; started by its supervisor, which gives the flags as one argument of JSON.
 * It loads no other command: that would make waking slower.
 */
async function runSupervised(): Promise<never> {
  const flags = JSON.parse(process.argv[2] ?? '{}') as Readonly<Record<string, string | true>>
  const config = readConfig({ flags, environment })
  const log = jsonLog(config.logLevel, standardError())
  const send = (message: ToSupervisor): void => void process.send?.(message)
  const early: (readonly [ToServer, Socket | undefined])[] = []
  let take = (message: ToServer, socket: Socket | undefined): void => void early.push([message, socket])
  const opened = new Promise<Extract<ToServer, { readonly kind: 'open' }>>((resolve) => {
    process.on('message', (message: ToServer, socket?: unknown) => {
      if (message.kind === 'open') resolve(message)
      else take(message, socket as Socket | undefined)
    })
  })
  const { endpoint, wakes } = await opened
  const server = await startServer(config, systemClock, log, { endpoint: new URL(endpoint), wakes })
  const stopped = async (): Promise<void> => {
    await server.running.stop()
    process.exit(0)
  }
  const { sleepAfterMs = Number.POSITIVE_INFINITY } = config
  const sleeper = new Sleeper({ server, sleepAfterMs, clock: systemClock, send, onSleep: () => void stopped() })
  take = (message, socket) => sleeper.take(message, socket)
  for (const [message, socket] of early) take(message, socket)
  // without a supervisor nobody can reach it
  process.once('disconnect', () => void stopped())
  send({ kind: 'serving', facts: server.facts })
  process.exit(await stopOnSignal(process, server.running, log, systemClock))
}

await runSupervised().catch((error: unknown) => {
  const isExpected = error instanceof ServerError && error.code !== 'INTERNAL'
  process.stderr.write(`tidemark: cannot start: ${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
})
