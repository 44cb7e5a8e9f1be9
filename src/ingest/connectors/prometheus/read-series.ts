import { ServerError } from '../../../base/errors.ts'
import type { Caller } from '../../../database/caller.ts'
import type { Database } from '../../../database/database.ts'
import { rowStream } from '../../../database/query/row-stream.ts'
import { valueAttribute } from './decoded-write.ts'
import type { ReadQuery } from './read-request.ts'
import { readStatement, type ReadPlan } from './read-sql.ts'

/** A series as it is answered. */
export interface SampleSeries {
  /** Names and values in turn, in the order of the names. */
  readonly labels: readonly string[]
  /** Ascending, without duplicates. */
  readonly timesMs: Float64Array
  readonly values: Float64Array
}

export interface ReadTarget {
  readonly databaseName: string
  readonly tableName: string
  /** Samples of one request; more fail it. */
  readonly mostSamples: number
}

/** The series that a query asks for, in the order of their labels. @throws ServerError */
export async function readSeries(
  database: Database,
  caller: Caller,
  query: ReadQuery,
  target: ReadTarget,
): Promise<readonly SampleSeries[]> {
  const plan = await planOf(database, caller, target)
  const statement = plan && readStatement(query, plan)
  if (plan === undefined || statement === undefined) return []
  const found: SampleSeries[] = []
  let room = target.mostSamples
  const stream = await rowStream({ ...statement, rowReader: () => seriesReader(plan.dimensions) }, (input) => database.rows(caller, input))
  try {
    for await (const series of stream.rows(neverAborted)) {
      room -= series.values.length
      if (room < 0) throw new ServerError('VALIDATION', `exceeded sample limit (${target.mostSamples})`)
      found.push(series)
    }
  } finally {
    await stream.close()
  }
  return found.toSorted((a, b) => compareLabels(a.labels, b.labels))
}

const neverAborted = new AbortController().signal

/** What the table is like; undefined when it holds no numbers, or is not there. */
async function planOf(database: Database, caller: Caller, { databaseName, tableName }: ReadTarget): Promise<ReadPlan | undefined> {
  const name = [databaseName, tableName].map((part) => `"${part.replaceAll('"', '""')}"`).join('.')
  const columns = await describe(database, caller, `DESCRIBE ${name}`)
  const dimensions = columns.filter(([, , kind]) => kind === 'DIMENSION').map(([column]) => column)
  const valueColumn = ['measure_value::double', valueAttribute].find((column) =>
    columns.some(([found, type]) => found === column && type === 'double'),
  )
  return valueColumn === undefined ? undefined : { databaseName, tableName, dimensions, valueColumn }
}

type Column = readonly [name: string, type: string, kind: string]

async function describe(database: Database, caller: Caller, queryString: string): Promise<readonly Column[]> {
  try {
    const { rowsJson } = await database.query(caller, { queryString })
    const rows = JSON.parse(rowsJson) as readonly { readonly Data: readonly { readonly ScalarValue?: string }[] }[]
    return rows.map(({ Data }) => Data.map(({ ScalarValue = '' }) => ScalarValue) as unknown as Column)
  } catch (error) {
    if (error instanceof ServerError && (error.code === 'TABLE_NOT_FOUND' || error.code === 'DATABASE_NOT_FOUND')) return []
    throw error
  }
}

type RowReader = Parameters<ReturnType<Parameters<typeof rowStream<SampleSeries>>[0]['rowReader']>>[0]

/** Metric, dimensions, time series. */
function seriesReader(dimensions: readonly string[]): (reader: RowReader) => SampleSeries {
  const order = ['__name__', ...dimensions].map((name, i) => ({ name, i })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return (reader) => {
    const values = ['', ...dimensions].map(() => (reader.isNull() ? '' : reader.string()))
    const labels = order.flatMap(({ name, i }) => (values[i] === '' ? [] : [name, values[i]!]))
    // a nested value is a list of none or one
    const count = reader.arrayLength() === 0 ? 0 : reader.arrayLength()
    return { labels, ...readPoints(reader, count) }
  }
}

function readPoints(reader: RowReader, count: number): Pick<SampleSeries, 'timesMs' | 'values'> {
  const timesMs = new Float64Array(count)
  const values = new Float64Array(count)
  let kept = 0
  for (let i = 0; i < count; i++) {
    const low = reader.uint32()
    const high = reader.int32()
    // 2^32 is 4294 · 10^6 + 967 296: every step stays below 2^53
    const timeMs = high * 4294 + Math.floor((high * 967_296 + low) / 1_000_000)
    const value = reader.isNull() ? Number.NaN : reader.float64()
    // several times in one millisecond: the first stays
    if (kept > 0 && timeMs <= timesMs[kept - 1]!) continue
    timesMs[kept] = timeMs
    values[kept++] = value
  }
  return { timesMs: timesMs.subarray(0, kept), values: values.subarray(0, kept) }
}

function compareLabels(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1
  return a.length - b.length
}
