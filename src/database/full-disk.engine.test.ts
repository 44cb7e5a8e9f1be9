import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { defaultLimits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { type Storage, openStorage } from '../storage/open.ts'
import type { Caller } from './caller.ts'
import type { OpenDatabase } from './database-options.ts'
import { openDatabase } from './open.ts'

const hour = 3_600_000
const nowMs = systemClock.nowMs()
const folder = (parent: string, name: string): string => {
  mkdirSync(join(parent, name), { recursive: true })
  return join(parent, name)
}

/** Only root may mount file systems, and not in every container. */
function canMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'tidemark-mount-'))
  try {
    mount(path)
    execFileSync('umount', [path])
    return true
  } catch {
    return false
  } finally {
    rmSync(path, { recursive: true })
  }
}

/** A file system in memory that is soon full. */
function mount(path: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', path], { stdio: 'ignore' })
}

/** Takes all the space that is left. */
function fill(path: string): void {
  const { bavail, bsize } = statfsSync(path)
  for (let bytes = bavail * bsize; bytes >= bsize; bytes = Math.floor(bytes / 2)) {
    try {
      writeFileSync(join(path, 'ballast'), Buffer.alloc(bytes), { flag: 'a' })
    } catch {
      // less of it
    }
  }
}
const empty = (path: string): void => rmSync(join(path, 'ballast'), { force: true })

/** Where a user may make a namespace of its own, it may mount in there. */
function canUnshare(): boolean {
  try {
    execFileSync('unshare', [...namespace, 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const namespace = ['--user', '--map-root-user', '--mount']

const isHere = canMount()
const isInNamespace = !isHere && canUnshare()

it.runIf(isInNamespace)(
  'a full disk is survived: the tests below, in a namespace in which this user may mount',
  { timeout: 180_000 },
  () => {
    const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
    const said = execFileSync('unshare', [...namespace, process.execPath, vitest, 'run', '--project', 'engine', import.meta.filename], {
      encoding: 'utf8',
    })
    expect(said).toMatch(/[1-9] passed/)
  },
)

it.runIf(!isHere && !isInNamespace && process.platform === 'linux' && process.env['CI'] !== undefined)(
  'a full disk can be made here',
  () => {
    expect.fail(
      'The tests of full disks mount small file systems: run them as root, or allow user namespaces (kernel.unprivileged_userns_clone).',
    )
  },
)

describe.runIf(isHere)('a full disk', () => {
  let directory: string
  const disks: Record<'data' | 'memory' | 'magnetic', string> = { data: '', memory: '', magnetic: '' }
  let storage: Storage
  let database: OpenDatabase

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tidemark-full-'))
    for (const name of ['data', 'memory', 'magnetic'] as const) {
      disks[name] = folder(directory, name)
      mount(disks[name])
    }
    const limits = { ...defaultLimits, pendingWriteRecords: 400 }
    const common = { productVersion: '1.2.3', clock: systemClock, limits, log: silentLog }
    storage = await openStorage({
      ...common,
      dataDirectory: folder(disks.data, 'data'),
      memoryStorePath: folder(disks.memory, 'store'),
      magneticStore: { kind: 'directory', path: folder(disks.magnetic, 'store') },
      engine: { kind: 'chdb' },
      masterKey: { kind: 'value', text: '5a'.repeat(32), name: 'KEY' },
    })
    const account = { region: 'us-east-1', accountId: '000000000000' }
    database = await openDatabase({ ...common, storage, account, metrics: new Metrics() })
    await database.createDatabase(root(), { databaseName: 'space' })
    await database.createTable(root(), {
      databaseName: 'space',
      tableName: 'disk',
      retention: { memoryStoreRetentionPeriodInHours: 24, magneticStoreRetentionPeriodInDays: 30 },
      magneticStoreWrites: { enableMagneticStoreWrites: true },
    })
  })
  afterAll(async () => {
    await database?.stop?.()
    await storage?.stop?.()
    for (const path of Object.values(disks)) execFileSync('umount', ['-l', path])
    rmSync(directory, { recursive: true })
  })

  const root = (): Caller => ({ principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'R' })
  let written = 0
  const write = (ageMs: number, count = 1) =>
    database.write(root(), {
      databaseName: 'space',
      tableName: 'disk',
      commonAttributes: { MeasureName: 'n', MeasureValueType: 'BIGINT', Dimensions: [{ Name: 'host', Value: 'a' }] },
      records: Array.from({ length: count }, () => ({ Time: String(nowMs - ageMs - ++written), MeasureValue: '1' })),
    })
  async function count(): Promise<number> {
    const { rowsJson } = await database.query(root(), { queryString: 'SELECT count(*) FROM space.disk' })
    return Number((JSON.parse(rowsJson) as [{ Data: [{ ScalarValue: string }] }])[0].Data[0].ScalarValue)
  }
  async function eventuallyCounts(rows: number): Promise<void> {
    for (let tries = 0; tries < 100 && (await count()) !== rows; tries++) await delay(100)
    expect(await count()).toBe(rows)
  }

  it('of one tier is no fault: the other one takes the rows', async () => {
    await write(0)
    await write(72 * hour)
    expect(await count()).toBe(2)
    fill(disks.magnetic)
    await write(0)
    await write(72 * hour)
    expect(await count()).toBe(4)
    empty(disks.magnetic)
    fill(disks.memory)
    await write(0)
    await write(72 * hour)
    expect(await count()).toBe(6)
    empty(disks.memory)
  })

  it('of both tiers: writes go on into the log up to its bound, then say why; reads go on; all is well once there is space', async () => {
    const before = await count()
    fill(disks.memory)
    fill(disks.magnetic)
    await write(0)
    await write(72 * hour)
    expect(await count()).toBe(before)
    let refused: unknown
    for (let i = 0; i < 10 && refused === undefined; i++) await write(0, 100).catch((error: unknown) => (refused = error))
    expect(refused).toMatchObject({
      code: 'THROTTLING',
      message: expect.stringMatching(/No space is left on a disk of the engine/) as string,
    })
    expect(await count()).toBe(before)
    const waiting = storage.writer.backlog().records
    expect(waiting).toBeGreaterThan(100)
    empty(disks.memory)
    empty(disks.magnetic)
    await eventuallyCounts(before + waiting)
    await write(0)
    expect(await count()).toBe(before + waiting + 1)
  })

  it('of the log: writes are refused with the reason, reads go on, writes go on once there is space', async () => {
    const before = await count()
    fill(disks.data)
    let refused: unknown
    let accepted = 0
    for (let i = 0; i < 50 && refused === undefined; i++) {
      await write(0, 100).then(
        () => (accepted += 100),
        (error: unknown) => (refused = error),
      )
    }
    expect(refused).toMatchObject({
      code: 'NO_SPACE',
      message: expect.stringMatching(/write-ahead log .* no space is left on its disk/) as string,
    })
    expect(await count()).toBe(before + accepted)
    empty(disks.data)
    await write(0, 50)
    expect(await count()).toBe(before + accepted + 50)
  })
})
