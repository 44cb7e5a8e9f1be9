import { describe, expect, it } from 'vitest'
import { pageOf } from './page.ts'

const keys = Array.from({ length: 45 }, (_, index) => `k${String(index).padStart(2, '0')}`)
const invalid = expect.objectContaining({ code: 'VALIDATION' }) as Error

function walk(maxResults: number | undefined): string[][] {
  const pages: string[][] = []
  let nextToken: string | undefined
  do {
    const page = pageOf(keys, 'list', { ...(maxResults && { maxResults }), ...(nextToken && { nextToken }) }, (key) => key)
    pages.push([...page.items])
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return pages
}

describe('pages of a list', () => {
  it('hold everything once, in order, 20 at most', () => {
    expect(walk(undefined).map((page) => page.length)).toEqual([20, 20, 5])
    expect(walk(15).map((page) => page.length)).toEqual([15, 15, 15])
    expect(walk(7).flat()).toEqual(keys)
  })

  it('stay right while entries come and go', () => {
    const { nextToken = '' } = pageOf(keys, 'list', { maxResults: 3 }, (key) => key)
    const changed = ['a', ...keys.filter((key) => key !== 'k02'), 'z'].sort()
    expect(pageOf(changed, 'list', { maxResults: 2, nextToken }, (key) => key).items).toEqual(['k03', 'k04'])
  })

  it.each([0, -1, 21, 1.5])('of %j entries are refused', (maxResults) => {
    expect(() => pageOf(keys, 'list', { maxResults }, (key) => key)).toThrow(invalid)
  })

  it('are refused for tokens that are made up or belong to another list', () => {
    const { nextToken = '' } = pageOf(keys, 'other', { maxResults: 3 }, (key) => key)
    for (const token of ['', 'x', 'bnVsbA', nextToken]) {
      expect(() => pageOf(keys, 'list', { nextToken: token }, (key) => key)).toThrow(invalid)
    }
  })
})
