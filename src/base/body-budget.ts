import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from './clock.ts'
import { ServerError } from './errors.ts'
import type { Limits } from './limits.ts'

/** How long a request may take when as many wait as are taken: beyond it a new one is throttled. */
const longestWaitMs = 2000
/** So many bytes are always taken, and at first. */
const leastBytes = 32 * 1024 * 1024
const firstBytes = 64 * 1024 * 1024
const measuredMs = 1000

/**
 * Bounds the bytes of all request bodies that are being read or worked on at a time, so that many connections cannot fill the memory, and so that
 * those that are taken are answered soon: by what was answered in the last seconds. While there is room, there may be more the next time.
 */
export class BodyBudget {
  readonly #limits: Pick<Limits, 'requestBodyBytes' | 'requestBodiesBytes'>
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #bytes = 0
  #measuredSinceMs: number
  #answeredBytes = 0
  #mostSeen = 0
  #bytesPerMs = firstBytes / longestWaitMs

  constructor(limits: Pick<Limits, 'requestBodyBytes' | 'requestBodiesBytes'>, clock: Pick<Clock, 'monotonicMs'>) {
    this.#limits = limits
    this.#clock = clock
    this.#measuredSinceMs = clock.monotonicMs()
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What may be worked on at a time. */
  get most(): number {
    return Math.min(this.#limits.requestBodiesBytes, Math.max(leastBytes, this.#bytesPerMs * longestWaitMs))
  }

  /**
   * Counts the body of the request until its answer is out or its connection gone. A body of unknown length counts as the longest one; one
   * that is too long costs nothing, as it is not read.
   * @param longest body that is read; that of a request to the API when absent
   * @throws ServerError THROTTLING before anything of the body is read
   */
  reserve(request: IncomingMessage, response: ServerResponse, longest = this.#limits.requestBodyBytes): void {
    const length = request.headers['content-length']
    const bytes = length === undefined ? (request.headers['transfer-encoding'] === undefined ? 0 : longest) : Number(length)
    if (bytes === 0 || bytes > longest) return
    // one request is always worked on, however slow the server is
    if (this.#bytes > 0 && this.#bytes + bytes > this.most) {
      throw new ServerError(
        'THROTTLING',
        `Request rate exceeded: requests of ${this.#bytes} bytes are being worked on. Retry with backoff.`,
      )
    }
    this.#bytes += bytes
    this.#mostSeen = Math.max(this.#mostSeen, this.#bytes)
    response.once('close', () => {
      this.#bytes -= bytes
      this.#measure(bytes)
    })
  }

  /** The rate says something only under load: an idle server is no slow one. */
  #measure(bytes: number): void {
    this.#answeredBytes += bytes
    const nowMs = this.#clock.monotonicMs()
    const elapsedMs = nowMs - this.#measuredSinceMs
    if (elapsedMs < measuredMs) return
    const rate = this.#answeredBytes / elapsedMs
    const isLoaded = this.#mostSeen > this.most / 2
    const next = isLoaded ? (this.#bytesPerMs + rate) / 2 : Math.max(rate, this.#bytesPerMs * 1.5)
    this.#bytesPerMs = Math.min(next, this.#limits.requestBodiesBytes / longestWaitMs)
    this.#answeredBytes = 0
    this.#mostSeen = this.#bytes
    this.#measuredSinceMs = nowMs
  }
}
