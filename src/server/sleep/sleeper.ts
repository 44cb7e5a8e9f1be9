import type { Socket } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import type { Server } from '../main.ts'
import type { ToServer, ToSupervisor } from './messages.ts'

export interface SleeperOptions {
  readonly server: Server
  readonly sleepAfterMs: number
  readonly clock: Clock
  readonly send: (message: ToSupervisor) => void
  /** Called when the supervisor agrees that it sleeps. */
  readonly onSleep: () => void
}

/** Parts move between the tiers and expire while the engine is awake: not later than this after it fell asleep. */
const longestSleepMs = 6 * 3_600_000
/** How much sooner than a scheduled query is due the server wakes. */
const aheadMs = 2000
/** How long the first request of a connection may take to come. The connection itself is no reason to stay awake: watchers make them, too. */
const firstRequestMs = 200

/** The side of the server that takes connections from the supervisor, and asks it to be put to sleep when nothing happens. */
export class Sleeper {
  readonly #options: SleeperOptions
  readonly #timer: NodeJS.Timeout
  #isAsking = false
  #takenMs = Number.NEGATIVE_INFINITY

  constructor(options: SleeperOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#look(), Math.max(50, Math.min(1000, options.sleepAfterMs / 4)))
    this.#timer.unref()
  }

  take(message: ToServer, socket: Socket | undefined): void {
    const { server, send, onSleep } = this.#options
    if (message.kind === 'connection' && socket !== undefined) {
      // what the supervisor sends before it agrees arrives before that
      this.#takenMs = this.#options.clock.monotonicMs()
      if (message.head !== undefined) socket.unshift(Buffer.from(message.head, 'base64'))
      server.takeConnection(socket)
    } else if (message.kind === 'sleep') {
      this.#isAsking = false
      if (!this.#isIdle()) return send({ kind: 'busy' })
      clearInterval(this.#timer)
      onSleep()
    }
  }

  #isIdle(): boolean {
    const { server, sleepAfterMs, clock } = this.#options
    const dueMs = server.nextDueMs()
    if (clock.monotonicMs() < this.#takenMs + firstRequestMs) return false
    return server.activity.idleMs() >= sleepAfterMs && (dueMs === undefined || dueMs - clock.nowMs() > 2 * aheadMs)
  }

  #look(): void {
    if (this.#isAsking || !this.#isIdle()) return
    const { server, clock, send } = this.#options
    const dueMs = server.nextDueMs() ?? Number.POSITIVE_INFINITY
    this.#isAsking = true
    send({ kind: 'idle', wakeAtMs: Math.min(dueMs - aheadMs, clock.nowMs() + longestSleepMs) })
  }
}
