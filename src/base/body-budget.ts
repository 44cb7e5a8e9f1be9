import type { IncomingMessage, ServerResponse } from 'node:http'
import { ServerError } from './errors.ts'
import type { Limits } from './limits.ts'

/** Bounds the bytes of all request bodies that are being read or worked on at a time, so that many connections cannot fill the memory. */
export class BodyBudget {
  readonly #limits: Pick<Limits, 'requestBodyBytes' | 'requestBodiesBytes'>
  #bytes = 0

  constructor(limits: Pick<Limits, 'requestBodyBytes' | 'requestBodiesBytes'>) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  /**
   * Counts the body of the request until its answer is out or its connection gone. A body of unknown length counts as the longest one; one
   * that is too long costs nothing, as it is not read.
   * @throws ServerError THROTTLING before anything of the body is read
   */
  reserve(request: IncomingMessage, response: ServerResponse): void {
    const { requestBodyBytes, requestBodiesBytes } = this.#limits
    const length = request.headers['content-length']
    const bytes = length === undefined ? (request.headers['transfer-encoding'] === undefined ? 0 : requestBodyBytes) : Number(length)
    if (bytes === 0 || bytes > requestBodyBytes) return
    if (this.#bytes + bytes > requestBodiesBytes) {
      throw new ServerError(
        'THROTTLING',
        `Request rate exceeded: requests of ${this.#bytes} bytes are being worked on. Retry with backoff.`,
      )
    }
    this.#bytes += bytes
    response.once('close', () => (this.#bytes -= bytes))
  }
}
