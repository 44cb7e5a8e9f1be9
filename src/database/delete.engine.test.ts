import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Opened, openProduct } from '../../tests/harness/opened.ts'
import { systemClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { AuditLog } from './access/audit-log.ts'
import { auditedDatabase } from './access/audited-database.ts'
import type { Caller } from './caller.ts'
import type { RecordInput } from './write/record.ts'

const hourMs = 3_600_000
let product: Opened
let root: Caller

beforeAll(async () => {
  product = await openProduct()
  root = product.root()
  await product.database.createDatabase(root, { databaseName: 'ward' })
})
afterAll(() => product.close())

/** In the magnetic store when it is older than an hour. */
const record = (host: string, ageMs: number, over: Partial<RecordInput> = {}): RecordInput => ({
  Dimensions: [{ Name: 'host', Value: host }],
  MeasureName: 'cpu',
  MeasureValue: '1',
  Time: String(baseMs - ageMs),
  ...over,
})
const baseMs = systemClock.nowMs()

async function makeTable(tableName: string, ...records: readonly RecordInput[]): Promise<void> {
  await product.database.createTable(root, {
    databaseName: 'ward',
    tableName,
    retention: { memoryStoreRetentionPeriodInHours: 1, magneticStoreRetentionPeriodInDays: 30 },
    magneticStoreWrites: { enableMagneticStoreWrites: true },
  })
  await write(tableName, ...records)
}

async function write(tableName: string, ...records: readonly RecordInput[]): Promise<void> {
  if (records.length > 0) await product.database.write(root, { databaseName: 'ward', tableName, records })
}

/** Rows of scalars; of all pages. */
async function query(queryString: string, who = root): Promise<unknown[][]> {
  const rows: { Data: { ScalarValue?: string }[] }[] = []
  let nextToken: string | undefined
  do {
    const page = await product.database.query(who, { queryString, ...(nextToken !== undefined && { nextToken }) })
    rows.push(...(JSON.parse(page.rowsJson) as typeof rows))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return rows.map(({ Data }) => Data.map(({ ScalarValue }) => ScalarValue))
}
const hosts = async (tableName: string): Promise<string> =>
  (await query(`SELECT host FROM ward.${tableName} ORDER BY host, time`)).map(([host]) => host).join(' ')

describe('DELETE', () => {
  it('removes what it selects from both stores and answers how many, EXPLAIN only counts', async () => {
    await makeTable('tiers', record('a', 0), record('a', 48 * hourMs), record('b', 0), record('b', 48 * hourMs), record('c', 10))
    expect(await query("EXPLAIN DELETE FROM ward.tiers WHERE host = 'a'")).toEqual([['2']])
    expect(await hosts('tiers')).toBe('a a b b c')
    expect(await query("DELETE FROM ward.tiers WHERE host = 'a'")).toEqual([['2']])
    expect(await hosts('tiers')).toBe('b b c')
    expect(await query("DELETE FROM ward.tiers WHERE host IN ('b', 'x') AND time < ago(1h)")).toEqual([['1']])
    expect(await hosts('tiers')).toBe('b c')
    expect(await query("DELETE FROM ward.tiers WHERE measure_name = 'nosuch'")).toEqual([['0']])
  })

  it('removes every version of a record, and the same records can be written again', async () => {
    await makeTable('versions', record('a', 0), record('b', 0))
    await query('SELECT count(*) FROM ward.versions')
    await write('versions', record('a', 0, { MeasureValue: '2', Version: 2 }))
    expect(await query("DELETE FROM ward.versions WHERE host = 'a'")).toEqual([['1']])
    expect(await hosts('versions')).toBe('b')
    await write('versions', record('a', 0, { MeasureValue: '7' }))
    expect(await query("SELECT measure_value::double FROM ward.versions WHERE host = 'a'")).toEqual([['7.0']])
  })

  it('selects records that lack a dimension, and deletes nothing for a condition that is NULL', async () => {
    await makeTable('nulls', record('a', 0), { ...record('', 1), Dimensions: [{ Name: 'zone', Value: 'z' }] })
    expect(await query("DELETE FROM ward.nulls WHERE host <> 'a'")).toEqual([['0']])
    expect(await query('DELETE FROM ward.nulls WHERE host IS NULL')).toEqual([['1']])
    expect(await hosts('nulls')).toBe('a')
  })

  it('deletes nothing when the condition fails for a record', async () => {
    await makeTable('failing', record('1', 0), record('x', 0))
    await expect(query('DELETE FROM ward.failing WHERE CAST(host AS bigint) = 1')).rejects.toMatchObject({ code: 'INVALID_CAST_ARGUMENT' })
    expect(await hosts('failing')).toBe('1 x')
  })

  it('does not lose what is written meanwhile, nor brings back what was deleted', { timeout: 60_000 }, async () => {
    await makeTable('busy', record('gone', 0))
    let isDone = false
    let written = 0
    const writing = (async () => {
      while (!isDone) await write('busy', record('kept', written++))
    })()
    for (let round = 1; round <= 5; round++) {
      expect(await query("DELETE FROM ward.busy WHERE host = 'gone'")).toEqual([['1']])
      await write('busy', record('gone', round))
    }
    isDone = true
    await writing
    expect(written).toBeGreaterThan(5)
    expect(await query('SELECT host, count(*) FROM ward.busy GROUP BY host ORDER BY host')).toEqual([
      ['gone', '1'],
      ['kept', String(written)],
    ])
  })

  it('needs timestream:DeleteRecords on the table, and is in the audit log with its text and its count', async () => {
    await makeTable('guarded', record('a', 0), record('b', 0))
    const { database } = product
    const allow = (policyName: string, action: string): Promise<readonly string[]> =>
      database.access.putPolicy(root, {
        policyName,
        document: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: [action], Resource: '*' }] }),
      })
    await allow('Reads', 'timestream:Select')
    await allow('Deletes', 'timestream:DeleteRecords')
    await database.access.createUser(root, { userName: 'reader', policyNames: ['Reads'] })
    await database.access.createUser(root, { userName: 'eraser', policyNames: ['Deletes'] })
    const callerOf = (name: string): Caller => ({ principal: database.access.principalOf(name)!, requestId: name })
    for (const text of ["DELETE FROM ward.guarded WHERE host = 'a'", "EXPLAIN DELETE FROM ward.guarded WHERE host = 'a'"]) {
      await expect(query(text, callerOf('reader'))).rejects.toMatchObject({
        code: 'ACCESS_DENIED',
        message: expect.stringContaining('timestream:DeleteRecords') as string,
      })
    }
    const path = join(product.dataDirectory, 'audit.jsonl')
    const audit = new AuditLog({ path, fileBytes: 1e6, files: 2, clock: systemClock, log: silentLog })
    const audited = auditedDatabase(database, audit)
    const statement = "DELETE FROM ward.guarded WHERE host = 'a'"
    await audited.query(callerOf('eraser'), { queryString: statement })
    audit.close()
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.find(({ operation }) => operation === 'DeleteRecords')).toMatchObject({
      principal: 'eraser',
      requestId: 'eraser',
      outcome: 'succeeded',
      statement,
      records: 1,
    })
    expect(await hosts('guarded')).toBe('b')
  })

  it('is done for good: the next start brings nothing back', async () => {
    await makeTable('physical', record('secret-host', 0), record('b', 0))
    await query("DELETE FROM ward.physical WHERE host = 'secret-host'")
    await write('physical', record('b', 1))
    expect(await query('SELECT count(*) FROM ward.physical')).toEqual([['2']])
    await product.leave()
    product = await openProduct({ dataDirectory: product.dataDirectory })
    expect(await hosts('physical')).toBe('b b')
  })
})
