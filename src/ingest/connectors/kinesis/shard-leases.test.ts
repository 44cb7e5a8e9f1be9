import { describe, expect, it } from 'vitest'
import type { ConnectorPosition, ConnectorPositions } from '../../../database/connectors/connectors.ts'
import { ShardLeases } from './shard-leases.ts'

/** Documents in memory, changed as the catalog's are. */
class MemoryPositions implements ConnectorPositions {
  readonly #documents = new Map<string, ConnectorPosition<unknown>>()
  /** Of what was removed: a revision never comes twice. */
  #last = 0

  async get<T>(key: string): Promise<ConnectorPosition<T> | undefined> {
    return this.#documents.get(key) as ConnectorPosition<T> | undefined
  }

  async list<T>(): Promise<readonly ConnectorPosition<T>[]> {
    return [...this.#documents.values()] as ConnectorPosition<T>[]
  }

  async put<T>(key: string, value: T, ifRevision: number): Promise<boolean> {
    const revision = this.#documents.get(key)?.revision ?? 0
    if (revision !== ifRevision) return false
    this.#documents.set(key, { key, value, revision: revision === 0 ? this.#last + 1 : revision + 1 })
    return true
  }

  async remove(key: string, ifRevision: number): Promise<boolean> {
    if (this.#documents.get(key)?.revision !== ifRevision) return false
    this.#last = Math.max(this.#last, ifRevision)
    return this.#documents.delete(key)
  }
}

const leaseMs = 1000

function twoNodes() {
  const positions = new MemoryPositions()
  const time = { ms: 10_000 }
  const clock = { nowMs: () => time.ms, nowNs: () => BigInt(time.ms) * 1_000_000n, monotonicMs: () => time.ms }
  return { a: new ShardLeases(positions, 'a', clock, leaseMs), b: new ShardLeases(positions, 'b', clock, leaseMs), time }
}

describe('leases of shards', () => {
  it('let one node only take a shard, whoever is first', async () => {
    const { a, b } = twoNodes()
    const first = await a.take('s', undefined)
    expect(first?.position).toBeUndefined()
    expect(await b.take('s', undefined)).toBeUndefined()
    const { shards } = await b.view()
    expect(b.isFree(shards.get('s')!.state)).toBe(false)
    expect(a.isFree(shards.get('s')!.state)).toBe(true)
  })

  it('go to another node when they are over, with the position; the first one is told', async () => {
    const { a, b, time } = twoNodes()
    const lease = (await a.take('s', undefined))!
    expect(await lease.save('17', 'kept')).toBe(true)
    time.ms += leaseMs + 1
    const { shards } = await b.view()
    expect(b.isFree(shards.get('s')!.state)).toBe(true)
    const taken = await b.take('s', shards.get('s'))
    expect(taken?.position).toBe('17')
    expect(await lease.save('18', 'kept')).toBe(false)
    expect(await taken?.save('19', 'kept')).toBe(true)
  })

  it('are free at once when they are given back, and over for ever when the shard is done', async () => {
    const { a, b } = twoNodes()
    await (await a.take('s', undefined))!.save('5', 'given back')
    await (await a.take('t', undefined))!.save('9', 'done')
    const { shards } = await b.view()
    expect(b.isFree(shards.get('s')!.state)).toBe(true)
    expect((await b.take('s', shards.get('s')))?.position).toBe('5')
    expect(shards.get('t')!.state.isDone).toBe(true)
  })

  it('are kept also when the document was there before, and removed', async () => {
    const { a } = twoNodes()
    await a.take('s', undefined)
    await a.forget('s', (await a.view()).shards.get('s')!)
    const lease = (await a.take('s', undefined))!
    expect(await lease.save('1', 'kept')).toBe(true)
    expect(await lease.save('2', 'kept')).toBe(true)
  })

  it('are shared by the nodes that have been heard of lately', async () => {
    const { a, b, time } = twoNodes()
    await a.view()
    expect((await b.view()).workers).toBe(2)
    await a.leave()
    expect((await b.view()).workers).toBe(1)
    await a.view()
    time.ms += leaseMs + 1
    expect((await b.view()).workers).toBe(1)
  })
})
