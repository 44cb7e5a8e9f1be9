import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestDatabase, openTestDatabase } from '../../../tests/crash/test-database.ts'
import { ServerError } from '../../base/errors.ts'
import type { Caller } from '../caller.ts'
import type { BackupTask } from './backups.ts'

const nowMs = Date.now()
let folder: string
let test: TestDatabase
let caller: Caller
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-backup-'))
  test = await openTestDatabase(join(folder, 'data'))
  caller = test.caller
  await test.database.createDatabase(caller, { databaseName: 'plant', tags: [{ key: 'owner', value: 'ops' }] })
  for (const tableName of ['pumps', 'fans']) await test.database.createTable(caller, { databaseName: 'plant', tableName })
  await write('pumps', 0, 500)
  await write('fans', 0, 50)
})
afterAll(async () => {
  await test.close()
  rmSync(folder, { recursive: true, force: true })
})

async function write(tableName: string, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += 100) {
    const Records = Array.from({ length: Math.min(100, to - first) }, (_, i) => ({
      Dimensions: [{ Name: 'serial', Value: `hidden-serial-${(first + i) % 7}` }],
      MeasureName: 'rpm',
      MeasureValue: String(first + i),
      MeasureValueType: 'BIGINT' as const,
      Time: String(nowMs - first - i),
    }))
    await test.database.write(caller, { databaseName: 'plant', tableName, records: Records })
  }
}

async function ended(begun: BackupTask): Promise<BackupTask> {
  for (let task = begun; ; task = await test.database.backups.describeTask(caller, task.taskId)) {
    if (task.state !== 'running') return task
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const backUp = async (input: { target: string; isIncremental?: boolean; databaseName?: string; tableName?: string }): Promise<BackupTask> =>
  ended(await test.database.backups.create(caller, input))

async function valuesOf(table: string): Promise<string> {
  const page = await test.database.query(caller, { queryString: `SELECT count(*), sum(measure_value::bigint) FROM ${table}` })
  return page.rowsJson
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof ServerError ? `${error.code}: ${error.message}` : String(error)),
  )

const filesUnder = (path: string): readonly string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

it('holds what was acknowledged, unreadable without the keys, and brings a removed table back', async () => {
  const target = join(folder, 'whole')
  const task = await backUp({ target })
  expect(task).toMatchObject({ state: 'done', tableCount: 2, rows: 550 })
  expect(filesUnder(target).filter((path) => /hidden-serial|plant|pumps/.test(readFileSync(path, 'latin1')))).toEqual([])

  const before = await valuesOf('plant.pumps')
  await test.database.deleteTable(caller, 'plant', 'pumps')
  const restored = await ended(await test.database.backups.restore(caller, { target, databaseName: 'plant', tableName: 'pumps' }))
  expect(restored).toMatchObject({ state: 'done', tableCount: 1, rows: 500 })
  expect(await valuesOf('plant.pumps')).toBe(before)
  expect(await refusal(test.database.backups.restore(caller, { target }))).toContain('CONFLICT')
})

it('restores under other names beside what is there, and the copy takes writes of its own', async () => {
  const target = join(folder, 'names')
  await backUp({ target, databaseName: 'plant', tableName: 'fans' })
  const input = { target, databaseName: 'plant', tableName: 'fans', asDatabaseName: 'yesterday', asTableName: 'fans-copy' }
  expect(await ended(await test.database.backups.restore(caller, input))).toMatchObject({ state: 'done', rows: 50 })
  expect(await valuesOf('yesterday."fans-copy"')).toBe(await valuesOf('plant.fans'))
  await test.database.deleteTable(caller, 'yesterday', 'fans-copy')
  expect(await valuesOf('plant.fans')).toContain('"50"')
})

it('writes only what is new into an incremental backup, which restores together with its base, also after a move', async () => {
  const target = join(folder, 'steps')
  expect(await refusal(test.database.backups.create(caller, { target, isIncremental: true }))).toContain(
    'VALIDATION: There is no full backup',
  )
  const full = await backUp({ target })
  await write('fans', 1000, 1020)
  const step = await backUp({ target, isIncremental: true })
  const sizeOf = (id: string): number =>
    filesUnder(join(target, id, 'engine', 'data')).reduce((bytes, path) => bytes + statSync(path).size, 0)
  expect(step.rows).toBe((full.rows ?? 0) + 20)
  expect(sizeOf(step.backupId)).toBeLessThan(sizeOf(full.backupId))

  const moved = join(folder, 'moved')
  cpSync(target, moved, { recursive: true })
  rmSync(target, { recursive: true })
  const listed = await test.database.backups.list(caller, moved)
  expect(listed.map(({ kind, baseBackupId }) => [kind, baseBackupId])).toEqual([
    ['full', undefined],
    ['incremental', full.backupId],
  ])
  const before = await valuesOf('plant.fans')
  await test.database.deleteTable(caller, 'plant', 'fans')
  expect(
    await ended(await test.database.backups.restore(caller, { target: moved, databaseName: 'plant', tableName: 'fans' })),
  ).toMatchObject({
    state: 'done',
    rows: 70,
  })
  expect(await valuesOf('plant.fans')).toBe(before)
})

it('takes what is acknowledged while it is written to, each request as a whole', async () => {
  const target = join(folder, 'busy')
  let isOver = false
  const writing = (async () => {
    for (let first = 10_000; !isOver; first += 100) await write('pumps', first, first + 100)
  })()
  const task = await backUp({ target, databaseName: 'plant', tableName: 'pumps' })
  isOver = true
  await writing
  expect(task.state).toBe('done')
  expect((task.rows ?? 0) % 100).toBe(0)
  const input = { target, databaseName: 'plant', tableName: 'pumps', asDatabaseName: 'plant', asTableName: 'pumps-then' }
  expect(await ended(await test.database.backups.restore(caller, input))).toMatchObject({ state: 'done', rows: task.rows })
})

it('says what is wrong with a backup that was changed, and leaves nothing of the restore', async () => {
  const target = join(folder, 'damaged')
  const { backupId } = await backUp({ target, databaseName: 'plant', tableName: 'fans' })
  const input = { target, databaseName: 'plant', tableName: 'fans', asDatabaseName: 'plant', asTableName: 'fans-again' }
  const data = filesUnder(join(target, backupId, 'engine', 'data')).find((path) => path.endsWith('data.bin'))!
  const bytes = readFileSync(data)
  rmSync(data)
  const failed = await ended(await test.database.backups.restore(caller, input))
  expect(failed).toMatchObject({ state: 'failed' })
  expect(failed.reason).toMatch(/cannot be restored: (?:the backup is damaged or incomplete|a file cannot be read or written)/)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  writeFileSync(data, bytes)
  expect(await ended(await test.database.backups.restore(caller, input))).toMatchObject({
    state: 'failed',
    reason: `The backup ${backupId} is damaged: files of table plant/fans do not have their checksums.`,
  })

  const catalog = join(target, backupId, 'catalog.sealed')
  const sealed = readFileSync(catalog)
  sealed[sealed.length - 1]! ^= 1
  writeFileSync(catalog, sealed)
  expect(await refusal(test.database.backups.restore(caller, input))).toContain('the checksum of catalog.sealed is another one')
  expect(await refusal(test.database.describeTable(caller, 'plant', 'fans-again'))).toContain('RESOURCE_NOT_FOUND')
  const names = await test.storage.engine.rows('SELECT count() FROM system.tables WHERE database = {database:String}', {
    database: test.storage.engineDatabase,
  })
  const documents = await test.storage.documents.list('table')
  expect(Number(names[0]?.[0])).toBe(documents.length)
})

it('refuses targets that it cannot use', async () => {
  expect(await refusal(test.database.backups.create(caller, { target: 'relative/folder' }))).toContain(
    'neither an absolute folder nor s3://',
  )
  expect(await refusal(test.database.backups.create(caller, { target: '/x', tableName: 'fans' }))).toContain('TableName')
  expect(await refusal(test.database.backups.create(caller, { target: '/x', databaseName: 'plant', tableName: 'none' }))).toContain(
    'RESOURCE_NOT_FOUND',
  )
  const blocked = join(folder, 'blocked')
  writeFileSync(blocked, 'a file')
  expect(await refusal(test.database.backups.list(caller, blocked))).toContain('cannot be read (ENOTDIR)')
  mkdirSync(join(folder, 'empty'))
  expect(await refusal(test.database.backups.restore(caller, { target: join(folder, 'empty') }))).toContain('there is none')
  expect(existsSync('/x')).toBe(false)
})
