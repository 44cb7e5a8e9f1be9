import type { WriteOutcome } from '../../storage/writer/write-record.ts'
import type { Writer } from '../../storage/writer/writer.ts'
import type { ActivePartitions } from './active-partitions.ts'
import { type AdmissionOptions, findTable, grow, isLate, screen, timeOf } from './admit-records.ts'
import { IngestChecker } from './check-ingested.ts'
import type { IngestInput, IngestReject, IngestResult } from './ingest-record.ts'
import type { ReadRecord } from './read-record.ts'
import type { RejectedRecord } from './record.ts'

export interface IngestService {
  /**
   * Durable and visible when it resolves; what single records are refused for is answered, not thrown.
   * @throws ServerError RESOURCE_NOT_FOUND, THROTTLING, or the engine's error: then nothing is acknowledged
   */
  ingest(input: IngestInput): Promise<IngestResult>
}

export interface IngestServiceOptions extends AdmissionOptions {
  readonly writer: Pick<Writer, 'write'>
  readonly partitions: ActivePartitions
  readonly onWritten?: (accepted: number, rejected: number) => void
}

/** The way of records that connectors have decoded: the same rules as WriteRecords, without its text and without its bound on their number. */
export function createIngestService(options: IngestServiceOptions): IngestService {
  const checker = new IngestChecker(options.limits)

  const prepare = async (input: IngestInput) => {
    const table = await findTable(options.catalog, input)
    const rejected = new Map<number, RejectedRecord>()
    const read: ReadRecord[] = []
    input.records.forEach((record, index) => {
      const fault = checker.fault(record)
      if (fault === undefined) read.push(readRecord(record, index))
      else rejected.set(index, { RecordIndex: index, Reason: fault })
    })
    const timely = screen(read, table, options, rejected)
    options.partitions.admit(table, timely.filter(isLate).map(timeOf))
    return { ...(await grow(timely, table, options, rejected)), rejected }
  }

  const answer = (total: number, rejected: ReadonlyMap<number, RejectedRecord>, outcome: WriteOutcome): IngestResult => {
    const rejects: IngestReject[] = [...rejected.values()].map(({ RecordIndex, Reason }) => ({ index: RecordIndex, reason: Reason }))
    rejects.push(...outcome.rejected)
    rejects.sort((a, b) => a.index - b.index)
    options.onWritten?.(total - rejects.length, rejects.length)
    return { accepted: total - rejects.length, rejected: rejects }
  }

  return {
    // as in the write service, no frame keeps the records while the disk is waited for
    ingest: (input) => {
      const total = input.records.length
      return prepare(input).then(({ table, records, rejected }) =>
        records.length === 0
          ? answer(total, rejected, { rejected: [] })
          : options.writer.write(table, records).then((outcome) => answer(total, rejected, outcome)),
      )
    },
  }
}

const readRecord = ({ timeNs, version, measureName, dimensions, value }: IngestInput['records'][number], index: number): ReadRecord => ({
  index,
  timeNs,
  version: version ?? 0n,
  measureName,
  dimensions,
  value,
})
