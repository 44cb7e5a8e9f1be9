import {
  complement,
  intersection,
  lineBreaks,
  literal,
  predefined,
  printSet,
  property,
  setOf,
  setOfCharacters,
  single,
  union,
} from './character-set.ts'
import type { CharacterSet, Negated } from './character-set.ts'
import { readEscape } from './escape.ts'
import { PatternError } from './syntax.ts'
import type { PatternNode } from './syntax.ts'

interface Flags {
  readonly dotAll: boolean
  readonly multiline: boolean
  readonly comments: boolean
  readonly unixLines: boolean
}

/** Most repetitions that the engine's matcher compiles. */
const maxRepeat = 1000

const unsupportedGroups: readonly (readonly [prefix: string, what: string])[] = [
  ['(?=', 'look-ahead'],
  ['(?!', 'negative look-ahead'],
  ['(?<=', 'look-behind'],
  ['(?<!', 'negative look-behind'],
  ['(?>', 'an atomic group'],
]

/** Reads Java's syntax. @throws PatternError */
export class PatternParser {
  readonly #text: string
  #at = 0
  #flags: Flags = { dotAll: false, multiline: false, comments: false, unixLines: false }
  #groups = 0
  readonly names = new Map<string, number>()

  constructor(text: string) {
    this.#text = text
  }

  get groupCount(): number {
    return this.#groups
  }

  parse(): PatternNode {
    const node = this.#alternation()
    if (this.#at < this.#text.length) throw this.#error('Unmatched closing )')
    return node
  }

  #error(message: string, offset = this.#at): PatternError {
    return new PatternError(message, offset)
  }

  #unsupported(what: string, offset: number): PatternError {
    return new PatternError(`Regular expressions with ${what} are not supported:`, offset, true)
  }

  #skipComments(): void {
    while (this.#flags.comments && this.#at < this.#text.length) {
      if (/\s/.test(this.#text[this.#at]!)) this.#at++
      else if (this.#text[this.#at] === '#') {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = end < 0 ? this.#text.length : end + 1
      } else break
    }
  }

  #alternation(): PatternNode {
    const branches = [this.#sequence()]
    while (this.#text[this.#at] === '|') {
      this.#at++
      branches.push(this.#sequence())
    }
    return branches.length === 1 ? branches[0]! : { kind: 'alternation', branches }
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = []
    for (;;) {
      this.#skipComments()
      const character = this.#text[this.#at]
      if (character === undefined || character === '|' || character === ')') break
      const atom = this.#atom()
      items.push(atom.kind === 'flags' ? atom : this.#quantified(atom))
    }
    return items.length === 1 ? items[0]! : items.length === 0 ? { kind: 'empty' } : { kind: 'sequence', items }
  }

  #quantified(item: PatternNode): PatternNode {
    this.#skipComments()
    const start = this.#at
    const bounds = this.#quantifier()
    if (bounds === undefined) return item
    const suffix = this.#text[this.#at]
    if (suffix === '+') throw this.#unsupported('possessive quantifiers', start)
    if (suffix === '?') this.#at++
    const [min, max] = bounds
    if (Math.max(min, max ?? 0) > maxRepeat) throw this.#unsupported(`more than ${maxRepeat} repetitions`, start)
    if ('*+{'.includes(this.#text[this.#at] ?? ' ') && this.#text[this.#at] !== undefined) throw this.#error('Dangling meta character')
    return { kind: 'repeat', item, min, max, lazy: suffix === '?' }
  }

  #quantifier(): readonly [min: number, max: number | undefined] | undefined {
    switch (this.#text[this.#at]) {
      case '*':
        this.#at++
        return [0, undefined]
      case '+':
        this.#at++
        return [1, undefined]
      case '?':
        this.#at++
        return [0, 1]
      case '{': {
        const match = /^\{(\d+)(,(\d*))?\}/.exec(this.#text.slice(this.#at))
        if (match === null) throw this.#error('Illegal repetition')
        const min = Number(match[1])
        const max = match[2] === undefined ? min : match[3] === '' ? undefined : Number(match[3])
        if (max !== undefined && max < min) throw this.#error('Illegal repetition range')
        this.#at += match[0].length
        return [min, max]
      }
      default:
        return undefined
    }
  }

  #atom(): PatternNode {
    const start = this.#at
    const character = String.fromCodePoint(this.#text.codePointAt(start)!)
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return { kind: 'character', re2: this.#printed(this.#characterClass()) }
      case '\\':
        return this.#escape()
      case '.':
        this.#at++
        return { kind: 'character', re2: this.#dot() }
      case '^':
        this.#at++
        return { kind: 'assertion', re2: this.#flags.multiline ? '(?m:^)' : '^', where: 'start' }
      case '$':
        this.#at++
        return { kind: 'assertion', re2: this.#flags.multiline ? '(?m:$)' : '$', where: 'end' }
      case '*':
      case '+':
      case '?':
        throw this.#error(`Dangling meta character '${character}'`)
      case '{':
        throw this.#error('Illegal repetition')
      default:
        this.#at += character.length
        return literal(character)
    }
  }

  #dot(): string {
    if (this.#flags.dotAll) return '(?s:.)'
    return printSet(this.#flags.unixLines ? setOfCharacters('\n') : lineBreaks, true)
  }

  #group(): PatternNode {
    const start = this.#at
    const rest = this.#text.slice(start)
    for (const [prefix, what] of unsupportedGroups) if (rest.startsWith(prefix)) throw this.#unsupported(what, start)
    if (!rest.startsWith('(?')) return this.#closed(start, 1, ++this.#groups, '')
    const named = /^\(\?P?<([a-zA-Z][a-zA-Z0-9]*)>/.exec(rest)
    if (named) {
      const name = named[1]!
      if (this.names.has(name)) throw this.#error(`Named capturing group <${name}> is already defined`, start)
      this.names.set(name, ++this.#groups)
      return this.#closed(start, named[0].length, this.#groups, '')
    }
    const flagged = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])/.exec(rest)
    if (!flagged) throw this.#error('Unknown group type', start)
    const [whole, on = '', off = '', end] = flagged
    const outer = this.#flags
    this.#flags = this.#changed(on, off, start)
    const re2 = (on.includes('i') ? 'i' : '') + (off.includes('i') ? '-i' : '')
    if (end === ')') {
      this.#at += whole.length
      return re2 === '' ? { kind: 'empty' } : { kind: 'flags', re2: `(?${re2})` }
    }
    const group = this.#closed(start, whole.length, undefined, re2)
    this.#flags = outer
    return group
  }

  /** Flags set inside of a group end with it. */
  #closed(start: number, length: number, index: number | undefined, flags: string): PatternNode {
    this.#at = start + length
    const outer = this.#flags
    const body = this.#alternation()
    this.#flags = outer
    if (this.#text[this.#at] !== ')') throw this.#error('Unclosed group', start)
    this.#at++
    return { kind: 'group', body, index, flags }
  }

  #changed(on: string, off: string, offset: number): Flags {
    let { dotAll, multiline, comments, unixLines } = this.#flags
    for (const [letters, value] of [
      [on, true],
      [off, false],
    ] as const) {
      for (const letter of letters) {
        if (letter === 's') dotAll = value
        else if (letter === 'm') multiline = value
        else if (letter === 'x') comments = value
        else if (letter === 'd') unixLines = value
        else if (letter === 'U') throw this.#unsupported('Unicode character classes (?U)', offset)
        else if (letter !== 'i' && letter !== 'u') throw this.#error(`Unknown inline modifier ${letter}`, offset)
      }
    }
    return { dotAll, multiline, comments, unixLines }
  }

  /** At a backslash outside of brackets. */
  #escape(): PatternNode {
    const start = this.#at
    const letter = this.#text[start + 1]
    switch (letter) {
      case undefined:
        throw this.#error('The pattern ends with a backslash')
      case 'Q':
        return this.#quotation()
      case 'b':
      case 'B':
        this.#at += 2
        return { kind: 'assertion', re2: `\\${letter}`, where: 'inside' }
      case 'A':
        this.#at += 2
        return { kind: 'assertion', re2: '^', where: 'start' }
      case 'z':
        this.#at += 2
        return { kind: 'assertion', re2: '\\z', where: 'inside' }
      case 'Z':
        this.#at += 2
        return { kind: 'assertion', re2: '$', where: 'end' }
      case 'R':
        this.#at += 2
        return { kind: 'several', re2: '(?:\\r\\n|[\\n-\\r\\x{85}\\x{2028}\\x{2029}])' }
      case 'G':
      case 'X':
      case 'N':
        throw this.#unsupported(`\\${letter}`, start)
      case 'k':
        throw this.#unsupported('back-references', start)
      default:
        if (/[1-9]/.test(letter)) throw this.#unsupported('back-references', start)
        return single(this.#escapedSet())
    }
  }

  #quotation(): PatternNode {
    const start = this.#at + 2
    const end = this.#text.indexOf('\\E', start)
    const quoted = this.#text.slice(start, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.#text.length : end + 2
    const characters = Array.from(quoted, literal)
    if (characters.length === 0) return { kind: 'empty' }
    // A quantifier belongs to the last character.
    const lastItem = this.#quantified(characters.at(-1)!)
    return characters.length === 1 ? lastItem : { kind: 'sequence', items: [...characters.slice(0, -1), lastItem] }
  }

  /** An escape that stands for a set of characters (often of one), inside and outside of brackets. */
  #escapedSet(): CharacterSet | Negated {
    const start = this.#at
    const letter = this.#text[start + 1]
    if (letter === undefined) throw this.#error('The pattern ends with a backslash')
    const simple = Object.hasOwn(predefined, letter) ? predefined[letter] : undefined
    if (simple) {
      this.#at += 2
      return simple
    }
    const opposite = Object.hasOwn(predefined, letter.toLowerCase()) ? predefined[letter.toLowerCase()] : undefined
    if (opposite) {
      this.#at += 2
      return { negated: opposite }
    }
    if (letter === 'p' || letter === 'P') return this.#property(letter === 'P')
    return setOfCharacters(String.fromCodePoint(this.#escapedCharacter()))
  }

  #property(isNegated: boolean): CharacterSet | Negated {
    const start = this.#at
    const match = /^\\[pP](?:\{(\^?)([^}]*)\}|([A-Za-z]))/.exec(this.#text.slice(start))
    if (!match) throw this.#error('Unknown character property')
    const set = property(match[2] ?? match[3]!)
    if (!set) throw this.#unsupported(`the character property {${match[2] ?? match[3]}}`, start)
    this.#at += match[0].length
    return isNegated ? { negated: set } : set
  }

  #escapedCharacter(): number {
    const { code, end } = readEscape(this.#text, this.#at)
    this.#at = end
    return code
  }

  /** `[…]` with unions, intersections and nested classes. */
  #characterClass(): CharacterSet | Negated {
    const start = this.#at
    this.#at++
    const isNegated = this.#text[this.#at] === '^'
    if (isNegated) this.#at++
    let total: CharacterSet | undefined
    let current: CharacterSet[] = []
    let isFirst = true
    for (;;) {
      if (this.#flags.comments) this.#skipComments()
      const character = this.#text[this.#at]
      if (character === undefined) throw this.#error('Unclosed character class', start)
      if (character === ']' && !isFirst) break
      if (this.#text.startsWith('&&', this.#at)) {
        this.#at += 2
        total = this.#both(total, current, start)
        current = []
        continue
      }
      isFirst = false
      current.push(this.#classItem(start))
    }
    this.#at++
    const set = total === undefined && current.length > 0 ? union(...current) : this.#both(total, current, start)
    return isNegated ? { negated: set } : set
  }

  #both(total: CharacterSet | undefined, items: readonly CharacterSet[], start: number): CharacterSet {
    if (items.length === 0) return total ?? setOf()
    const set = union(...items)
    const result = total === undefined ? set : intersection(total, set)
    if (result === undefined) throw this.#unsupported('intersections of Unicode classes', start)
    return result
  }

  #classItem(start: number): CharacterSet {
    if (this.#text[this.#at] === '[') return this.#positive(this.#characterClass(), start)
    if (this.#text.startsWith('\\Q', this.#at)) {
      const end = this.#text.indexOf('\\E', this.#at)
      const quoted = this.#text.slice(this.#at + 2, end < 0 ? undefined : end)
      this.#at = end < 0 ? this.#text.length : end + 2
      return setOfCharacters(quoted)
    }
    const low = this.#classCharacter(start)
    if (typeof low !== 'number') return low
    const next = this.#text[this.#at + 1]
    if (this.#text[this.#at] !== '-' || next === undefined || next === ']' || next === '[' || this.#text.startsWith('&&', this.#at + 1))
      return setOf([low, low])
    const dash = this.#at
    this.#at++
    const high = this.#classCharacter(start)
    if (typeof high !== 'number' || high < low) throw this.#error('Illegal character range', dash)
    return setOf([low, high])
  }

  /** One character, or a whole set for `\d` and its like. */
  #classCharacter(start: number): number | CharacterSet {
    if (this.#text[this.#at] === '\\') {
      const set = this.#positive(this.#escapedSet(), start)
      const [only, ...others] = set.ranges
      return only && others.length === 0 && set.classes.length === 0 && only[0] === only[1] ? only[0] : set
    }
    const code = this.#text.codePointAt(this.#at)!
    this.#at += String.fromCodePoint(code).length
    return code
  }

  #positive(set: CharacterSet | Negated, start: number): CharacterSet {
    if (!('negated' in set)) return set
    const result = complement(set.negated)
    if (result === undefined) throw this.#unsupported('this negated class inside of another', start)
    return result
  }

  #printed(set: CharacterSet | Negated): string {
    return 'negated' in set ? printSet(set.negated, true) : printSet(set)
  }
}
