import type { PatternNode } from './syntax.ts'

/** A set of characters: ranges of code points (ascending, apart from one another), and further classes only by their RE2 text. */
export interface CharacterSet {
  readonly ranges: readonly (readonly [low: number, high: number])[]
  readonly classes: readonly string[]
}

/** All characters that are not in a set. */
export interface Negated {
  readonly negated: CharacterSet
}

const last = 0x10ffff

export const setOf = (...ranges: readonly (readonly [number, number])[]): CharacterSet => ({ ranges: normalize(ranges), classes: [] })
export const setOfCharacters = (text: string): CharacterSet =>
  setOf(...[...text].map((c) => [c.codePointAt(0)!, c.codePointAt(0)!] as const))
const setOfClass = (re2: string): CharacterSet => ({ ranges: [], classes: [re2] })

function normalize(ranges: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0])
  const merged: [number, number][] = []
  for (const [low, high] of sorted) {
    const previous = merged.at(-1)
    if (previous && low <= previous[1] + 1) previous[1] = Math.max(previous[1], high)
    else merged.push([low, high])
  }
  return merged
}

export const union = (...sets: readonly CharacterSet[]): CharacterSet => ({
  ranges: normalize(sets.flatMap((set) => set.ranges)),
  classes: [...new Set(sets.flatMap((set) => set.classes))],
})

/** Undefined where it cannot be computed: with classes known by text only, but for a single one. */
export function complement(set: CharacterSet): CharacterSet | undefined {
  if (set.classes.length > 0) {
    const [only, ...others] = set.classes
    return set.ranges.length === 0 && others.length === 0 ? setOfClass(opposite(only!)) : undefined
  }
  const ranges: [number, number][] = []
  let next = 0
  for (const [low, high] of set.ranges) {
    if (low > next) ranges.push([next, low - 1])
    next = high + 1
  }
  if (next <= last) ranges.push([next, last])
  return { ranges, classes: [] }
}

const opposite = (re2: string): string => (re2.startsWith('\\p') ? `\\P${re2.slice(2)}` : `\\p${re2.slice(2)}`)

export function intersection(a: CharacterSet, b: CharacterSet): CharacterSet | undefined {
  const [notA, notB] = [complement(a), complement(b)]
  if (!notA || !notB || a.classes.length > 0 || b.classes.length > 0) return undefined
  return complement(union(notA, notB))
}

const point = (code: number): string => {
  const character = String.fromCodePoint(code)
  return /^[A-Za-z0-9_]$/.test(character) ? character : `\\x{${code.toString(16).toUpperCase()}}`
}

/** Inside of brackets. */
function inner({ ranges, classes }: CharacterSet): string {
  return ranges.map(([low, high]) => (low === high ? point(low) : `${point(low)}-${point(high)}`)).join('') + classes.join('')
}

/** RE2 text that matches one character of the set (none of it when `negated`). An empty set matches nothing. */
export function printSet(set: CharacterSet, negated = false): string {
  const body = inner(set)
  if (body === '') return negated ? '(?s:.)' : `[^\\x{0}-\\x{${last.toString(16)}}]`
  return `[${negated ? '^' : ''}${body}]`
}

/** One character as itself, so that the engine can look for it by faster means than a class. */
export function single(set: CharacterSet | Negated): PatternNode {
  if ('negated' in set) return { kind: 'character', re2: printSet(set.negated, true) }
  const [only, ...others] = set.ranges
  if (only && others.length === 0 && set.classes.length === 0 && only[0] === only[1]) return literal(String.fromCodePoint(only[0]))
  return { kind: 'character', re2: printSet(set) }
}

export function literal(character: string): PatternNode {
  const code = character.codePointAt(0)!
  if (code < 0x20 || code === 0x7f) return { kind: 'character', re2: `\\x{${code.toString(16)}}` }
  return { kind: 'character', re2: /^[\\^$.*+?()[\]{}|]$/.test(character) ? `\\${character}` : character }
}

/** The predefined classes of Java without flags: ASCII only. */
export const predefined: Readonly<Record<string, CharacterSet>> = {
  d: setOf([0x30, 0x39]),
  w: setOf([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]),
  s: setOf([0x09, 0x0d], [0x20, 0x20]),
  h: union(setOf([0x2000, 0x200a]), setOfCharacters(' \t\u00a0\u1680\u180e\u202f\u205f\u3000')),
  v: union(setOf([0x0a, 0x0d]), setOfCharacters('\u0085\u2028\u2029')),
}
export const lineBreaks = setOfCharacters('\n\r\u0085\u2028\u2029')

/** Names of \p{…} that are ASCII sets. Source: java.util.regex.Pattern, POSIX classes. */
const posix: Readonly<Record<string, CharacterSet>> = {
  Lower: setOf([0x61, 0x7a]),
  Upper: setOf([0x41, 0x5a]),
  ASCII: setOf([0, 0x7f]),
  Alpha: setOf([0x41, 0x5a], [0x61, 0x7a]),
  Digit: setOf([0x30, 0x39]),
  Alnum: setOf([0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a]),
  Punct: setOf([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]),
  Graph: setOf([0x21, 0x7e]),
  Print: setOf([0x20, 0x7e]),
  Blank: setOfCharacters(' \t'),
  Cntrl: setOf([0, 0x1f], [0x7f, 0x7f]),
  XDigit: setOf([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]),
  Space: setOf([0x09, 0x0d], [0x20, 0x20]),
  javaLowerCase: setOfClass('\\p{Ll}'),
  javaUpperCase: setOfClass('\\p{Lu}'),
  javaWhitespace: union(
    setOf([0x09, 0x0d], [0x1c, 0x20], [0x2000, 0x2006], [0x2008, 0x200a]),
    setOfCharacters('\u1680\u2028\u2029\u205f\u3000'),
  ),
  IsAlphabetic: union(setOfClass('\\p{L}'), setOfClass('\\p{Nl}')),
  IsLetter: setOfClass('\\p{L}'),
  IsDigit: setOfClass('\\p{Nd}'),
  IsUppercase: setOfClass('\\p{Lu}'),
  IsLowercase: setOfClass('\\p{Ll}'),
  IsPunctuation: setOfClass('\\p{P}'),
  IsWhite_Space: union(setOf([0x09, 0x0d], [0x2000, 0x200a]), setOfCharacters(' \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000')),
}

const categories = new Set(
  'C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs'.split(' '),
)
const scripts = new Set(
  'Arabic Armenian Bengali Bopomofo Cherokee Common Coptic Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul Hebrew Hiragana Inherited Kannada Katakana Khmer Lao Latin Malayalam Mongolian Myanmar Oriya Sinhala Syriac Tamil Telugu Thaana Thai Tibetan'.split(
    ' ',
  ),
)

/** What \p{name} stands for; undefined for names that Java or the engine does not know. */
export function property(name: string): CharacterSet | undefined {
  if (Object.hasOwn(posix, name)) return posix[name]
  const [key, value] = name.split('=', 2) as [string, string | undefined]
  const bare = value ?? (name.startsWith('Is') ? name.slice(2) : name)
  const isScriptKey = value === undefined ? name.startsWith('Is') : key === 'script' || key === 'sc' || key === 'IsScript'
  const isCategoryKey = value === undefined || key === 'general_category' || key === 'gc'
  if (isCategoryKey && categories.has(bare)) return setOfClass(`\\p{${bare}}`)
  const script = bare.charAt(0).toUpperCase() + bare.slice(1).toLowerCase()
  return isScriptKey && scripts.has(script) ? setOfClass(`\\p{${script}}`) : undefined
}
