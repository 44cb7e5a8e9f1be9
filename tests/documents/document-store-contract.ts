import { expect, it } from 'vitest'
import type { DocumentStore } from '../../src/storage/document-store.ts'

/** What every document store must do; called inside a `describe`. Each case uses names of its own, so that a store can be shared. */
export function documentStoreContract(store: () => DocumentStore): void {
  it('answer with value and revision what was put', async () => {
    expect(await store().get('database', 'contract-a')).toBeUndefined()
    expect(await store().put('database', 'contract-a', { text: 'é"\\\n', big: 'x'.repeat(5000) }, 0)).toBe(true)
    expect(await store().get('database', 'contract-a')).toEqual({
      key: 'contract-a',
      value: { text: 'é"\\\n', big: 'x'.repeat(5000) },
      revision: 1,
    })
    expect(await store().get('table', 'contract-a')).toBeUndefined()
  })

  it('change only at the revision that was named', async () => {
    expect(await store().put('access-key', 'contract-b', 1, 1)).toBe(false)
    expect(await store().put('access-key', 'contract-b', 1, 0)).toBe(true)
    expect(await store().put('access-key', 'contract-b', 2, 0)).toBe(false)
    expect(await store().put('access-key', 'contract-b', 2, 1)).toBe(true)
    expect(await store().put('access-key', 'contract-b', 3, 1)).toBe(false)
    expect(await store().get('access-key', 'contract-b')).toEqual({ key: 'contract-b', value: 2, revision: 2 })
  })

  it('are removed only at the revision that was named, and can be made again', async () => {
    await store().put('access-key', 'contract-c', 1, 0)
    const revision = (await store().get('access-key', 'contract-c'))?.revision ?? 0
    expect(await store().remove('access-key', 'contract-c', revision + 1)).toBe(false)
    expect(await store().remove('access-key', 'contract-c', revision)).toBe(true)
    expect(await store().remove('access-key', 'contract-c', revision)).toBe(false)
    expect(await store().get('access-key', 'contract-c')).toBeUndefined()
    expect((await store().list('access-key', 'contract-c')).length).toBe(0)
    expect(await store().put('access-key', 'contract-c', 4, 0)).toBe(true)
    expect((await store().get('access-key', 'contract-c'))?.value).toBe(4)
  })

  it('are listed by kind and prefix in the order of their keys', async () => {
    for (const key of ['contract-l/b', 'contract-l/a', 'contract-m/a', 'contract-l/B']) await store().put('table', key, key, 0)
    const keys = (await store().list('table', 'contract-l/')).map((document) => document.key)
    expect(keys).toEqual(['contract-l/B', 'contract-l/a', 'contract-l/b'])
    expect((await store().list('setting', 'contract-l/')).length).toBe(0)
  })

  it('let exactly one of many simultaneous writers win', async () => {
    const firsts = await Promise.all(Array.from({ length: 8 }, (_, writer) => store().put('setting', 'contract-race', writer, 0)))
    expect(firsts.filter(Boolean)).toHaveLength(1)
    expect((await store().get('setting', 'contract-race'))?.value).toBe(firsts.indexOf(true))
  })
}
