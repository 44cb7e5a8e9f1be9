import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import { ingestionWindow, outsideWindowReason, storeOf } from '../../storage/retention.ts'
import type { StoredCatalog } from '../../storage/stored-catalog.ts'
import type { TableRecord } from '../../storage/table-record.ts'
import type { WriteOutcome, WriteRecord } from '../../storage/writer/write-record.ts'
import type { Writer } from '../../storage/writer/writer.ts'
import type { Caller } from '../caller.ts'
import type { WriteInput, WriteResult } from '../database.ts'
import { ActivePartitions } from './active-partitions.ts'
import { quotaReason } from './quotas.ts'
import { type ReadRecord, RecordReader } from './read-record.ts'
import type { RejectedRecord } from './record.ts'
import type { MagneticReject } from './reject-report.ts'
import { growSchema } from './schema-growth.ts'
import { Shapes } from './shapes.ts'

export interface WriteService {
  /**
   * Durable and visible when it resolves.
   * @throws ServerError VALIDATION (nothing is stored), REJECTED_RECORDS with the member `RejectedRecords` (the others are stored),
   *   RESOURCE_NOT_FOUND, THROTTLING
   */
  write(caller: Caller, input: WriteInput): Promise<WriteResult>
}

export interface WriteServiceOptions {
  readonly writer: Pick<Writer, 'write'>
  readonly catalog: Pick<StoredCatalog, 'table' | 'refresh' | 'snapshot' | 'extendSchema'>
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  /** Called when a write is answered. */
  readonly onWritten?: (accepted: number, rejected: number) => void
  /** Records for the magnetic store that lost against a stored version: the caller is not told at once. */
  readonly onMagneticRejects?: (table: TableRecord, rejects: readonly MagneticReject[]) => void
}

/** Validates and merges what callers send, lets the schema grow, and hands the records to the writer. */
export function createWriteService(options: WriteServiceOptions): WriteService {
  const { writer, limits, log } = options
  const shapes = new Shapes(limits)
  const partitions = new ActivePartitions(options.clock, limits.activeMagneticPartitions)

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

const isLate = ({ store }: WriteRecord): boolean => store === 'magnetic'
const timeOf = ({ timeNs }: WriteRecord): bigint => timeNs

function checkCount(count: number, most: number): void {
  if (count >= 1 && count <= most) return
  throw new ServerError('VALIDATION', `Records: a request has from 1 to ${most} records, not ${count}.`)
}

/** Another node may have made the table: the document is read before it is said to be missing. */
async function findTable(catalog: WriteServiceOptions['catalog'], { databaseName, tableName }: WriteInput): Promise<TableRecord> {
  const known = catalog.table(databaseName, tableName)
  if (known !== undefined) return known
  await catalog.refresh(databaseName)
  if (catalog.snapshot().tableNames(databaseName) === undefined) {
    throw new ServerError('RESOURCE_NOT_FOUND', `The database ${databaseName} does not exist.`)
  }
  await catalog.refresh(databaseName, tableName)
  const table = catalog.table(databaseName, tableName)
  if (table === undefined) throw new ServerError('RESOURCE_NOT_FOUND', `The table ${tableName} does not exist.`)
  return table
}

/** The records inside the table's window and quotas; the others are put into `rejected`. */
function screen(
  records: readonly ReadRecord[],
  table: TableRecord,
  { clock, limits }: WriteServiceOptions,
  rejected: Map<number, RejectedRecord>,
): readonly WriteRecord[] {
  const window = ingestionWindow(table, clock.nowNs(), limits.futureIngestionMs)
  const accepted: WriteRecord[] = []
  for (const record of records) {
    const { index, timeNs, version, measureName, dimensions, value } = record
    const store = storeOf(window, timeNs)
    if (store === undefined) {
      rejected.set(index, { RecordIndex: index, Reason: outsideWindowReason(window) })
      continue
    }
    const reason = quotaReason(record, table.partitionKey, limits)
    if (reason === undefined) accepted.push({ index, timeNs, version, store, measureName, dimensions, value })
    else rejected.set(index, { RecordIndex: index, Reason: reason })
  }
  return accepted
}

/** Adds the columns that are missing; records that do not fit the columns there are go into `rejected`. */
async function grow(
  records: readonly WriteRecord[],
  table: TableRecord,
  { catalog, limits }: WriteServiceOptions,
  rejected: Map<number, RejectedRecord>,
): Promise<{ readonly table: TableRecord; readonly records: readonly WriteRecord[] }> {
  let growth = growSchema(table.schema, records, table.partitionKey, limits)
  let grown = table
  if (growth.schema !== undefined) {
    grown = await catalog.extendSchema(table.databaseName, table.tableName, (current) => {
      growth = growSchema(current, records, table.partitionKey, limits)
      return growth.schema
    })
  }
  if (growth.rejected.size === 0) return { table: grown, records }
  for (const [index, reason] of growth.rejected) rejected.set(index, { RecordIndex: index, Reason: reason })
  return { table: grown, records: records.filter((record) => !growth.rejected.has(record.index)) }
}

function rejectedRecords(rejects: readonly RejectedRecord[]): ServerError {
  const RejectedRecords = [...rejects].sort((a, b) => a.RecordIndex - b.RecordIndex)
  return new ServerError('REJECTED_RECORDS', 'One or more records have been rejected. See RejectedRecords for details.', {
    members: { RejectedRecords },
  })
}
