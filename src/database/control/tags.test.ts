import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../base/limits.ts'
import { addTags, listOf, removeTags } from './tags.ts'

const many = (count: number, from = 0): { key: string; value: string }[] =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index + from}`, value: '' }))

describe('tags', () => {
  it('are put over those of the same key and listed by key', () => {
    const tags = addTags(
      { a: '1', c: '3' },
      [
        { key: 'b', value: '2 é/:' },
        { key: 'a', value: '' },
      ],
      defaultLimits,
    )
    expect(listOf(tags)).toEqual([
      { key: 'a', value: '' },
      { key: 'b', value: '2 é/:' },
      { key: 'c', value: '3' },
    ])
    expect(removeTags(tags, ['a', 'absent'])).toEqual({ b: '2 é/:', c: '3' })
  })

  it('keep keys that JavaScript objects know otherwise', () => {
    expect(listOf(addTags(undefined, [{ key: '__proto__', value: 'x' }], defaultLimits))).toEqual([{ key: '__proto__', value: 'x' }])
  })

  it('are at most 50, counted after the change', () => {
    const full = addTags(undefined, many(50), defaultLimits)
    expect(addTags(full, many(50), defaultLimits)).toEqual(full)
    expect(() => addTags(full, many(1, 50), defaultLimits)).toThrow(expect.objectContaining({ code: 'SERVICE_QUOTA_EXCEEDED' }) as Error)
  })

  it.each([
    ['an empty key', [{ key: '', value: '' }]],
    ['a long key', [{ key: 'k'.repeat(129), value: '' }]],
    ['a long value', [{ key: 'k', value: 'v'.repeat(257) }]],
    ['a reserved key', [{ key: 'aws:a', value: '' }]],
    ['a reserved key in capitals', [{ key: 'AWS:a', value: '' }]],
    ['a character that is not allowed in a key', [{ key: 'a*', value: '' }]],
    ['a character that is not allowed in a value', [{ key: 'a', value: '<' }]],
    [
      'one key twice',
      [
        { key: 'a', value: '' },
        { key: 'a', value: '' },
      ],
    ],
  ])('are refused with %s', (_, tags) => {
    expect(() => addTags(undefined, tags, defaultLimits)).toThrow(expect.objectContaining({ code: 'VALIDATION' }) as Error)
  })
})
