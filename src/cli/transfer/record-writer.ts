import { setTimeout as delay } from 'node:timers/promises'
import type { RowRecord } from '../../csv/model-types.ts'
import type { Connection } from '../connection.ts'
import { ServiceFailure } from '../failure.ts'
import { signedCall } from '../signed-call.ts'

/** Where a record comes from. */
export interface Place {
  readonly file: string
  readonly line: number
}

export interface PlacedRecord<P> {
  readonly record: RowRecord
  readonly place: P
}

export interface RecordWriterOptions<P> {
  readonly connection: Connection
  readonly databaseName: string
  readonly tableName: string
  /** Called for each record that the server does not take. */
  readonly onReject: (place: P, reason: string) => void
  readonly signal: AbortSignal
}

const recordsPerWrite = 100
const writesAtOnce = 12

/** Writes records to a server, many requests at a time, at the pace that the server sets. `P` says where a record comes from. */
export class RecordWriter<P = Place> {
  readonly #options: RecordWriterOptions<P>
  readonly #writes = new Set<Promise<void>>()
  #failure: unknown
  #batch: PlacedRecord<P>[] = []
  /** Records that the server has taken. */
  written = 0

  constructor(options: RecordWriterOptions<P>) {
    this.#options = options
  }

  /** Resolves when more may come. Throws what stopped an earlier request. */
  async add(record: RowRecord, place: P): Promise<void> {
    this.#batch.push({ record, place })
    if (this.#batch.length >= recordsPerWrite) await this.#send()
  }

  /** Resolves when everything is written. */
  async end(): Promise<void> {
    if (this.#batch.length > 0) await this.#send()
    await Promise.all(this.#writes)
    if (this.#failure !== undefined) throw this.#failure
  }

  async #send(): Promise<void> {
    const write = this.#write(this.#batch).catch((error: unknown) => {
      this.#failure ??= error
    })
    this.#batch = []
    this.#writes.add(write)
    void write.then(() => this.#writes.delete(write))
    if (this.#writes.size >= writesAtOnce) await Promise.race(this.#writes)
    if (this.#failure !== undefined) {
      await Promise.all(this.#writes)
      throw this.#failure
    }
  }

  async #write(batch: readonly PlacedRecord<P>[]): Promise<void> {
    const { connection, databaseName, tableName, signal } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        const Records = batch.map(({ record }) => record)
        await signedCall(connection, 'aws', 'WriteRecords', { DatabaseName: databaseName, TableName: tableName, Records }, signal)
        this.written += batch.length
        return
      } catch (error) {
        if (!(error instanceof ServiceFailure)) throw error
        if (error.exception === 'RejectedRecordsException') return this.#rejected(batch, error)
        // one record is wrong in itself, and says nothing about the others
        if (error.exception === 'ValidationException') return this.#halve(batch, error)
        if (error.exception !== 'ThrottlingException') throw error
        await delay(Math.min(2000, 50 * 2 ** attempt), undefined, { signal })
      }
    }
  }

  #rejected(batch: readonly PlacedRecord<P>[], { body }: ServiceFailure): void {
    const rejects = (body['RejectedRecords'] ?? []) as readonly { readonly RecordIndex: number; readonly Reason: string }[]
    this.written += batch.length - rejects.length
    for (const { RecordIndex, Reason } of rejects) this.#options.onReject(batch[RecordIndex]!.place, Reason)
  }

  async #halve(batch: readonly PlacedRecord<P>[], error: ServiceFailure): Promise<void> {
    const [first] = batch
    if (batch.length === 1 && first) return this.#options.onReject(first.place, error.message)
    const middle = batch.length >> 1
    await this.#write(batch.slice(0, middle))
    await this.#write(batch.slice(middle))
  }
}
