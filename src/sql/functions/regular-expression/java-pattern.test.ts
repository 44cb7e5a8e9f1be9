import { describe, expect, it } from 'vitest'
import { parseJavaPattern } from './java-pattern.ts'
import { PatternError } from './syntax.ts'

const re2 = (pattern: string, ...captures: number[]) => parseJavaPattern(pattern).re2(captures)
const failure = (pattern: string): PatternError => {
  try {
    parseJavaPattern(pattern)
  } catch (error) {
    if (error instanceof PatternError) return error
    throw error
  }
  throw new Error(`${pattern} was accepted`)
}

describe('parseJavaPattern', () => {
  it.each([
    ['abc', 'abc'],
    ['a|b', 'a|b'],
    ['', '(?:)'],
    ['(a)(b)', '(?:a)(?:b)'],
    ['a{2,3}?', 'a{2,3}?'],
    ['\\.\\$\\{x\\}', '\\.\\$\\{x\\}'],
    ['\\Qa.b\\E+', 'a\\.b+'],
    ['é+', 'é+'],
    ['\\u00e9', 'é'],
    ['\\uD83D\\uDE00', '😀'],
    ['\\x41\\x{1F600}\\t', 'A😀\\x{9}'],
    ['\\d\\w', '[0-9][0-9A-Z_a-z]'],
    ['\\s', '[\\x{9}-\\x{D}\\x{20}]'],
    ['\\D', '[^0-9]'],
    ['\\p{Lu}\\P{L}\\pL', '[\\p{Lu}][^\\p{L}][\\p{L}]'],
    ['\\p{Alpha}\\p{IsHan}\\p{script=greek}', '[A-Za-z][\\p{Han}][\\p{Greek}]'],
    ['[a-c[x-z]]', '[a-cx-z]'],
    ['[a-z&&[^aeiou]]', '[b-df-hj-np-tv-z]'],
    ['[^a-z]', '[^a-z]'],
    ['[]a]', '[\\x{5D}a]'],
    ['[a\\-z]', '[\\x{2D}az]'],
    ['[\\d.]', '[\\x{2E}0-9]'],
    ['(?i)ab(?-i)c', '(?i)ab(?-i)c'],
    ['(?i:ab)c', '(?i:ab)c'],
    ['(?s)a.b', 'a(?s:.)b'],
    ['a.b', 'a[^\\x{A}\\x{D}\\x{85}\\x{2028}-\\x{2029}]b'],
    ['(?m)^a$', '(?m:^)a(?m:$)'],
    ['(?x) a b # c\n d', 'abd'],
    ['\\Aa\\z', '^a\\z'],
    ['a??', 'a??'],
    ['^*', '(?:^)*'],
  ])('writes %s as %s', (java, expected) => {
    expect(re2(java)).toBe(expected)
  })

  it('keeps the groups that are asked for, and wraps the whole for group 0', () => {
    expect(re2('(a)((?<n>b)c)', 3)).toBe('(?:a)(?:(b)c)')
    expect(re2('(a)(b)', 1, 2)).toBe('(a)(b)')
    expect(re2('a|b', 0)).toBe('(a|b)')
  })

  it('knows its groups, by name too', () => {
    const pattern = parseJavaPattern('(a)(?<x>b*)?|(c)')
    expect(pattern.groupCount).toBe(3)
    expect(pattern.names.get('x')).toBe(2)
    expect(pattern.groups).toEqual([
      { isCertain: false, mayBeEmpty: false },
      { isCertain: false, mayBeEmpty: true },
      { isCertain: false, mayBeEmpty: false },
    ])
    expect(parseJavaPattern('(a)+(b)?').groups.map((group) => group.isCertain)).toEqual([true, false])
  })

  it('knows whether it may match nothing, and whether it looks back', () => {
    expect(['', 'a*', '(a|)', '^', '(?i)'].map((p) => parseJavaPattern(p).mayBeEmpty)).toEqual([true, true, true, true, true])
    expect(['a', 'a+', '(a|b)', '\\R'].map((p) => parseJavaPattern(p).mayBeEmpty)).toEqual([false, false, false, false])
    expect(['^a', '\\ba', 'a$', 'a'].map((p) => parseJavaPattern(p).looksBack)).toEqual([true, true, false, false])
  })

  it('lets the end stand before a last line break in mere tests', () => {
    expect(parseJavaPattern('^ab$').re2ForTest()).toBe('^ab(?:\\r?\\n)?$')
  })

  it.each([
    ['(?=a)', 'look-ahead'],
    ['a(?!b)', 'negative look-ahead'],
    ['(?<=a)b', 'look-behind'],
    ['(?<!a)b', 'negative look-behind'],
    ['(?>a)', 'an atomic group'],
    ['(a)\\1', 'back-references'],
    ['(?<n>a)\\k<n>', 'back-references'],
    ['a*+', 'possessive quantifiers'],
    ['a{1001}', 'more than 1000 repetitions'],
    ['\\p{InGreek}', 'the character property {InGreek}'],
    ['(?U)a', 'Unicode character classes'],
    ['[\\p{L}&&[^x]]', 'intersections of Unicode classes'],
  ])('says that %s is not supported', (pattern, what) => {
    expect(failure(pattern).isUnsupported).toBe(true)
    expect(failure(pattern).message).toContain(what)
  })

  it('says where', () => {
    expect(failure('ab(?=c)').message).toContain('at offset 2 of the pattern')
  })

  it.each(['(', 'a)', '[a', '*a', 'a{', 'a{3,2}', 'a**', '\\', '\\y', '[z-a]', '(?<1>a)', '(?<a>x)(?<a>y)', '(?z)'])(
    'refuses %s',
    (pattern) => {
      expect(failure(pattern).isUnsupported).toBe(false)
    },
  )
})
