import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClickhouseCluster, startCluster } from '../../../tests/harness/clickhouse-cluster.ts'
import { hasKeeper } from '../../../tests/harness/keeper.ts'
import { documentStoreContract } from '../../../tests/documents/document-store-contract.ts'
import { silentLog } from '../../base/log.ts'
import { openClickhouse } from '../../engine/clickhouse.ts'
import type { Engine } from '../../engine/engine.ts'
import type { StorageKeys } from '../at-rest/storage-keys.ts'
import type { DocumentStore } from '../document-store.ts'
import { openKeeperMapDocuments } from './keeper-map.ts'

const keys = (byte: number): StorageKeys => ({
  keys: [{ id: 1, bytes: Buffer.alloc(32, byte) }],
  currentKeyId: 1,
  rootSecret: Buffer.alloc(32, 1),
})

/** Two API nodes, each on a ClickHouse node of its own. ZooKeeper is a package of the system: where it is missing, this cannot be tried. */
describe.runIf(hasKeeper() || process.env['CLICKHOUSE_URL'] !== undefined)('documents in KeeperMap', () => {
  let cluster: ClickhouseCluster
  const engines: Engine[] = []
  const stores: DocumentStore[] = []
  const here = (): DocumentStore => stores[0]!
  const there = (): DocumentStore => stores[1]!

  beforeAll(async () => {
    cluster = await startCluster({ replicas: 2, keeper: true })
    for (let node = 0; node < 2; node++) {
      const engine = await openClickhouse({ endpoints: [cluster.endpoints[node % cluster.endpoints.length]!], log: silentLog })
      engines.push(engine)
      await engine.execute('CREATE DATABASE IF NOT EXISTS documents_test')
      stores.push(await openKeeperMapDocuments({ engine, engineDatabase: 'documents_test', keys: keys(1) }))
    }
  })
  afterAll(async () => {
    for (const engine of engines) await engine.stop?.()
    await cluster?.stop()
  })

  documentStoreContract(here)

  it('are the same on both nodes', async () => {
    await here().put('table', 'both/nodes', { from: 'here' }, 0)
    expect(await there().get('table', 'both/nodes')).toEqual({ key: 'both/nodes', value: { from: 'here' }, revision: 1 })
    expect(await there().put('table', 'both/nodes', { from: 'there' }, 1)).toBe(true)
    expect(await here().put('table', 'both/nodes', { from: 'here again' }, 1)).toBe(false)
    expect((await here().get('table', 'both/nodes'))?.value).toEqual({ from: 'there' })
  })

  it('lose no change of two nodes that count together', async () => {
    const rounds = 8
    const count = async (store: DocumentStore): Promise<void> => {
      for (let done = 0; done < rounds;) {
        const current = await store.get<number>('setting', 'counter')
        if (await store.put('setting', 'counter', (current?.value ?? 0) + 1, current?.revision ?? 0)) done += 1
      }
    }
    await Promise.all([count(here()), count(there()), count(here())])
    expect(await there().get('setting', 'counter')).toEqual({ key: 'counter', value: 3 * rounds, revision: 3 * rounds })
  })

  it('that are removed on one node cannot be changed by the other, not even after they were made again', async () => {
    await here().put('table', 'gone', 1, 0)
    const seen = await there().get('table', 'gone')
    await here().remove('table', 'gone', 1)
    expect(await there().put('table', 'gone', 2, seen?.revision ?? 0)).toBe(false)
    await here().put('table', 'gone', 3, 0)
    expect(await there().put('table', 'gone', 4, seen?.revision ?? 0)).toBe(false)
    expect((await there().get('table', 'gone'))?.value).toBe(3)
  })

  it('show neither names nor contents to who reads the table', async () => {
    await here().put('access-key', 'OpenSesameName', { secretAccessKey: 'OpenSesameSecret' }, 0)
    const rows = await engines[0]!.rows('SELECT * FROM documents_test.catalog_documents')
    expect(rows.length).toBeGreaterThan(0)
    expect(JSON.stringify(rows)).not.toContain('OpenSesame')
    expect(Buffer.from(rows.map((row) => String(row[2])).join(''), 'base64').includes('OpenSesame')).toBe(false)
  })

  it('are refused to another master key', async () => {
    await expect(openKeeperMapDocuments({ engine: engines[0]!, engineDatabase: 'documents_test', keys: keys(2) })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('another master key') as string,
    })
  })
})
