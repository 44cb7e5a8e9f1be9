// postgres.js: its templates, types, cursors, pipelining, transactions, errors and cancelling.
import assert from 'node:assert/strict'
import postgres from 'postgres'
import { check, finish } from './checks.mjs'

const sql = postgres({ max: 3, onnotice: () => undefined })

await check('values of all types', async () => {
  const [row] =
    await sql`SELECT true AS b, 7 AS i, 9007199254740993 AS l, 0.1 AS d, 'é' AS s, timestamp '2026-01-02 03:04:05.123456789' AS t,
    date '2020-02-29' AS day, NULL AS n, ARRAY['a b', '"'] AS texts, ARRAY[1, 2] AS numbers, ROW(1, 'x') AS r`
  assert.deepEqual(
    { ...row },
    {
      b: true,
      i: 7,
      l: '9007199254740993',
      d: 0.1,
      s: 'é',
      t: new Date('2026-01-02T03:04:05.123Z'),
      day: new Date('2020-02-29T00:00:00Z'),
      n: null,
      texts: ['a b', '"'],
      numbers: [1, 2],
      r: { f1: 1, f2: 'x' },
    },
  )
})
await check('parameters of a template', async () => {
  const since = new Date(Date.now() - 3_600_000)
  const rows =
    await sql`SELECT site, count(*) AS n FROM pumps WHERE time > ${since} AND strokes <= ${30} AND site <> ${'s0'} AND running = ${true}
    GROUP BY site ORDER BY site`
  assert.deepEqual(
    [...rows].map((row) => ({ ...row })),
    [
      { site: 's1', n: '5' },
      { site: 's2', n: '5' },
    ],
  )
})
await check('a list as a parameter, names by the helper', async () => {
  const rows =
    await sql`SELECT ${sql('site')}, strokes FROM ${sql('plant.pumps')} WHERE site IN ${sql(['s1', 's2'])} ORDER BY strokes LIMIT 2`
  assert.deepEqual(
    [...rows].map(({ strokes }) => strokes),
    ['1', '2'],
  )
})
await check('a cursor', async () => {
  let rows = 0
  let steps = 0
  for await (const part of sql`SELECT strokes FROM pumps`.cursor(400)) {
    rows += part.length
    steps++
  }
  assert.deepEqual([rows, steps], [2500, 7])
})
await check('many statements in one pipeline', async () => {
  const sums = await Promise.all(Array.from({ length: 20 }, (_, index) => sql`SELECT count(*) AS n FROM pumps WHERE strokes > ${index}`))
  assert.deepEqual(
    sums.map(([{ n }]) => Number(n)),
    Array.from({ length: 20 }, (_, index) => 2500 - index),
  )
})
await check('forEach, describe, simple queries of many statements, unsafe', async () => {
  let seen = 0
  await sql`SELECT strokes FROM pumps LIMIT 10`.forEach(() => seen++)
  assert.equal(seen, 10)
  const { columns } = await sql`SELECT time, pressure FROM pumps WHERE site = ${'s1'}`.describe()
  assert.deepEqual(
    columns.map(({ type }) => type),
    [1184, 701],
  )
  assert.deepEqual(
    (await sql`SELECT 1 AS a; SELECT 2 AS b`.simple()).map(([row]) => ({ ...row })),
    [{ a: 1 }, { b: 2 }],
  )
})
await check('INSERT of objects', async () => {
  const rows = Array.from({ length: 50 }, (_, index) => ({
    time: new Date(Date.now() - index * 1000),
    room: `r${index % 2}`,
    heat: index + 0.5,
  }))
  // the type of a new column comes from the first value that says one
  await sql`INSERT INTO incoming_js (time, room, heat) VALUES (now() - interval '1 hour', 'r0', 0.0)`
  await sql`INSERT INTO incoming_js ${sql(rows)}`
  // what is known of the catalog may be a second old
  await new Promise((resolve) => setTimeout(resolve, 1100))
  const columns =
    await sql`SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'plant' AND table_name = 'incoming_js'`
  assert.deepEqual(Object.fromEntries(columns.map(({ column_name, data_type }) => [column_name, data_type])).heat, 'double precision')
  assert.deepEqual({ ...(await sql`SELECT count(*) AS n, sum(heat) AS s FROM incoming_js`)[0] }, { n: '51', s: 1250 })
})
await check('a transaction, and its end at an error', async () => {
  assert.equal(Number(await sql.begin(async (own) => (await own`SELECT count(*) AS n FROM pumps`)[0].n)), 2500)
  await assert.rejects(
    sql.begin((own) => own`SELECT nope FROM pumps`),
    ({ code, position }) => code === '42703' && position === '8',
  )
  assert.deepEqual({ ...(await sql`SELECT 1 AS one`)[0] }, { one: 1 })
})
await check('cancelling', async () => {
  const slow = sql`SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x), UNNEST(sequence(1, 10000)) AS b(y), UNNEST(sequence(1, 1000)) AS c(z) WHERE (x * y + z) % 7 = 3`
  setTimeout(() => slow.cancel(), 500)
  await assert.rejects(slow, ({ code }) => code === '57014')
})
await check('a wrong password', async () => {
  const other = postgres({ password: 'wrong', max: 1 })
  await assert.rejects(other`SELECT 1`, ({ code }) => code === '28P01')
  await other.end()
})
await sql.end()
finish()
