import { ServerError } from '../../base/errors.ts'
import type { GuardRails } from '../access/records.ts'

/** What the queries of this process may take together. */
export interface AdmissionOptions {
  /** Queries that the engine runs at once. */
  readonly engineSlots: number
  /** Queries that may wait for their turn before further ones are throttled. */
  readonly waiting: number
  /** Processors of the machine that runs the engine, and its memory; absent where the engine is elsewhere and sees to that itself. */
  readonly machine?: { readonly processors: number; readonly memoryBytes: number }
}

export interface QueryLoad {
  /** Queries that may run at once. */
  readonly slots: number
  readonly running: number
  readonly waiting: number
  /** Of the engine in this process, for all queries together. */
  readonly threads?: number
  readonly memoryBytes?: number
}

/** Leave to run: under which settings, and how to give the place back. */
export interface Admitted {
  readonly settings: Readonly<Record<string, number>>
  /** Idempotent. */
  readonly leave: () => void
}

interface Waiter {
  readonly admit: () => void
}

/** Source of the numbers: developer guide, "Timestream Compute Unit": 4 TCU serve about 7 queries at once; a TCU is 4 vCPU and 16 GB. */
const queriesPerTcu = 7 / 4
const processorsPerTcu = 4
const memoryPerTcu = 16 * 2 ** 30
/** The engine, the process and the file cache need some, too. */
const memoryShare = 0.8

/**
 * Lets as many queries run at once as the compute units of the account and the engine allow; the others wait, the principals in turn, so that one
 * with many queries does not keep out one with few. Whoever finds the processors busy is given fewer threads.
 */
export class Admission {
  readonly #options: AdmissionOptions
  #tcu = Number.POSITIVE_INFINITY
  #running = 0
  /** Those who wait, by principal; the first principal is the next one's turn. */
  readonly #queues = new Map<string, Waiter[]>()
  /** Queries that run or wait, by principal. */
  readonly #counts = new Map<string, number>()

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0)
  }

  get slots(): number {
    return Math.min(this.#options.engineSlots, Math.max(1, Math.floor(this.#tcu * queriesPerTcu)))
  }

  /** What the queries of this process may take, and do. */
  get load(): QueryLoad {
    return { slots: this.slots, running: this.#running, waiting: this.waiting, ...this.#bounds() }
  }

  /** MaxQueryTCU, or the capacity that is provisioned. */
  setTcu(tcu: number): void {
    this.#tcu = tcu
    this.#admitNext()
  }

  /** @throws ServerError THROTTLING; the signal's reason when it ends the wait */
  async enter(principalName: string, rails: GuardRails, signal: AbortSignal): Promise<Admitted> {
    signal.throwIfAborted()
    const own = this.#counts.get(principalName) ?? 0
    const { maxConcurrentQueries } = rails
    if (maxConcurrentQueries !== undefined && own >= maxConcurrentQueries) {
      throw new ServerError(
        'THROTTLING',
        `The guard rail MaxConcurrentQueries of ${principalName} allows ${maxConcurrentQueries} queries at once`,
      )
    }
    if (this.#running >= this.slots && this.waiting >= this.#options.waiting) throw this.#throttled()
    this.#counts.set(principalName, own + 1)
    try {
      if (this.#running >= this.slots) await this.#wait(principalName, signal)
      else this.#running++
    } catch (error) {
      this.#forget(principalName)
      throw error
    }
    let isInside = true
    return {
      settings: { ...this.#settings(), ...railSettings(rails) },
      leave: () => {
        if (!isInside) return
        isInside = false
        this.#running--
        this.#forget(principalName)
        this.#admitNext()
      },
    }
  }

  async #wait(principalName: string, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        admit: () => {
          signal.removeEventListener('abort', giveUp)
          resolve()
        },
      }
      const giveUp = (): void => {
        const queue = this.#queues.get(principalName)
        const at = queue?.indexOf(waiter) ?? -1
        if (queue === undefined || at < 0) return
        queue.splice(at, 1)
        if (queue.length === 0) this.#queues.delete(principalName)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      const queue = this.#queues.get(principalName)
      if (queue) queue.push(waiter)
      else this.#queues.set(principalName, [waiter])
    })
  }

  #admitNext(): void {
    while (this.#running < this.slots) {
      const [next] = this.#queues
      if (next === undefined) return
      const [principalName, queue] = next
      this.#queues.delete(principalName)
      const waiter = queue.shift()!
      if (queue.length > 0) this.#queues.set(principalName, queue)
      this.#running++
      waiter.admit()
    }
  }

  #forget(principalName: string): void {
    const left = (this.#counts.get(principalName) ?? 1) - 1
    if (left > 0) this.#counts.set(principalName, left)
    else this.#counts.delete(principalName)
  }

  /** Of the processors and the memory that the compute units stand for, as far as the machine has them. */
  #settings(): Readonly<Record<string, number>> {
    const { threads, memoryBytes } = this.#bounds()
    if (threads === undefined || memoryBytes === undefined) return {}
    return { max_threads: Math.max(1, Math.floor(threads / this.#running)), max_memory_usage: memoryBytes }
  }

  #bounds(): Pick<QueryLoad, 'threads' | 'memoryBytes'> {
    const { machine } = this.#options
    if (machine === undefined) return {}
    return {
      threads: Math.min(machine.processors, this.#tcu * processorsPerTcu),
      memoryBytes: Math.floor(Math.min(machine.memoryBytes * memoryShare, this.#tcu * memoryPerTcu)),
    }
  }

  #throttled(): ServerError {
    const why = this.slots < this.#options.engineSlots ? `The ${this.#tcu} TCU of the account are in use` : 'The engine is busy'
    return new ServerError('THROTTLING', `${why}: ${this.#running} queries run and ${this.waiting} wait; try again later`)
  }
}

const railSettings = ({ maxBytesScanned }: GuardRails): Readonly<Record<string, number>> =>
  maxBytesScanned === undefined ? {} : { max_bytes_to_read: maxBytesScanned }

/** What ended a query, told as the guard rail that did. */
export function railError(error: unknown, principalName: string, { maxBytesScanned, maxQuerySeconds }: GuardRails): unknown {
  if (!(error instanceof ServerError)) return error
  const said = (rail: string, value: number, what: string): ServerError =>
    new ServerError(error.code, `The guard rail ${rail} of ${principalName} ended the query: ${what} ${value}`, { cause: error })
  if (error.code === 'RESULT_TOO_LARGE' && maxBytesScanned !== undefined && error.message.includes('reads or returns more')) {
    return said('MaxBytesScanned', maxBytesScanned, 'it reads more bytes than')
  }
  if (error.code === 'QUERY_TIMEOUT' && maxQuerySeconds !== undefined)
    return said('MaxQuerySeconds', maxQuerySeconds, 'it runs longer than the seconds allowed,')
  return error
}
