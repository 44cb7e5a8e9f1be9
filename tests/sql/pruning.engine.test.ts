import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Caller } from '../../src/database/caller.ts'
import type { QueryPage } from '../../src/database/database.ts'
import { Random } from '../harness/random.ts'
import { openProduct, type Product } from './runner/open-product.ts'

const caller: Caller = {
  principal: { name: 'root', accessKeyId: 'TESTROOTKEY', isRoot: true },
  requestId: 'pruning',
  sourceIp: '127.0.0.1',
}
const days = 10
const hosts = 8

let product: Product
beforeAll(async () => {
  product = await openProduct()
  const { database } = product
  await database.createDatabase(caller, { databaseName: 'pruning' })
  await database.createTable(caller, {
    databaseName: 'pruning',
    tableName: 'points',
    magneticStoreWrites: { enableMagneticStoreWrites: true },
  })
  for (let day = 0; day < days; day += 1) {
    const records = Array.from({ length: hosts }, (_, host) => ({
      Dimensions: [{ Name: 'host', Value: `h${host}` }],
      MeasureName: 'cpu',
      MeasureValue: String(day),
      MeasureValueType: 'DOUBLE' as const,
      Time: String(Date.UTC(2024, 0, 5 + day, 12)),
    }))
    await database.write(caller, { databaseName: 'pruning', tableName: 'points', records })
  }
})
afterAll(() => product.close())

async function answer(queryString: string): Promise<string[]> {
  const cells: string[] = []
  let page: QueryPage | undefined
  do {
    page = await product.database.query(caller, { queryString, ...(page?.nextToken !== undefined && { nextToken: page.nextToken }) })
    for (const { Data } of JSON.parse(page.rowsJson) as { Data: { ScalarValue: string }[] }[]) cells.push(Data[0]!.ScalarValue)
  } while (page.nextToken !== undefined)
  return cells
}

/** Parts (each of one day) that the engine will read, of those that are there. */
async function partsOf(condition: string): Promise<string> {
  const lines = await answer(`EXPLAIN SELECT count(measure_value::double) FROM pruning.points WHERE ${condition}`)
  return lines.flatMap((line) => /parts (\d+\/\d+)/.exec(line)?.[1] ?? []).join(' ')
}

// now() is 2024-01-15 12:00:00; records lie at noon of the days from the 5th to the 14th
test.each([
  ["time BETWEEN '2024-01-13' AND '2024-01-13 23:59:59'", 1],
  ["time BETWEEN timestamp '2024-01-13 00:00:00' AND timestamp '2024-01-14 00:00:00'", 1],
  ["time >= '2024-01-14'", 1],
  ["time > CAST('2024-01-13 12:00:00' AS timestamp)", 1],
  ["time >= date '2024-01-14'", 1],
  ["'2024-01-14' <= time", 1],
  ["time = '2024-01-07 12:00:00.000000000'", 1],
  ["time IN (timestamp '2024-01-07 12:00:00', timestamp '2024-01-08 12:00:00')", 2],
  ["time < '2024-01-06' OR time > '2024-01-14'", 2],
  ["NOT (time < '2024-01-14')", 1],
  ['time > ago(2d)', 1],
  ['time BETWEEN ago(48h) AND now()', 2],
  ['time >= now() - 2d', 2],
  ["time > now() - INTERVAL '2' DAY", 1],
  ["time > date_add('day', -2, now())", 1],
  ["time >= date_trunc('day', ago(1d))", 1],
  ["time >= current_date - INTERVAL '1' DAY", 1],
  ['time >= bin(ago(1d), 1d)', 1],
  ['time + 1d > now() - 1d', 1],
  ["time - 1h >= timestamp '2024-01-14 00:00:00'", 1],
  ['time >= from_milliseconds(1705190400000)', 1],
  ['time >= from_nanoseconds(1705190400000000000)', 1],
  ['time >= from_unixtime(1705190400)', 1],
  ["time >= from_iso8601_timestamp('2024-01-14T00:00:00Z')", 1],
  ["time >= date_parse('2024-01-14', '%Y-%m-%d')", 1],
  ["time >= parse_datetime('2024-01-14', 'yyyy-MM-dd')", 1],
  ['to_milliseconds(time) >= 1705190400000', 1],
  ['to_milliseconds(time) BETWEEN 1705104000000 AND 1705190399999', 1],
  ['to_nanoseconds(time) >= 1705190400000000000', 1],
  ['to_unixtime(time) >= 1705190400', 1],
  ['to_unixtime(time) BETWEEN 1705104000.5 AND 1705190399', 1],
  ["bin(time, 1d) = '2024-01-13'", 1],
  ['bin(time, 1h) >= ago(2d)', 2],
  ["bin(time, 6h) BETWEEN '2024-01-13' AND '2024-01-13 18:00:00'", 1],
  ["date_trunc('day', time) = timestamp '2024-01-13 00:00:00'", 1],
  ["date_trunc('week', time) = '2024-01-08'", 7],
  ["date_trunc('month', time) > '2024-01-01'", 0],
  ["date_trunc('year', time) = '2023-01-01'", 0],
  ["date(time) = date '2024-01-13'", 1],
  ["CAST(time AS date) = date '2024-01-13'", 1],
  ["CAST(time AS date) BETWEEN date '2024-01-12' AND date '2024-01-13'", 2],
  ["CAST(time AS date) = '2024-01-13'", 1],
  ['year(time) = 2023', 0],
  ['year(time) < 2024', 0],
  ['extract(YEAR FROM time) = 2025', 0],
  ["date_diff('hour', time, now()) < 48", 1],
  ["date_diff('day', time, now()) <= 1", 1],
  ["date_diff('minute', timestamp '2024-01-14 00:00:00', time) >= 0", 1],
  ['time > (SELECT max(time) - 1h FROM pruning.points)', 1],
  ["time > ago(2d) AND host = 'h1' AND measure_name = 'cpu'", 1],
])('WHERE %s reads %i days of ten', async (condition, parts) => {
  const [read] = (await partsOf(condition)).split(' ')
  const count = read === '' || read === undefined ? 0 : Number(read.split('/')[0])
  expect({ condition, parts: count }).toEqual({ condition, parts })
})

test('EXPLAIN of a join tells the parts of each table', async () => {
  const from = 'pruning.points a JOIN pruning.points b ON a.host = b.host LEFT JOIN pruning.points c ON b.host = c.host'
  const lines = await answer(`EXPLAIN SELECT count(*) FROM ${from} WHERE a.time > ago(2d) AND b.time < '2024-01-08'`)
  const reads = lines.flatMap((line) => /parts (\S+), granules (\S+)/.exec(line)?.slice(1) ?? [])
  expect(reads.toSorted()).toEqual(['1/10', '1/10', '10/10', '10/10', '3/10', '3/10'])
})

const pick = <T>(random: Random, items: readonly T[]): T => items[random.below(items.length)]!
const literal = (ms: number): string => `timestamp '${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')}'`

/** Times at and beside the beginnings of units, before 1970 too. */
function time(random: Random): number {
  const month = Date.UTC(1960 + random.below(70), random.below(12), 1 + random.below(3) * random.below(15))
  const steps = [0, 0, 1, -1, 1000, -1000, 3_600_000, 86_400_000, -86_400_000, 43_200_000]
  return month + pick(random, steps) + pick(random, steps)
}

function condition(random: Random): string {
  const at = time(random)
  const operator = pick(random, ['<', '<=', '>', '>=', '=', '<>'])
  const unit = pick(random, ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'])
  const fixed = pick(random, ['millisecond', 'second', 'minute', 'hour', 'day', 'week'])
  const sides = pick(random, [
    [`date_trunc('${unit}', t)`, literal(at)],
    [`date_trunc('${unit}', t)`, `date_trunc('${unit}', ${literal(at)})`],
    [`date_diff('${fixed}', t, ${literal(at)})`, String(random.below(7) - 3)],
    [`date_diff('${fixed}', ${literal(at)}, t)`, String(random.below(7) - 3)],
    [`bin(t, ${pick(random, ['7ms', '1h', '1d', '30d'])})`, literal(at)],
    ['year(t)', String(1960 + random.below(70))],
    ['to_milliseconds(t)', String(at)],
    ['CAST(t AS date)', `date '${new Date(at).toISOString().slice(0, 10)}'`],
    ['date(t)', literal(at)],
    ['t', `date_add('${unit}', ${random.below(30) - 15}, ${literal(at)})`],
    ['t', `${literal(at)} - INTERVAL '${random.below(30)}' MONTH`],
    ['t', `date_parse('${new Date(at).toISOString().slice(0, 10)}', '%Y-%m-%d')`],
    [`t + ${random.below(50)}h`, literal(at)],
  ])
  return random.below(2) === 0 ? `${sides[0]} ${operator} ${sides[1]}` : `${sides[1]} ${operator} ${sides[0]}`
}

test('a condition on time holds for the same rows in WHERE as in the select list', async () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_127)
  const rounds = Number(process.env['FUZZ_RUNS'] ?? 2)
  const random = new Random(seed)
  for (let round = 0; round < rounds; round += 1) {
    const conditions = Array.from({ length: 25 }, () => condition(random))
    const times = Array.from({ length: 120 }, () => literal(time(random)))
    const from = `(VALUES ${times.join(', ')}, NULL) AS v(t)`
    const counted = conditions.map((each) => `count_if(${each})`)
    const filtered = conditions.map((each) => `(SELECT count(*) FROM ${from} WHERE ${each})`)
    const values = async (items: readonly string[], tail: string): Promise<string[]> =>
      answer(`SELECT value FROM (SELECT ARRAY[${items.join(', ')}] AS counts${tail}) CROSS JOIN UNNEST(counts) AS u(value)`)
    const [left, right] = [await values(counted, ` FROM ${from}`), await values(filtered, '')]
    const differences = conditions.filter((_, i) => left[i] !== right[i])
    expect({ seed, differences, count: right.length }).toEqual({ seed, differences: [], count: conditions.length })
  }
})
