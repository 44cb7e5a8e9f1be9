import { describe, expect, it } from 'vitest'
import { parseJsonPath } from './json-path.ts'

describe('parseJsonPath', () => {
  it('reads names, indexes and quoted names', () => {
    expect(parseJsonPath('$')).toEqual([])
    expect(parseJsonPath('$.a.b[0]["c d"][e]')).toEqual([
      { kind: 'name', name: 'a' },
      { kind: 'name', name: 'b' },
      { kind: 'number', index: 0, text: '0' },
      { kind: 'name', name: 'c d' },
      { kind: 'name', name: 'e' },
    ])
    expect(parseJsonPath('$.30day')).toEqual([{ kind: 'name', name: '30day' }])
    expect(parseJsonPath('$["1"]')).toEqual([{ kind: 'name', name: '1' }])
    expect(parseJsonPath('$.1')).toEqual([{ kind: 'number', index: 1, text: '1' }])
  })

  it.each(['', '.', '$.', '$$', 'a', '$..a', '$.a[-1]', '$.a[', '$[*]', '$.*', '$.a b'])('refuses %j', (path) => {
    expect(() => parseJsonPath(path)).toThrow(`Invalid JSON path: '${path}'`)
  })
})
