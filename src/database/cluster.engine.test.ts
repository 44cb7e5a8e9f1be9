import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClickhouseCluster, startCluster } from '../../tests/harness/clickhouse-cluster.ts'
import { hasKeeper } from '../../tests/harness/keeper.ts'
import { systemClock } from '../base/clock.ts'
import { defaultLimits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import type { MasterKeySource } from '../storage/at-rest/master-key.ts'
import { type Storage, openStorage } from '../storage/open.ts'
import type { Caller } from './caller.ts'
import type { OpenDatabase } from './database-options.ts'
import { openDatabase } from './open.ts'

const masterKey = { kind: 'value', text: '5a'.repeat(32), name: 'TIDEMARK_MASTER_KEY' } as const
const common = { productVersion: '1.2.3', clock: systemClock, limits: defaultLimits, log: silentLog }

interface Node {
  readonly storage: Storage
  readonly database: OpenDatabase
}

/** Two Tidemark nodes over two shards. ZooKeeper is a package of the system: where it is missing, this cannot be tried. */
describe.runIf(hasKeeper() || process.env['CLICKHOUSE_URL'] !== undefined)('two nodes on one cluster', () => {
  let cluster: ClickhouseCluster
  let directory: string
  let left: Node
  let right: Node
  const opened: Node[] = []

  async function open(name: string, key: MasterKeySource = masterKey): Promise<Node> {
    const urls = cluster.endpoints.map((endpoint) => new URL(endpoint))
    const engine = { kind: 'clickhouse', urls, cluster: cluster.clusterName } as const
    const storage = await openStorage({ ...common, dataDirectory: join(directory, name), engine, masterKey: key })
    const account = { region: 'us-east-1', accountId: '000000000000' }
    const database = await openDatabase({ ...common, storage, account, metrics: new Metrics() })
    const node = { storage, database }
    opened.push(node)
    return node
  }

  const root = ({ database }: Node): Caller => ({
    principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true },
    requestId: 'R',
  })
  const record = (host: string) => ({
    Dimensions: [{ Name: 'host', Value: host }],
    MeasureName: 'cpu',
    MeasureValue: '1.5',
    Time: String(systemClock.nowMs()),
  })

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tidemark-nodes-'))
    cluster = await startCluster({ shards: 2, keeper: true })
    ;[left, right] = await Promise.all([open('left'), open('right')])
  })
  afterAll(async () => {
    for (const { storage, database } of opened) {
      await database.stop?.()
      await storage.stop?.()
    }
    await cluster?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  it('have one root key', () => {
    const { accessKeyId, secretAccessKey } = left.database.rootKey
    expect(right.database.rootKey).toMatchObject({ accessKeyId, secretAccessKey })
    expect([left.database.rootKey.origin, right.database.rootKey.origin].filter((origin) => origin === 'new')).toHaveLength(1)
  })

  it('let one of two creations win', async () => {
    await left.database.createDatabase(root(left), { databaseName: 'shared' })
    const results = await Promise.allSettled(
      [left, right].map((node) => node.database.createTable(root(node), { databaseName: 'shared', tableName: 'contested' })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CONFLICT' })
    for (const node of [left, right]) {
      expect((await node.database.listTables(root(node), 'shared', {})).items.map(({ tableName }) => tableName)).toEqual(['contested'])
    }
  })

  it('write into one table, and each sees what both have written', async () => {
    await left.database.createTable(root(left), { databaseName: 'shared', tableName: 'cpu' })
    await right.database.write(root(right), { databaseName: 'shared', tableName: 'cpu', records: [record('a'), record('b')] })
    await left.database.write(root(left), { databaseName: 'shared', tableName: 'cpu', records: [record('c')] })
    for (const node of [left, right]) {
      const { rowsJson } = await node.database.query(root(node), { queryString: 'SELECT host FROM shared.cpu ORDER BY host' })
      expect(JSON.parse(rowsJson)).toEqual(['a', 'b', 'c'].map((host) => ({ Data: [{ ScalarValue: host }] })))
    }
  })

  it('keep the same winner of one record, whatever node took which version', async () => {
    await left.database.createTable(root(left), { databaseName: 'shared', tableName: 'versions' })
    const timeMs = systemClock.nowMs()
    const version = (Version: number, host: string) => ({
      Dimensions: [{ Name: 'host', Value: host }],
      MeasureName: 'cpu',
      MeasureValue: String(Version),
      MeasureValueType: 'BIGINT' as const,
      Time: String(timeMs),
      Version,
    })
    const write = (node: Node, ...records: readonly ReturnType<typeof version>[]): Promise<unknown> =>
      node.database.write(root(node), { databaseName: 'shared', tableName: 'versions', records })
    // after one another, each on another node
    await write(left, version(2, 'a'))
    await write(right, version(5, 'a'))
    await expect(write(left, version(3, 'a'))).rejects.toMatchObject({
      members: { RejectedRecords: [{ RecordIndex: 0, ExistingVersion: 5 }] },
    })
    // at once: a report is best effort, the winner is not
    const hosts = Array.from({ length: 40 }, (_, i) => `h${i}`)
    await Promise.allSettled(
      [1, 2, 3, 4].flatMap((n) => [left, right].map((node, i) => write(node, ...hosts.map((host) => version(2 * n - i, host))))),
    )
    for (const node of [left, right]) {
      const { rowsJson } = await node.database.query(root(node), {
        queryString: 'SELECT host, measure_value::bigint FROM shared.versions ORDER BY host',
      })
      const rows = (JSON.parse(rowsJson) as { Data: [{ ScalarValue: string }, { ScalarValue: string }] }[]).map(({ Data }) =>
        Data.map(({ ScalarValue }) => ScalarValue).join(' '),
      )
      expect(rows).toEqual(['a 5', ...hosts.toSorted().map((host) => `${host} 8`)])
    }
    await left.database.deleteTable(root(left), 'shared', 'versions')
  })

  it('see retention, tags and keys that the other has changed', async () => {
    const retention = { memoryStoreRetentionPeriodInHours: 12, magneticStoreRetentionPeriodInDays: 30 }
    const { arn } = await left.database.updateTable(root(left), { databaseName: 'shared', tableName: 'cpu', retention })
    await left.database.tagResource(root(left), arn, [{ key: 'team', value: 'sea' }])
    expect((await right.database.describeTable(root(right), 'shared', 'cpu')).retention).toEqual(retention)
    expect(await right.database.listTags(root(right), arn)).toEqual([{ key: 'team', value: 'sea' }])
    const key = await left.database.createAccessKey(root(left), 'grafana')
    expect((await right.database.listAccessKeys(root(right))).map(({ accessKeyId }) => accessKeyId)).toContain(key.accessKeyId)
    expect(right.database.findAccessKey(key.accessKeyId)?.secretAccessKey).toBe(key.secretAccessKey)
  })

  it('write into a table, and read it, that the other has removed and made again', async () => {
    const hosts = async (node: Node): Promise<unknown> =>
      JSON.parse((await node.database.query(root(node), { queryString: 'SELECT host FROM shared.cpu' })).rowsJson)
    await left.database.deleteTable(root(left), 'shared', 'cpu')
    await left.database.createTable(root(left), { databaseName: 'shared', tableName: 'cpu' })
    await right.database.write(root(right), { databaseName: 'shared', tableName: 'cpu', records: [record('new')] })
    expect(await hosts(right)).toEqual([{ Data: [{ ScalarValue: 'new' }] }])
    await right.database.deleteTable(root(right), 'shared', 'cpu')
    await right.database.createTable(root(right), { databaseName: 'shared', tableName: 'cpu' })
    await right.database.write(root(right), { databaseName: 'shared', tableName: 'cpu', records: [record('newer')] })
    expect(await hosts(left)).toEqual([{ Data: [{ ScalarValue: 'newer' }] }])
  })

  it('tell the rows of all shards', async () => {
    const { engine, tables } = await left.database.status(root(left))
    expect(engine.kind).toBe('clickhouse')
    expect(tables.find(({ tableName }) => tableName === 'cpu')).toMatchObject({ rows: 1, series: 1 })
  })

  it('delete on all shards what any of them has written, and can write it again', async () => {
    await left.database.createTable(root(left), { databaseName: 'shared', tableName: 'erased' })
    const records = ['a', 'b', 'c', 'd', 'e', 'f'].map((host) => ({ ...record(host), Time: String(systemClock.nowMs()) }))
    const write = (node: Node): Promise<unknown> =>
      node.database.write(root(node), { databaseName: 'shared', tableName: 'erased', records })
    const rows = async (node: Node, queryString: string): Promise<unknown> =>
      (JSON.parse((await node.database.query(root(node), { queryString })).rowsJson) as { Data: { ScalarValue: string }[] }[]).map(
        ({ Data }) => Data[0]!.ScalarValue,
      )
    await write(left)
    expect(await rows(right, "DELETE FROM shared.erased WHERE host <> 'f'")).toEqual(['5'])
    for (const node of [left, right]) expect(await rows(node, 'SELECT host FROM shared.erased')).toEqual(['f'])
    await write(left)
    expect(await rows(right, 'SELECT count(*) FROM shared.erased')).toEqual(['6'])
    await left.database.deleteTable(root(left), 'shared', 'erased')
  })

  it('know no table that the other has removed', async () => {
    await left.database.deleteTable(root(left), 'shared', 'contested')
    await expect(right.database.describeTable(root(right), 'shared', 'contested')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
    await expect(right.database.deleteDatabase(root(right), 'shared')).rejects.toMatchObject({ code: 'VALIDATION' })
    await right.database.deleteTable(root(right), 'shared', 'cpu')
    await right.database.deleteDatabase(root(right), 'shared')
    expect((await left.database.listDatabases(root(left), {})).items).toEqual([])
  })

  it('refuse a third one with another master key', async () => {
    await expect(open('stranger', { ...masterKey, text: '77'.repeat(32) })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('another master key') as string,
    })
  })
})
