import { describe, expect, it } from 'vitest'
import { engineTemplate, mentionedGroups, parseReplacement } from './replacement.ts'

const names = new Map([['x', 2]])

describe('parseReplacement', () => {
  it('takes as many digits as name a group', () => {
    expect(parseReplacement('$10', 9, names)).toEqual([
      { kind: 'group', index: 1 },
      { kind: 'text', text: '0' },
    ])
    expect(parseReplacement('$10', 10, names)).toEqual([{ kind: 'group', index: 10 }])
    expect(parseReplacement('1$02', 0, names)).toEqual([
      { kind: 'text', text: '1' },
      { kind: 'group', index: 0 },
      { kind: 'text', text: '2' },
    ])
  })

  it('knows groups by name, and escapes', () => {
    expect(parseReplacement('\\$1${x}', 2, names)).toEqual([
      { kind: 'text', text: '$1' },
      { kind: 'group', index: 2 },
    ])
  })

  it.each(['\\', '$', '$a', '${}', '${nam}', '$3'])('refuses %s', (text) => {
    expect(() => parseReplacement(text, 2, names)).toThrow('Illegal replacement sequence')
  })
})

describe('engineTemplate', () => {
  it('numbers the groups that are mentioned and doubles backslashes', () => {
    const pieces = parseReplacement('\\\\a$12-$0', 12, names)
    expect(mentionedGroups(pieces)).toEqual([12])
    expect(engineTemplate(pieces, [12])).toBe('\\\\a\\1-\\0')
  })
})
