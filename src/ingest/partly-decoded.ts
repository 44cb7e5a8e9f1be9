import { ServerError } from '../base/errors.ts'
import type { TableRecords } from './record-sink.ts'

/** Part of a message could not be decoded: the records that it has are stored, the message is a dead letter. */
export class PartlyDecoded extends ServerError {
  readonly tables: readonly TableRecords[]

  constructor(reason: string, tables: readonly TableRecords[]) {
    super('VALIDATION', reason)
    this.tables = tables
  }
}
