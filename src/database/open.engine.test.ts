import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { defaultLimits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { type Storage, openStorage } from '../storage/open.ts'
import { type TableRecord, tableKey } from '../storage/table-record.ts'
import type { Caller } from './caller.ts'
import type { OpenDatabase } from './database-options.ts'
import { openDatabase } from './open.ts'

const account = { region: 'us-east-1', accountId: '000000000000' }
const limits = { ...defaultLimits, databases: 12, tables: 30 }
const arn = 'arn:aws:timestream:us-east-1:000000000000:database'
let directory: string
let storage: Storage
let database: OpenDatabase

async function open(): Promise<void> {
  const common = { productVersion: '1.2.3', clock: systemClock, limits, log: silentLog }
  storage = await openStorage({ ...common, dataDirectory: directory, engine: { kind: 'chdb' }, masterKey: { kind: 'beside-data' } })
  database = await openDatabase({ ...common, storage, account, metrics: new Metrics() })
  await database.start?.()
}

async function close(): Promise<void> {
  await database.drain?.()
  await storage.drain?.()
  await database.stop?.()
  await storage.stop?.()
}

const root = (): Caller => ({ principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'R' })
const createDatabase = (databaseName: string) => database.createDatabase(root(), { databaseName })
const createTable = (databaseName: string, tableName: string) => database.createTable(root(), { databaseName, tableName })

async function physicalTables(): Promise<readonly string[]> {
  const rows = await storage.engine.rows('SELECT name FROM system.tables WHERE database = {database:String}', {
    database: storage.engineDatabase,
  })
  return rows.map(([name]) => String(name))
}

const storedTable = async (databaseName: string, tableName: string): Promise<TableRecord | undefined> =>
  (await storage.documents.get<TableRecord>('table', tableKey(databaseName, tableName)))?.value

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-database-'))
  await open()
})
afterAll(async () => {
  await close()
  rmSync(directory, { recursive: true })
})

describe('databases', () => {
  it('are described as they were made', async () => {
    const made = await database.createDatabase(root(), { databaseName: 'first', kmsKeyId: 'alias/mine', tags: [{ key: 'a', value: 'b' }] })
    expect(made).toMatchObject({ arn: `${arn}/first`, databaseName: 'first', tableCount: 0 })
    expect(made.kmsKeyId).toMatch(/^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f-]{36}$/)
    expect(await database.describeDatabase(root(), 'first')).toEqual(made)
    expect(await database.listTags(root(), made.arn)).toEqual([{ key: 'a', value: 'b' }])
  })

  it('are made by one of two who try at once', async () => {
    const results = await Promise.allSettled([createDatabase('contested'), createDatabase('contested')])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'CONFLICT' })
  })

  it('take another key, and the same key again without a change', async () => {
    const made = await createDatabase('rekeyed')
    const changed = await database.updateDatabase(root(), { databaseName: 'rekeyed', kmsKeyId: 'alias/other' })
    expect(changed.kmsKeyId).not.toBe(made.kmsKeyId)
    expect(await database.updateDatabase(root(), { databaseName: 'rekeyed', kmsKeyId: 'alias/other' })).toEqual(changed)
  })

  it('are not removed while they have tables', async () => {
    await createDatabase('full')
    await createTable('full', 'full')
    expect((await database.describeDatabase(root(), 'full')).tableCount).toBe(1)
    await expect(database.deleteDatabase(root(), 'full')).rejects.toMatchObject({ code: 'VALIDATION' })
    await database.deleteTable(root(), 'full', 'full')
    await database.deleteDatabase(root(), 'full')
    await expect(database.describeDatabase(root(), 'full')).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
      message: 'The database full does not exist.',
    })
  })

  it('never keep a table that was made while they were removed', async () => {
    for (let round = 0; round < 5; round++) {
      await createDatabase('racing')
      const [table, removal] = await Promise.allSettled([createTable('racing', 'table'), database.deleteDatabase(root(), 'racing')])
      expect([table.status, removal.status].toSorted()).toEqual(['fulfilled', 'rejected'])
      if (table.status === 'fulfilled') await database.deleteTable(root(), 'racing', 'table')
      else expect(await storedTable('racing', 'table')).toBeUndefined()
      if (removal.status === 'rejected') await database.deleteDatabase(root(), 'racing')
    }
  })

  it.each(['ab', 'a b', 'x/y', 'é'.repeat(5), 'n'.repeat(257)])('are not named %j', async (name) => {
    await expect(createDatabase(name)).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringContaining("at 'databaseName'") as string,
    })
  })

  it('are listed in pages by name and are no more than the quota allows', async () => {
    const before = (await database.listDatabases(root(), {})).items.length
    for (let number = before; number < limits.databases; number++) await createDatabase(`listed-${String(number).padStart(2, '0')}`)
    await expect(createDatabase('one-more')).rejects.toMatchObject({ code: 'SERVICE_QUOTA_EXCEEDED' })
    const first = await database.listDatabases(root(), { maxResults: 7 })
    const second = await database.listDatabases(root(), { maxResults: 7, nextToken: first.nextToken ?? '' })
    const names = [...first.items, ...second.items].map(({ databaseName }) => databaseName)
    expect(names).toEqual(names.toSorted())
    expect(names).toHaveLength(limits.databases)
    expect(second.nextToken).toBeUndefined()
    for (const name of names.filter((name) => name.startsWith('listed-'))) await database.deleteDatabase(root(), name)
  })
})

describe('tables', () => {
  beforeAll(async () => {
    await createDatabase('home')
  })

  it('have the defaults that clients expect', async () => {
    const made = await createTable('home', 'home')
    expect(made).toMatchObject({
      arn: `${arn}/home/table/home`,
      tableStatus: 'ACTIVE',
      retention: { memoryStoreRetentionPeriodInHours: 6, magneticStoreRetentionPeriodInDays: 73_000 },
      magneticStoreWrites: { enableMagneticStoreWrites: false },
      compositePartitionKey: [{ type: 'MEASURE' }],
    })
    expect(await database.describeTable(root(), 'home', 'home')).toEqual(made)
  })

  it('are made by one of two who try at once, and the other leaves nothing in the engine', async () => {
    const before = (await physicalTables()).length
    const results = await Promise.allSettled([
      createTable('home', 'contested'),
      createTable('home', 'contested'),
      createTable('home', 'contested'),
    ])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CONFLICT' })
    expect(await physicalTables()).toHaveLength(before + 1)
  })

  it('that do not exist are told apart from databases that do not', async () => {
    await expect(database.describeTable(root(), 'home', 'nowhere')).rejects.toMatchObject({ message: 'The table nowhere does not exist.' })
    await expect(database.describeTable(root(), 'nowhere', 'home')).rejects.toMatchObject({
      message: 'The database nowhere does not exist.',
    })
    await expect(createTable('nowhere', 'table')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
    await expect(database.listTables(root(), 'nowhere', {})).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
  })

  it('change their retention in the catalog and in the engine, and keep what was not named', async () => {
    const location = { bucketName: 'rejects', encryptionOption: 'SSE_S3' } as const
    await database.createTable(root(), {
      databaseName: 'home',
      tableName: 'retained',
      magneticStoreWrites: { enableMagneticStoreWrites: true, rejectedDataLocation: location },
    })
    const updated = await database.updateTable(root(), {
      databaseName: 'home',
      tableName: 'retained',
      retention: { memoryStoreRetentionPeriodInHours: 48, magneticStoreRetentionPeriodInDays: 7 },
    })
    expect(updated.magneticStoreWrites).toEqual({ enableMagneticStoreWrites: true, rejectedDataLocation: location })
    const stored = await storedTable('home', 'retained')
    expect(stored).toMatchObject({ memoryStoreHours: 48, magneticStoreDays: 7 })
    expect(stored?.isRetentionPending).toBeUndefined()
    expect(await ttlOf(stored?.physicalName)).toContain('toIntervalHour(216)')
  })

  it('change only the enforcement of their partition key', async () => {
    const key = { type: 'DIMENSION', name: 'host', enforcementInRecord: 'OPTIONAL' } as const
    const names = { databaseName: 'home', tableName: 'keyed' }
    await database.createTable(root(), { ...names, compositePartitionKey: [key] })
    const required = { ...key, enforcementInRecord: 'REQUIRED' } as const
    expect((await database.updateTable(root(), { ...names, compositePartitionKey: [required] })).compositePartitionKey).toEqual([required])
    await expect(database.updateTable(root(), { ...names, compositePartitionKey: [{ type: 'MEASURE' }] })).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })

  it('are listed for one database and for all', async () => {
    await createDatabase('other')
    await createTable('other', 'aaa')
    const names = (await database.listTables(root(), 'home', {})).items.map(({ tableName }) => tableName)
    expect(names).toEqual(['contested', 'home', 'keyed', 'retained'])
    const all = (await database.listTables(root(), undefined, {})).items.map(
      ({ databaseName, tableName }) => `${databaseName}/${tableName}`,
    )
    expect(all).toEqual(['home/contested', 'home/home', 'home/keyed', 'home/retained', 'other/aaa'])
    const { nextToken = '' } = await database.listTables(root(), 'home', { maxResults: 1 })
    await expect(database.listTables(root(), 'other', { nextToken })).rejects.toMatchObject({ message: 'Invalid pagination token' })
  })

  it('made again after their removal are empty and have no tags', async () => {
    await database.createTable(root(), { databaseName: 'other', tableName: 'again', tags: [{ key: 'a', value: '1' }] })
    const resource = `${arn}/other/table/again`
    await database.tagResource(root(), resource, [{ key: 'b', value: '2' }])
    await database.untagResource(root(), resource, ['a'])
    expect(await database.listTags(root(), resource)).toEqual([{ key: 'b', value: '2' }])
    const old = await storedTable('other', 'again')
    await database.deleteTable(root(), 'other', 'again')
    await expect(database.listTags(root(), resource)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
    await expect(database.deleteTable(root(), 'other', 'again')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
    expect(await physicalTables()).not.toContain(old?.physicalName)
    await createTable('other', 'again')
    expect(await database.listTags(root(), resource)).toEqual([])
  })
})

describe('a database that is opened again', () => {
  it('completes a change of retention that was cut short, and has the same root key', async () => {
    const stored = await storage.documents.get<TableRecord>('table', tableKey('home', 'home'))
    if (stored === undefined) throw new Error('no table')
    await storage.documents.put('table', stored.key, { ...stored.value, magneticStoreDays: 3, isRetentionPending: true }, stored.revision)
    const { rootKey } = database
    await close()
    await open()
    expect(await ttlOf(stored.value.physicalName)).toContain('toIntervalHour(78)')
    expect((await storedTable('home', 'home'))?.isRetentionPending).toBeUndefined()
    expect(database.rootKey).toEqual({ ...rootKey, origin: 'kept' })
    expect(rootKey.origin).toBe('new')
  })

  it('keeps its root key in a file for its owner only', () => {
    const path = join(directory, 'root-credentials.json')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const { accessKeyId, secretAccessKey } = database.rootKey
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ accessKeyId, secretAccessKey })
    expect(database.findAccessKey(accessKeyId)?.secretAccessKey).toBe(secretAccessKey)
  })

  it('shows what it holds and does', async () => {
    await database.ready()
    const time = String(systemClock.nowMs())
    const record = { Dimensions: [{ Name: 'host', Value: 'a' }], MeasureName: 'cpu', MeasureValue: '1', Time: time }
    await database.write(root(), { databaseName: 'home', tableName: 'home', records: [record] })
    const status = await database.status(root())
    expect(status).toMatchObject({ version: '1.2.3', engine: { kind: 'chdb' }, databaseCount: 5, pendingWriteRecords: 0 })
    expect(status.engine.version).toMatch(/^\d+\.\d+/)
    expect(status.recordsPerSecond).toBeGreaterThan(0)
    expect(status.tables.find(({ databaseName, tableName }) => databaseName === 'home' && tableName === 'home')).toMatchObject({
      rows: 1,
      series: 1,
      memoryStore: { rows: 1 },
      magneticStore: { rows: 0 },
    })
  })

  it('lets users do what their policies allow, which seldom is handing out keys', async () => {
    const { principal } = await database.createAccessKey(root(), 'writer')
    const user: Caller = { principal, requestId: 'R' }
    await expect(database.describeDatabase(user, 'home')).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    await database.access.attachPolicy(root(), 'AmazonTimestreamFullAccess', { userName: 'writer' })
    await expect(database.createAccessKey(user, 'friend')).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    expect((await database.describeDatabase(user, 'home')).databaseName).toBe('home')
  })
})

async function ttlOf(physicalName: string | undefined): Promise<string> {
  const rows = await storage.engine.rows('SELECT create_table_query FROM system.tables WHERE name = {name:String}', {
    name: physicalName ?? '',
  })
  return String(rows[0]?.[0])
}
