import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { defaultLimits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import { startObjectStore } from '../../tests/harness/object-store.ts'
import { readMasterKey } from './at-rest/master-key.ts'
import { addStorageKey } from './at-rest/storage-keys.ts'
import { type Storage, type StorageOptions, openStorage } from './open.ts'
import { type TableRecord, emptySchema, tableKey } from './table-record.ts'

const masterKey = { kind: 'value', text: 'ab'.repeat(32), name: 'TIDEMARK_MASTER_KEY' } as const
const dayNs = 86_400_000_000_000n
let directory: string
let storage: Storage | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-storage-'))
})
afterEach(async () => {
  await storage?.stop?.()
  storage = undefined
  rmSync(directory, { recursive: true })
})

async function open(options: Partial<StorageOptions> = {}): Promise<Storage> {
  storage = await openStorage({
    dataDirectory: directory,
    engine: { kind: 'chdb' },
    masterKey,
    productVersion: '0.0.0',
    clock: systemClock,
    limits: defaultLimits,
    log: silentLog,
    ...options,
  })
  return storage
}

async function close(): Promise<void> {
  await storage?.stop?.()
  storage = undefined
}

function tableOf(storage: Storage, tableName: string): TableRecord {
  return {
    databaseName: 'SecretDatabase',
    tableName,
    physicalName: storage.tables.newPhysicalName(),
    creationTimeMs: 0,
    lastUpdatedTimeMs: 0,
    memoryStoreHours: 24,
    magneticStoreDays: 3650,
    magneticStoreWrites: true,
    partitionKey: { type: 'MEASURE' },
    schema: {
      ...emptySchema,
      dimensions: [{ name: 'SecretDimension', physicalName: 'd1' }],
      singleMeasureTypes: ['varchar'],
      measures: [{ name: 'SecretMeasure', dataType: 'varchar', dimensions: ['SecretDimension'] }],
    },
  }
}

async function createTable(to: Storage, tableName: string): Promise<TableRecord> {
  const table = tableOf(to, tableName)
  await to.tables.create(table)
  await to.documents.put('database', table.databaseName, { databaseName: table.databaseName }, 0)
  await to.documents.put('table', tableKey(table.databaseName, tableName), table, 0)
  await to.catalog.refresh()
  return table
}

const names = ['SecretDimension']
const writeIntoLog = (to: Storage, table: TableRecord, ages: readonly bigint[]) =>
  to.writer.write(
    table,
    ages.map((ageDays, index) => ({
      index,
      timeNs: systemClock.nowNs() - ageDays * dayNs,
      version: 1n,
      store: ageDays < 1n ? 'memory' : 'magnetic',
      measureName: 'SecretMeasure',
      dimensions: { names, values: [`SecretHost${index}`] },
      value: { kind: 'single', type: 'varchar', value: `SecretValue${index}`.repeat(20) },
    })),
  )
const write = async (to: Storage, table: TableRecord, ages: readonly bigint[]): Promise<void> => {
  await writeIntoLog(to, table, ages)
  await to.writer.flush(table)
}

const partsOf = (from: Storage, table: TableRecord) =>
  from.engine.rows('SELECT disk_name, path FROM system.parts WHERE active AND table = {table:String} ORDER BY modification_time, name', {
    table: table.physicalName,
  })

const countOf = async (from: Storage, table: TableRecord): Promise<unknown> =>
  (
    await from.engine.rows(
      `SELECT toString(count()), toString(countIf(value_varchar LIKE 'SecretValue%')) FROM ${from.engineDatabase}.${table.physicalName}`,
    )
  )[0]

/** The fingerprint of the key in the header of an encrypted file: magic (3), version (2), algorithm (2), fingerprint (16). */
const keyFingerprint = (partPath: unknown): string =>
  readFileSync(join(String(partPath), 'data.bin'))
    .subarray(7, 23)
    .toString('hex')

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

describe('an open storage', () => {
  it('leaves nothing readable on the disk, in neither tier, and finds everything again', async () => {
    const first = await open()
    const table = await createTable(first, 'SecretTable')
    await write(first, table, [0n, 100n])
    expect(new Set((await partsOf(first, table)).map(([disk]) => disk))).toEqual(new Set(['magnetic', 'memory']))
    await close()

    const files = filesUnder(directory)
    expect(files.filter((file) => file.endsWith('data.bin')).length).toBeGreaterThanOrEqual(2)
    for (const file of files) {
      expect(file).not.toContain('Secret')
      expect(readFileSync(file).toString('latin1').includes('Secret'), file).toBe(false)
    }
    const again = await open()
    expect(await countOf(again, table)).toEqual(['2', '2'])
    expect(again.catalog.table('SecretDatabase', 'SecretTable')).toEqual(table)
  })

  it('leaves no file with keys behind', async () => {
    const left = (): string[] =>
      ['/dev/shm', tmpdir()].flatMap((folder) => readdirSync(folder).filter((name) => /^tidemark-\d+-[A-Za-z0-9]{6}$/.test(name)))
    const before = left()
    await open()
    expect(left()).toEqual(before)
  })

  it('writes new parts with the newest key after a rotation and still reads the old ones', async () => {
    const first = await open()
    const table = await createTable(first, 'table')
    await write(first, table, [0n])
    await close()
    await addStorageKey(directory, await readMasterKey(masterKey, directory, true))

    const second = await open()
    await second.engine.execute(`SYSTEM STOP MERGES ${second.engineDatabase}.${table.physicalName}`)
    await write(second, table, [0n, 0n])
    const fingerprints = (await partsOf(second, table)).map(([, path]) => keyFingerprint(path))
    expect(new Set(fingerprints).size).toBe(2)
    expect(await countOf(second, table)).toEqual(['3', '3'])
  })

  it('is refused to a wrong master key, and opens with the right one after that', async () => {
    await open()
    await close()
    await expect(open({ masterKey: { ...masterKey, text: 'cd'.repeat(32) } })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('TIDEMARK_MASTER_KEY') as string,
    })
    await open()
  })

  it('is refused while it is open, and for a newer format', async () => {
    await open()
    await expect(openStorage({ ...(await baseOptions()) })).rejects.toMatchObject({
      message: expect.stringContaining('in use by this process') as string,
    })
    await close()
    writeFileSync(join(directory, 'format.json'), '{"format":99,"createdBy":"99.0.0"}')
    await expect(open()).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining('99') as string })
  })

  it('removes the tables whose making was cut short, and no other', async () => {
    const first = await open()
    const kept = await createTable(first, 'kept')
    await first.tableChanges.begin(kept.physicalName)
    const halfMade = tableOf(first, 'half')
    await first.tableChanges.begin(halfMade.physicalName)
    await first.tables.create(halfMade)
    const stranger = tableOf(first, 'stranger')
    await first.tables.create(stranger)
    await close()
    const second = await open()
    const rows = await second.engine.rows('SELECT name FROM system.tables WHERE database = {database:String}', {
      database: second.engineDatabase,
    })
    expect(new Set(rows.map(([name]) => name))).toEqual(new Set([kept.physicalName, stranger.physicalName]))
    expect(await second.documents.list('table-change')).toEqual([])
  })

  it('opens without the parts whose files a loss of power broke, however many, and names the tables whose rows are in no other part', async () => {
    const first = await open()
    const [table, whole] = [await createTable(first, 'damaged'), await createTable(first, 'whole')]
    await write(first, whole, [0n])
    // a part a day; the memory store keeps one
    await write(first, table, [0n, ...Array.from({ length: 120 }, (_, day) => BigInt(day + 2))])
    expect(first.notes).toEqual([])
    const old = (await partsOf(first, table)).filter(([disk]) => disk === 'magnetic')
    expect(old.length).toBeGreaterThan(100)
    // what a merge makes, and what it was made of stays for some minutes
    const again = (await partsOf(first, whole))[0]!
    await first.engine.execute(`OPTIMIZE TABLE ${first.engineDatabase}.${whole.physicalName} FINAL`)
    const merged = (await partsOf(first, whole))[0]!
    expect(merged[1]).not.toBe(again[1])
    await close()
    cpSync(String(merged[1]), String(again[1]), { recursive: true })
    for (const [, path] of [...old, merged]) truncateSync(join(String(path), 'data.bin'), 30)

    const second = await open()
    expect(await countOf(second, whole)).toEqual(['1', '1'])
    expect(await countOf(second, table)).toEqual(['1', '1'])
    expect(second.notes).toEqual([
      expect.stringMatching(
        new RegExp(`^Files of stored rows were damaged and set aside, ${old.length} in all: SecretDatabase/damaged \\(.*detached/`),
      ),
    ])
    await write(second, table, [2n])
    expect(await countOf(second, table)).toEqual(['2', '2'])
  })

  it('opens without a part that cannot be read when the log asks for it, and names its table', async () => {
    const first = await open()
    const table = await createTable(first, 'damaged')
    await write(first, table, [0n, 1n])
    const [[, part]] = (await partsOf(first, table)) as [[unknown, unknown]]
    // replayed after the start, which asks for what is stored of its series
    await writeIntoLog(first, table, [1n])
    await close()
    const path = join(String(part), 'primary.cidx')
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(7, 64))

    const second = await open()
    expect(second.notes).toEqual([
      expect.stringMatching(/^Stored rows could not be read and were set aside, 1 parts in all: SecretDatabase\/damaged /),
    ])
    expect(Number(((await countOf(second, table)) as [string])[0])).toBeGreaterThan(0)
  })

  it('never spills a large sort to the disk in the clear', async () => {
    const { engine } = await open()
    await expect(engine.rows('SELECT 1 SETTINGS max_bytes_before_external_sort = 1')).rejects.toBeDefined()
    const settings = await engine.rows("SELECT value FROM system.settings WHERE name LIKE 'max_bytes%before_external%'")
    expect(new Set(settings.map(([value]) => value))).toEqual(new Set(['0']))
  })

  it('keeps its magnetic store in a bucket, encrypted, with an encrypted cache on the disk', async () => {
    const bucket = await startObjectStore()
    try {
      const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
      const location = {
        kind: 's3',
        bucket: 'cold-data',
        prefix: 'here',
        region: 'us-east-1',
        endpoint: bucket.endpoint,
        credentials,
      } as const
      const cold = await open({ magneticStore: location })
      const table = await createTable(cold, 'table')
      await write(cold, table, [0n, 100n])
      expect(await countOf(cold, table)).toEqual(['2', '2'])
      expect(new Set((await partsOf(cold, table)).map(([disk]) => disk))).toEqual(new Set(['magnetic', 'memory']))
      await close()
      expect([...bucket.objects.keys()].filter((path) => path.startsWith('/cold-data/here/')).length).toBeGreaterThan(5)
      const contents = [...bucket.objects.values(), ...filesUnder(directory).map((file) => readFileSync(file))]
      expect(contents.some((content) => content.includes('Secret'))).toBe(false)
      await expect(open({ magneticStore: { ...location, prefix: 'elsewhere' } })).rejects.toMatchObject({
        message: expect.stringContaining('s3://cold-data/here') as string,
      })
    } finally {
      await close()
      await bucket.close()
    }
  })

  it('is refused while the folder of a store is missing, and opens where the folder was moved to', async () => {
    const memoryStorePath = join(directory, 'fast')
    const options = { dataDirectory: join(directory, 'data'), memoryStorePath }
    const first = await open(options)
    const table = await createTable(first, 'table')
    await write(first, table, [0n])
    await close()
    const moved = join(directory, 'faster')
    renameSync(memoryStorePath, moved)
    await expect(open(options)).rejects.toMatchObject({ message: expect.stringContaining('does not hold the memory store') as string })
    const magneticStore = { kind: 'directory', path: moved } as const
    await expect(open({ ...options, magneticStore })).rejects.toMatchObject({ code: 'CONFIGURATION' })
    expect(await countOf(await open({ ...options, memoryStorePath: moved }), table)).toEqual(['1', '1'])
  })

  it('keeps what it acknowledged in an encrypted log until the engine has it', async () => {
    const first = await open()
    const [table, gone] = [await createTable(first, 'SecretTable'), await createTable(first, 'SecretGone')]
    await writeIntoLog(first, table, [0n, 1n, 2n])
    await writeIntoLog(first, gone, [0n])
    await close()

    const log = filesUnder(join(directory, 'write-ahead-log'))
    expect(log).toHaveLength(1)
    expect(readFileSync(log[0]!).length).toBeGreaterThan(500)
    for (const file of filesUnder(directory)) expect(readFileSync(file).toString('latin1').includes('Secret'), file).toBe(false)
    await addStorageKey(directory, await readMasterKey(masterKey, directory, true))
    const again = await open()
    expect(await countOf(again, table)).toEqual(['3', '3'])
    await writeIntoLog(again, gone, [0n])
    await again.documents.remove('table', tableKey(gone.databaseName, gone.tableName), 1)
    await again.catalog.refresh(gone.databaseName, gone.tableName)
    await again.tables.drop(gone.physicalName)
    await close()
    const last = await open()
    expect(last.writer.backlog().records).toBe(0)
    expect(await countOf(last, table)).toEqual(['3', '3'])
  })

  it('refuses a damaged log, and opens without it', async () => {
    const first = await open()
    const table = await createTable(first, 'table')
    await writeIntoLog(first, table, [0n])
    await writeIntoLog(first, table, [1n])
    await close()
    const [file] = filesUnder(join(directory, 'write-ahead-log'))
    const bytes = readFileSync(file!)
    bytes[100]! ^= 1
    writeFileSync(file!, bytes)
    await expect(open()).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining(`${file} is damaged`) as string })
    rmSync(file!)
    expect(await countOf(await open(), table)).toEqual(['0', '0'])
  })

  it('refuses one folder for both tiers', async () => {
    const both = join(directory, 'both')
    mkdirSync(both, { recursive: true })
    const options = { memoryStorePath: both, magneticStore: { kind: 'directory', path: both } } as const
    await expect(open({ dataDirectory: join(directory, 'data'), ...options })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})

const baseOptions = async (): Promise<StorageOptions> => ({
  dataDirectory: directory,
  engine: { kind: 'chdb' },
  masterKey,
  productVersion: '0.0.0',
  clock: systemClock,
  limits: defaultLimits,
  log: silentLog,
})
