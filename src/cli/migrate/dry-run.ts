import type { Output } from '../output.ts'
import { bytesText } from '../status.ts'
import { scheduledQueriesOf } from './scheduled.ts'
import { queryPages, type Service } from './service.ts'
import { planSlices, sliceStatement, type Slice } from './slices.ts'
import { describeColumns } from './table-rows.ts'
import { tagsOf, type TablePair } from './target-tables.ts'

interface Wanted {
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
  readonly sliceRows: number
  readonly scheduledQueries: 'disabled' | 'enabled' | 'skip'
  /** Whether the source asks money for what it reads. */
  readonly isMetered: boolean
}

/** Shows what a migration would copy: rows, times, settings, and about how many bytes the source has to read. */
export async function dryRun(source: Service, pairs: readonly TablePair[], wanted: Wanted, output: Output): Promise<void> {
  let rows = 0
  let bytes = 0
  let scanned = 0
  for (const { source: table, target, description } of pairs) {
    const slices = await planSlices(source, table, wanted, wanted.sliceRows, (count) => (scanned += count))
    const of = slices.reduce((sum, slice) => sum + slice.rows, 0)
    const rowBytes = slices.length === 0 ? 0 : await sampleBytes(source, table, slices, (count) => (scanned += count))
    rows += of
    bytes += of * rowBytes
    const { RetentionProperties: retention, MagneticStoreWriteProperties: magnetic, Schema, Arn = '' } = description
    const key = Schema?.CompositePartitionKey?.find(({ Type }) => Type === 'DIMENSION')?.Name
    const facts = [
      `${of} records in ${slices.length} slices, about ${bytesText(of * rowBytes)}`,
      ...(slices.length === 0 ? [] : [`from ${timeText(slices[0]!.fromMs)} to ${timeText(slices.at(-1)!.toMs)}`]),
      `retention ${retention?.MemoryStoreRetentionPeriodInHours} h + ${retention?.MagneticStoreRetentionPeriodInDays} d`,
      `magnetic writes ${magnetic?.EnableMagneticStoreWrites ? 'on' : 'off'}`,
      ...(key === undefined ? [] : [`partition key ${key}`]),
      `${(await tagsOf(source, 'write', Arn)).length} tags`,
    ]
    await output.write(`${table.databaseName}.${table.tableName} → ${target.databaseName}.${target.tableName}: ${facts.join(', ')}\n`)
  }
  if (wanted.scheduledQueries !== 'skip') {
    const names = [...new Set(pairs.map((pair) => pair.source.databaseName))]
    for (const { Name, State } of await scheduledQueriesOf(source, names)) await output.write(`scheduled query ${Name}: ${State}\n`)
  }
  await output.write(`${rows} records in ${pairs.length} tables, about ${bytesText(bytes)} to read; nothing was written\n`)
  if (wanted.isMetered) {
    await output.write(
      `AWS meters queries: this estimate scanned ${bytesText(scanned)}; the copy scans the records about once, at least 10 MB a slice. Its price is that of your region, per GB scanned or per compute unit.\n`,
    )
  }
}

const sampleRows = 1000

/** Bytes of the values of a row, of a sample. */
async function sampleBytes(
  source: Service,
  table: TablePair['source'],
  slices: readonly Slice[],
  onScanned: (bytes: number) => void,
): Promise<number> {
  const columns = await describeColumns(source, table.databaseName, table.tableName)
  const smallest = slices.toSorted((a, b) => a.rows - b.rows)[0]!
  let rows = 0
  let bytes = 0
  for await (const page of queryPages(source, `${sliceStatement(table, smallest, columns)} LIMIT ${sampleRows}`, onScanned)) {
    rows += page.length
    for (const { Data = [] } of page) for (const { ScalarValue = '' } of Data) bytes += Buffer.byteLength(ScalarValue)
  }
  return bytes / Math.max(1, rows)
}

const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
