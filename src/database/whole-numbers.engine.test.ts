import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { defaultLimits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { type Storage, openStorage } from '../storage/open.ts'
import type { Caller } from './caller.ts'
import type { OpenDatabase } from './database-options.ts'
import { openDatabase } from './open.ts'

let directory: string
let storage: Storage
let database: OpenDatabase
const nowMs = systemClock.nowMs()

async function open(): Promise<void> {
  const common = { productVersion: '1.2.3', clock: systemClock, limits: defaultLimits, log: silentLog }
  storage = await openStorage({ ...common, dataDirectory: directory, engine: { kind: 'chdb' }, masterKey: { kind: 'beside-data' } })
  const account = { region: 'us-east-1', accountId: '000000000000' }
  database = await openDatabase({ ...common, storage, account, metrics: new Metrics() })
  await database.start?.()
}

/** Without a drain: what is pending stays in the log. */
async function leave(): Promise<void> {
  await database.stop?.()
  await storage.stop?.()
}

const root = (): Caller => ({ principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'R' })

/** A MULTI record for each row, one millisecond after the other; attributes m1, m2, … */
const write = (tableName: string, firstMs: number, rows: readonly (readonly (string | undefined)[])[], version = 1) =>
  database.write(root(), {
    databaseName: 'base',
    tableName,
    records: rows.map((values, i) => ({
      Dimensions: [{ Name: 'host', Value: 'a' }],
      MeasureName: 'cpu',
      MeasureValueType: 'MULTI',
      MeasureValues: values.flatMap((Value, n) => (Value === undefined ? [] : [{ Name: `m${n + 1}`, Value, Type: 'DOUBLE' as const }])),
      Time: String(nowMs + firstMs + i),
      Version: version,
    })),
  })

async function values(queryString: string): Promise<unknown[][]> {
  const { rowsJson } = await database.query(root(), { queryString })
  return (JSON.parse(rowsJson) as { Data: { ScalarValue?: string }[] }[]).map(({ Data }) => Data.map((d) => d.ScalarValue ?? null))
}
const forms = (tableName: string) => storage.catalog.table('base', tableName)?.schema.attributes.map((a) => a.form)
const heldTypes = async (tableName: string): Promise<unknown> =>
  (
    await storage.engine.rows(
      `SELECT groupUniqArray(type) FROM system.parts_columns WHERE table = '${storage.catalog.table('base', tableName)!.physicalName}' AND active AND column = 'a1_double_held'`,
    )
  )[0]![0]

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-whole-'))
  await open()
  await database.createDatabase(root(), { databaseName: 'base' })
  for (const tableName of ['whole', 'mixed', 'edges', 'again']) await database.createTable(root(), { databaseName: 'base', tableName })
})
afterAll(async () => {
  await leave()
  rmSync(directory, { recursive: true, force: true })
})

describe('doubles that are whole numbers', () => {
  it('are held as integers, and read and computed with as doubles', async () => {
    await write('whole', 0, [
      ['1', '2147483647'],
      ['-7', '-2147483648'],
      [undefined, '0'],
      ['2e3', '1.0'],
    ])
    expect(await values('SELECT m1, m2, m1 / 2, typeof(m1) FROM base.whole ORDER BY time')).toEqual([
      ['1.0', '2.147483647E9', '0.5', 'double'],
      ['-7.0', '-2.147483648E9', '-3.5', 'double'],
      [null, '0.0', null, 'double'],
      ['2000.0', '1.0', '1000.0', 'double'],
    ])
    expect(await values('SELECT sum(m2), max(m1), count(m1) FROM base.whole WHERE m2 > 0.5')).toEqual([['2.147483648E9', '2000.0', '2']])
    expect(forms('whole')).toEqual(['whole', 'whole'])
    expect(await heldTypes('whole')).toEqual(['Nullable(Int32)'])
  })

  it('become doubles with the first other value, those before it unchanged', async () => {
    await write('mixed', 0, [
      ['1', '10'],
      ['2', '20'],
    ])
    expect(await values('SELECT m1 FROM base.mixed ORDER BY time')).toEqual([['1.0'], ['2.0']])
    await write('mixed', 10, [['2.5', '30']])
    expect(await values('SELECT m1, m2 FROM base.mixed ORDER BY time')).toEqual([
      ['1.0', '10.0'],
      ['2.0', '20.0'],
      ['2.5', '30.0'],
    ])
    expect(await values('SELECT avg(m1), sum(m2) FROM base.mixed WHERE m1 > 1')).toEqual([['2.25', '50.0']])
    expect(forms('mixed')).toEqual(['widened', 'whole'])
    await write('mixed', 20, [['3', '0.1']])
    expect(await values('SELECT m1, m2 FROM base.mixed ORDER BY time DESC LIMIT 2')).toEqual([
      ['3.0', '0.1'],
      ['2.5', '30.0'],
    ])
    expect(forms('mixed')).toEqual(['widened', 'widened'])
  })

  it.each(['-0', '2147483648', '1e300', '4.9e-324', '-2147483649'])('do not include %s, which comes back as it went in', async (text) => {
    await write('edges', 100, [['1']]).catch(() => undefined)
    await write('edges', 1000 + ['-0', '2147483648', '1e300', '4.9e-324', '-2147483649'].indexOf(text), [['1', text]])
    const [row] = await values('SELECT m2 FROM base.edges ORDER BY time DESC LIMIT 1')
    expect(Object.is(Number(row![0]), Number(text))).toBe(true)
  })

  it('become doubles also when rows wait in the log at a start, with equal values still known as equal', async () => {
    await write('again', 0, [['5']])
    await storage.writer.flush()
    await write('again', 10, [['0.25']])
    await leave()
    await open()
    expect(await values('SELECT m1 FROM base.again ORDER BY time')).toEqual([['5.0'], ['0.25']])
    await write('again', 0, [['5']])
    await write('again', 10, [['0.25']])
    await expect(write('again', 0, [['6']])).rejects.toMatchObject({ code: 'REJECTED_RECORDS' })
    await write('again', 0, [['6.5']], 2)
    expect(await values('SELECT m1 FROM base.again ORDER BY time')).toEqual([['6.5'], ['0.25']])
  })
})
