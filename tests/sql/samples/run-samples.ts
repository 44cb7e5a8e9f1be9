import { devOps, iot } from '../../../src/cli/demo/sample-data.ts'
import type { Product } from '../runner/open-product.ts'
import type { Datum } from '../runner/cell.ts'
import { matches, sampleData, variants, type Expected, type SampleData, type SampleQuery, type Variant } from '../support/sample-rows.ts'
import { devOpsQueries } from './devops-queries.ts'
import { iotQueries } from './iot-queries.ts'

const caller = {
  principal: { name: 'root', accessKeyId: 'TESTROOTKEY', isRoot: true },
  requestId: 'samples',
  sourceIp: '127.0.0.1',
} as const
const databaseName = 'sampleDB'
/** 2024-01-15 12:00:00 UTC. */
const nowMs = 1_705_320_000_000
const sets = [
  { sample: devOps, queries: devOpsQueries, data: sampleData(devOps, 6, nowMs) },
  { sample: iot, queries: iotQueries, data: sampleData(iot, 9, nowMs) },
] as const

/** Writes the data of the demo, an hour of it. */
export async function loadSamples({ database, clock }: Product): Promise<void> {
  clock.set(BigInt(nowMs) * 1_000_000n)
  await database.createDatabase(caller, { databaseName })
  for (const { sample, data } of sets) {
    for (const [tableName, records] of [
      [sample.singleTable, data.single],
      [sample.multiTable, data.multi],
    ] as const) {
      await database.createTable(caller, { databaseName, tableName })
      const writes: Promise<unknown>[] = []
      for (let at = 0; at < records.length; at += 100) {
        writes.push(database.write(caller, { databaseName, tableName, records: records.slice(at, at + 100) }))
      }
      await Promise.all(writes)
    }
  }
}

export async function dropSamples({ database }: Product): Promise<void> {
  for (const { sample } of sets) {
    for (const tableName of [sample.singleTable, sample.multiTable]) await database.deleteTable(caller, databaseName, tableName)
  }
  await database.deleteDatabase(caller, databaseName)
}

export interface SampleCase {
  readonly title: string
  readonly query: SampleQuery
  readonly variant: Variant
  readonly data: SampleData
}

export const sampleCases: readonly SampleCase[] = sets.flatMap(({ sample, queries, data }) =>
  queries.flatMap((query) => variants(sample).map((variant) => ({ title: `${query.name} (${variant.table})`, query, variant, data }))),
)

/** What is not as computed; undefined when all is. */
export async function differenceOf({ query, variant, data }: SampleCase, { database, clock }: Product): Promise<string | undefined> {
  clock.set(BigInt(nowMs) * 1_000_000n)
  const rows: (readonly Datum[])[] = []
  const queryString = query.sql(variant)
  let nextToken: string | undefined
  do {
    const page = await database.query(caller, { queryString, ...(nextToken === undefined ? {} : { nextToken }) })
    rows.push(...(JSON.parse(page.rowsJson) as { Data: Datum[] }[]).map((row) => row.Data))
    ;({ nextToken } = page)
  } while (nextToken !== undefined)
  const wanted = query.expected(data.rows)
  if (wanted.length === 0) return 'the test would show nothing: no row is expected'
  if (wanted.length !== rows.length) return `${rows.length} rows, not ${wanted.length}: ${JSON.stringify(rows.slice(0, 3))}`
  const isRow = (expected: readonly Expected[], row: readonly Datum[]): boolean =>
    expected.length === row.length && expected.every((each, i) => matches(each, row[i]!))
  for (const [i, expected] of wanted.entries()) {
    const found = query.unordered ? rows.some((row) => isRow(expected, row)) : isRow(expected, rows[i]!)
    if (!found) return `row ${i + 1} is ${JSON.stringify(rows[i])}, not ${JSON.stringify(expected)}`
  }
  return undefined
}
