import type { NewDeadLetter } from '../../database/connectors/dead-letter.ts'
import type { IngestRecord, IngestReject } from '../../database/write/ingest-record.ts'
import type { SourceMessage } from '../connector.ts'
import type { TableRecords } from '../record-sink.ts'

interface BatchMessage {
  readonly message: SourceMessage
  readonly settled: () => void
  /** Why it is a dead letter; empty: it is none. */
  readonly reasons: string[]
}

interface BatchTable extends TableRecords {
  readonly records: IngestRecord[]
  /** Places in `messages`, one for each record. */
  readonly owners: number[]
  isDone: boolean
}

/** Messages that are written together: their records by table, and what becomes of each of them. */
export class Batch {
  readonly messages: BatchMessage[] = []
  readonly #tables = new Map<string, BatchTable>()
  records = 0
  bytes = 0

  /** @param fault why the message is a dead letter although it may have records */
  add(message: SourceMessage, settled: () => void, decoded: readonly TableRecords[], fault?: string): void {
    const owner = this.#push(message, settled, fault === undefined ? [] : [fault])
    for (const { databaseName, tableName, records } of decoded) {
      const key = `${databaseName}\0${tableName}`
      let table = this.#tables.get(key)
      if (table === undefined) this.#tables.set(key, (table = { databaseName, tableName, records: [], owners: [], isDone: false }))
      for (const record of records) {
        table.records.push(record)
        table.owners.push(owner)
      }
      this.records += records.length
    }
  }

  unwritten(): readonly TableRecords[] {
    return [...this.#tables.values()].filter(({ isDone }) => !isDone)
  }

  written(table: TableRecords, rejected: readonly IngestReject[]): void {
    const { owners } = this.#finish(table)
    for (const { index, reason } of rejected) this.#blame(owners[index]!, reason)
  }

  /** No record of the table can ever be stored. */
  refused(table: TableRecords, reason: string): void {
    for (const owner of new Set(this.#finish(table).owners)) this.#blame(owner, reason)
  }

  letters(failedAtMs: number): readonly NewDeadLetter[] {
    return this.messages
      .filter(({ reasons }) => reasons.length > 0)
      .map(({ message, reasons }) => ({
        source: message.source,
        reason: reasons.join(' '),
        receivedAtMs: message.receivedAtMs,
        failedAtMs,
        attributes: message.attributes ?? {},
        payload: message.payload,
      }))
  }

  #push(message: SourceMessage, settled: () => void, reasons: string[]): number {
    this.bytes += message.payload.length
    return this.messages.push({ message, settled, reasons }) - 1
  }

  #finish(table: TableRecords): BatchTable {
    const found = this.#tables.get(`${table.databaseName}\0${table.tableName}`)!
    found.isDone = true
    return found
  }

  /** A few different reasons say enough. */
  #blame(owner: number, reason: string): void {
    const { reasons } = this.messages[owner]!
    if (reasons.length < 3 && !reasons.includes(reason)) reasons.push(reason)
  }
}
