import { ServerError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { TableRecord } from '../../storage/table-record.ts'
import type { WriteOutcome, WriteRecord } from '../../storage/writer/write-record.ts'
import type { Writer } from '../../storage/writer/writer.ts'
import type { Caller } from '../caller.ts'
import type { WriteInput, WriteResult } from '../database.ts'
import { ActivePartitions } from './active-partitions.ts'
import { type AdmissionOptions, findTable, grow, isLate, screen, timeOf } from './admit-records.ts'
import { RecordReader } from './read-record.ts'
import type { RejectedRecord } from './record.ts'
import type { MagneticReject } from './reject-report.ts'
import { Shapes } from './shapes.ts'

export interface WriteService {
  /**
   * Durable and visible when it resolves.
   * @throws ServerError VALIDATION (nothing is stored), REJECTED_RECORDS with the member `RejectedRecords` (the others are stored),
   *   RESOURCE_NOT_FOUND, THROTTLING
   */
  write(caller: Caller, input: WriteInput): Promise<WriteResult>
}

export interface WriteServiceOptions extends AdmissionOptions {
  readonly writer: Pick<Writer, 'write'>
  readonly log: Log
  /** Shared by all writers; one of its own when absent. */
  readonly partitions?: ActivePartitions
  /** Called when a write is answered. */
  readonly onWritten?: (accepted: number, rejected: number) => void
  /** Records for the magnetic store that lost against a stored version: the caller is not told at once. */
  readonly onMagneticRejects?: (table: TableRecord, rejects: readonly MagneticReject[]) => void
}

/** Validates and merges what callers send, lets the schema grow, and hands the records to the writer. */
export function createWriteService(options: WriteServiceOptions): WriteService {
  const { writer, limits, log } = options
  const shapes = new Shapes(limits)
  const partitions = options.partitions ?? new ActivePartitions(options.clock, limits.activeMagneticPartitions)

  const prepare = async (input: WriteInput): Promise<Prepared> => {
    checkCount(input.records.length, limits.recordsPerWrite)
    const table = await findTable(options.catalog, input)
    const reader = new RecordReader(input.commonAttributes ?? {}, limits, shapes)
    const read = input.records.map((record, index) => reader.read(record, index))
    const rejected = new Map<number, RejectedRecord>()
    const timely = screen(read, table, options, rejected)
    partitions.admit(table, timely.filter(isLate).map(timeOf))
    return { ...(await grow(timely, table, options, rejected)), readCount: read.length, rejected }
  }

  const answer = (caller: Caller, summary: Summary, outcome: WriteOutcome): WriteResult => {
    const { table, accepted, late, readCount, rejected } = summary
    const magneticRejects: MagneticReject[] = []
    for (const { index, reason, existingVersion } of outcome.rejected) {
      const record = late.get(index)
      if (record !== undefined) magneticRejects.push({ record, reason })
      else {
        const version = existingVersion === undefined ? {} : { ExistingVersion: Number(existingVersion) }
        rejected.set(index, { RecordIndex: index, Reason: reason, ...version })
      }
    }
    if (magneticRejects.length > 0) options.onMagneticRejects?.(table, magneticRejects)
    options.onWritten?.(readCount - rejected.size, rejected.size)
    if (rejected.size > 0) {
      log.debug('records rejected', { requestId: caller.requestId, table: table.physicalName, rejected: rejected.size })
      throw rejectedRecords([...rejected.values()])
    }
    return { total: accepted, memoryStore: accepted - late.size, magneticStore: late.size }
  }

  return {
    // While the disk is waited for, only the summary is kept: a frame that holds the records would have them copied by every collection.
    write: (caller, input) =>
      prepare(input).then(({ table, records, readCount, rejected }) => {
        const late = new Map(records.filter(isLate).map((record) => [record.index, record]))
        const summary = { table, accepted: records.length, late, readCount, rejected }
        return writer.write(table, records).then((outcome) => answer(caller, summary, outcome))
      }),
  }
}

interface Prepared {
  readonly table: TableRecord
  readonly records: readonly WriteRecord[]
  readonly readCount: number
  readonly rejected: Map<number, RejectedRecord>
}

/** What the answer needs of a request. */
interface Summary extends Pick<Prepared, 'table' | 'readCount' | 'rejected'> {
  readonly accepted: number
  /** Records for the magnetic store, by their index. */
  readonly late: ReadonlyMap<number, WriteRecord>
}

function checkCount(count: number, most: number): void {
  if (count >= 1 && count <= most) return
  throw new ServerError('VALIDATION', `Records: a request has from 1 to ${most} records, not ${count}.`)
}

function rejectedRecords(rejects: readonly RejectedRecord[]): ServerError {
  const RejectedRecords = [...rejects].sort((a, b) => a.RecordIndex - b.RecordIndex)
  return new ServerError('REJECTED_RECORDS', 'One or more records have been rejected. See RejectedRecords for details.', {
    members: { RejectedRecords },
  })
}
