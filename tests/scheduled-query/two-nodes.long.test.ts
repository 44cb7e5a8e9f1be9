import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultLimits } from '../../src/base/limits.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import type { Caller } from '../../src/database/caller.ts'
import type { OpenDatabase } from '../../src/database/database-options.ts'
import { openDatabase } from '../../src/database/open.ts'
import { DirectoryStore } from '../../src/object-store/directory-store.ts'
import { Scheduler } from '../../src/scheduler/scheduler.ts'
import { type Storage, openStorage } from '../../src/storage/open.ts'
import { type ClickhouseCluster, startCluster } from '../harness/clickhouse-cluster.ts'
import { hasKeeper } from '../harness/keeper.ts'
import { MovedClock } from './moved-clock.ts'
import { account, bucket, until } from './scheduled-database.ts'

const minuteMs = 60_000
const runs = 4

interface Node {
  readonly storage: Storage
  readonly database: OpenDatabase
  readonly scheduler: Scheduler
  /** Runs that this node has ended. */
  readonly ended: string[]
}

describe.runIf(hasKeeper() || process.env['CLICKHOUSE_URL'] !== undefined)('two nodes with one scheduler each', () => {
  const startMs = Math.floor(Date.now() / minuteMs) * minuteMs - 3_600_000
  const clock = new MovedClock(startMs, 0)
  let cluster: ClickhouseCluster
  let directory: string
  let nodes: readonly Node[]
  let caller: Caller

  async function open(name: string): Promise<Node> {
    const common = { productVersion: '0.0.0', clock, limits: defaultLimits, log: silentLog }
    const urls = cluster.endpoints.map((endpoint) => new URL(endpoint))
    const storage = await openStorage({
      ...common,
      dataDirectory: join(directory, name),
      engine: { kind: 'clickhouse', urls, cluster: cluster.clusterName },
      masterKey: { kind: 'value', text: '5a'.repeat(32), name: 'TIDEMARK_MASTER_KEY' },
    })
    const ended: string[] = []
    const notifier = {
      send: ({ type, message }: { type: string; message: string }) => void (type.startsWith('AUTO') && ended.push(message)),
    }
    const objectStore = new DirectoryStore(join(directory, 'buckets'))
    const database = await openDatabase({ ...common, storage, account, objectStore, metrics: new Metrics(), notifier })
    const { runs: scheduled } = database.scheduledQueries
    const scheduler = new Scheduler({ runs: scheduled, clock, log: silentLog, atOnce: 1, lookEveryMs: 10, refreshEveryMs: 100 })
    return { storage, database, scheduler, ended }
  }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tidemark-two-schedulers-'))
    mkdirSync(join(directory, 'buckets', bucket), { recursive: true })
    cluster = await startCluster({ shards: 2, keeper: true })
    nodes = await Promise.all([open('left'), open('right')])
    const { database } = nodes[0]!
    caller = { principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'R' }
    await database.createDatabase(caller, { databaseName: 'shared' })
    const retention = { memoryStoreRetentionPeriodInHours: 100, magneticStoreRetentionPeriodInDays: 100 }
    await database.createTable(caller, { databaseName: 'shared', tableName: 'target', retention })
  })
  afterAll(async () => {
    for (const { scheduler, database, storage } of nodes ?? []) {
      await scheduler.drain()
      await database.drain?.()
      await database.stop?.()
      await storage.stop?.()
    }
    await cluster?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const create = (name: string) =>
    nodes[0]!.database.scheduledQueries.create(caller, {
      name,
      queryString: `SELECT @scheduled_runtime AS t, '${name}' AS name, 1 AS one`,
      scheduleExpression: 'rate(1 minute)',
      topicArn: 'arn:aws:sns:us-east-1:000000000000:topic',
      executionRoleArn: 'arn:aws:iam::000000000000:role/Scheduled',
      errorReport: { bucketName: bucket },
      target: {
        databaseName: 'shared',
        tableName: 'target',
        timeColumn: 't',
        dimensionColumns: ['name'],
        mixedMeasures: [{ sourceColumn: 'one', type: 'BIGINT' }],
      },
    })

  it('share the runs: each is made once, in order, by one of them', { timeout: 120_000 }, async () => {
    const arns = [await create('first'), await create('second')]
    clock.moveOn(runs * minuteMs)
    for (const { scheduler } of nodes) await scheduler.start()
    const history = (arn: string) => nodes[1]!.database.scheduledQueries.history(caller, arn)
    await until('all ran', async () => (await Promise.all(arns.map(history))).every(({ length }) => length >= runs), 90_000)
    for (const { scheduler } of nodes) await scheduler.drain()
    const expected = Array.from({ length: runs }, (_, i) => startMs + (i + 1) * minuteMs)
    for (const arn of arns) {
      const made = (await history(arn)).toReversed()
      expect(made.map(({ invocationMs }) => invocationMs)).toEqual(expected)
      expect(made.map(({ version }) => version)).toEqual(made.map(({ version }) => version).toSorted((a, b) => a - b))
      expect(made.every(({ status }) => status === 'AUTO_TRIGGER_SUCCESS')).toBe(true)
    }
    const told = nodes.map(({ ended }) => ended.length)
    expect(told[0]! + told[1]!).toBe(2 * runs)
    expect(Math.min(...told)).toBeGreaterThan(0)
    const { rowsJson } = await nodes[1]!.database.query(caller, { queryString: 'SELECT count(*) FROM shared.target' })
    expect(rowsJson).toBe(`[{"Data":[{"ScalarValue":"${2 * runs}"}]}]`)
  })

  it('take over from each other what one has begun and left, when its lease has ended', { timeout: 120_000 }, async () => {
    const [left, right] = nodes as [Node, Node]
    const arn = await create('abandoned')
    clock.moveOn(minuteMs)
    await left.database.scheduledQueries.runs.refresh()
    // taken, and then nothing more is heard of the left node
    for (;;) {
      const claimed = await left.database.scheduledQueries.runs.claim()
      if (claimed === undefined) throw new Error('nothing to take')
      if (arn.endsWith(claimed.queryId)) break
    }
    const taken = async () => {
      await right.database.scheduledQueries.runs.refresh()
      for (;;) {
        const claimed = await right.database.scheduledQueries.runs.claim()
        if (claimed === undefined) return undefined
        if (arn.endsWith(claimed.queryId)) return claimed
      }
    }
    expect(await taken()).toBeUndefined()
    clock.moveOn(31_000)
    const claimed = await taken()
    expect(claimed?.claim).toMatchObject({ attempt: 2, trigger: 'AUTO' })
    const summary = await right.database.scheduledQueries.runs.run(claimed!, new AbortController().signal)
    expect(summary).toMatchObject({ status: 'AUTO_TRIGGER_SUCCESS' })
  })
})
