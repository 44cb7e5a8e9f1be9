import { call, identifier, integer, int64, lambda, nothing, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import {
  and,
  atLeast,
  charactersOf,
  checked,
  concat,
  constantNumber,
  constantText,
  equal,
  impossibleByte,
  less,
  minus,
  or,
  plus,
  toInt64,
  unlessNull,
} from '../expression.ts'

const source = 'developer guide, "String functions"'

/** Which engine functions work on characters (varchar) or on bytes (varbinary). */
interface Unit {
  readonly substring: string
  readonly length: string
}
const characters: Unit = { substring: 'substringUTF8', length: 'lengthUTF8' }
const bytes: Unit = { substring: 'substring', length: 'length' }

/** Position 0 and positions before the start give an empty text; a negative one counts from the end. */
const substr =
  (unit: Unit) =>
  (context: LowerCall, text: Node, start: Node, length?: Node): Node => {
    const part = (from: Node): Node =>
      length === undefined ? call(unit.substring, text, from) : call(unit.substring, text, from, call('greatest', length, int64(0)))
    const constant = constantNumber(context, 1)
    const result =
      constant !== undefined && constant > 0
        ? part(start)
        : context.let(start, (at) => when(less(plus(toInt64(call(unit.length, text)), at), integer(0)), string(''), part(at)))
    return constantNumber(context, 2) === undefined && length !== undefined ? when(call('isNull', length), nothing, result) : result
  }

/** The parts of a text between the occurrences of a separator that is not empty. */
export function splitParts(context: LowerCall, index: number, text: Node, separator: Node): Node {
  const constant = constantText(context, index)
  if (constant !== undefined && constant !== '') return call('splitByString', separator, text)
  return call('splitByString', impossibleByte(255), call('replaceAll', text, separator, impossibleByte(255)))
}

/** Parts joined again by a separator that may be no constant. */
function joined(context: LowerCall, index: number, parts: Node, separator: Node): Node {
  if (constantText(context, index) !== undefined) return call('arrayStringConcat', parts, separator)
  return call('replaceAll', call('arrayStringConcat', parts, impossibleByte(255)), impossibleByte(255), separator)
}

function split(context: LowerCall, text: Node, separator: Node, limit?: Node): Node {
  const parts = splitParts(context, 1, text, separator)
  const limited =
    limit === undefined
      ? parts
      : context.let(parts, (all) =>
          when(
            atLeast(limit, toInt64(call('length', all))),
            all,
            call(
              'arrayPushBack',
              call('arraySlice', all, integer(1), call('greatest', minus(limit, integer(1)), int64(0))),
              joined(context, 1, call('arraySlice', all, call('greatest', limit, int64(1))), separator),
            ),
          ),
        )
  const checks = [{ condition: equal(separator, string('')), message: 'The delimiter may not be the empty string' }]
  if (limit !== undefined) checks.push({ condition: less(limit, integer(1)), message: 'Limit must be positive' })
  return checked(context, limited, ...checks)
}

/** An empty separator parts the text into its characters; part 0 is an empty text. */
function splitPart(context: LowerCall, text: Node, separator: Node, index: Node): Node {
  const constant = constantText(context, 1)
  return unlessNull([text, separator, index], (s, d, i) => {
    const parts =
      constant === undefined
        ? when(equal(d, string('')), charactersOf(s), splitParts(context, 1, s, d))
        : constant === ''
          ? charactersOf(s)
          : call('splitByString', d, s)
    return checked(context, when(equal(i, integer(0)), string(''), call('arrayElementOrNull', parts, call('greatest', i, int64(0)))), {
      condition: less(i, integer(0)),
      message: 'Index must be greater than zero',
    })
  })
}

function replace(context: LowerCall, text: Node, find: Node, by: Node = string('')): Node {
  const constant = constantText(context, 1)
  if (constant !== undefined && constant !== '') return call('replaceAll', text, find, by)
  const character = context.variable('character')
  return unlessNull([text, find, by], (s, f, b) => {
    const between = concat(
      b,
      call('arrayStringConcat', call('arrayMap', lambda([character], call('concat', identifier(character), b)), charactersOf(s))),
    )
    return constant === '' ? between : when(equal(f, string('')), between, call('replaceAll', s, f, b))
  })
}

/** Longest text that may be asked for. */
const maxPadded = 2147483647

const pad =
  (side: 'left' | 'right', unit: Unit) =>
  (context: LowerCall, text: Node, size: Node, filler: Node): Node => {
    const engineName = `${side}Pad${unit === characters ? 'UTF8' : ''}`
    const isOutside = or(less(size, integer(0)), less(int64(maxPadded), size))
    const room = when(isOutside, int64(0), size)
    const constant = constantText(context, 2)
    const value =
      constant !== undefined && constant !== ''
        ? call(engineName, text, room, filler)
        : unlessNull([text, size, filler], (s, _, f) =>
            context.let(toInt64(call(unit.length, s)), (length) => {
              const missing = call('greatest', minus(room, length), int64(0))
              const width = call('greatest', toInt64(call(unit.length, f)), int64(1))
              const fill = call(unit.substring, call('repeat', f, plus(call('intDiv', missing, width), integer(1))), integer(1), missing)
              const body = call(unit.substring, s, integer(1), room)
              return side === 'left' ? concat(fill, body) : concat(body, fill)
            }),
          )
    return checked(
      context,
      value,
      { condition: isOutside, message: `Target length must be in the range [0..${maxPadded}]` },
      { condition: equal(filler, string('')), message: 'Padding string must not be empty' },
    )
  }

function padFunction(name: string, side: 'left' | 'right', sample: readonly [sql: string, result: string]): FunctionDefinition {
  return {
    name,
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: `The text filled up on the ${side} to \`n\` characters with a padding text, or cut to that length.`,
    source,
    signatures: [
      { pattern: '(varchar, bigint, varchar) -> varchar', lower: pad(side, characters) },
      { pattern: '(varbinary, bigint, varbinary) -> varbinary', lower: pad(side, bytes) },
    ],
    examples: [
      { sql: sample[0], type: 'varchar', result: sample[1] },
      { sql: `${name}(CAST(NULL AS varchar), 5, 'x')`, type: 'varchar', result: null },
      { sql: `${name}('a', -1, 'x')`, error: 'INVALID_FUNCTION_ARGUMENT' },
      { sql: `${name}('a', 3, '')`, error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  }
}

/** Characters that trim removes. Source: the white space of Unicode as Java's Character.isWhitespace has it. */
const asciiBlanks = ' \t\n\v\f\r\x1c\x1d\x1e\x1f'
const blankClass = '[\\t-\\r\\x1C- \\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200A}\\x{2028}\\x{2029}\\x{205F}\\x{3000}]'

type Side = 'Left' | 'Right' | 'Both'
const byPattern = (side: Side, text: Node, characterClass: string): Node => {
  const left = (node: Node): Node => call('replaceRegexpOne', node, string(`^${characterClass}+`), string(''))
  const right = (node: Node): Node => call('replaceRegexpOne', node, string(`${characterClass}+$`), string(''))
  return side === 'Left' ? left(text) : side === 'Right' ? right(text) : right(left(text))
}

const trimBlanks =
  (side: Side) =>
  (context: LowerCall, text: Node): Node =>
    context.let(text, (s) =>
      when(equal(call('length', s), call('lengthUTF8', s)), call(`trim${side}`, s, string(asciiBlanks)), byPattern(side, s, blankClass)),
    )

const trimSet =
  (side: Side) =>
  (context: LowerCall, text: Node, set: Node): Node => {
    const constant = constantText(context, 1)
    if (constant === '') return text
    // eslint-disable-next-line no-control-regex
    if (constant !== undefined && /^[\x01-\x7f]*$/.test(constant)) return call(`trim${side}`, text, set)
    if (constant !== undefined)
      return byPattern(side, text, `[${Array.from(constant, (c) => `\\x{${c.codePointAt(0)!.toString(16)}}`).join('')}]`)
    const character = context.variable('character')
    const keeps = (list: Node): Node => lambda([character], call('not', call('has', list, identifier(character))))
    return unlessNull([text, set], (s, chars) =>
      context.let(charactersOf(s), (list) =>
        context.let(charactersOf(chars), (removed) => {
          const firstKept = side === 'Right' ? integer(1) : call('arrayFirstIndex', keeps(removed), list)
          const lastKept = side === 'Left' ? call('length', list) : call('arrayLastIndex', keeps(removed), list)
          const kept = call(
            'arraySlice',
            list,
            call('greatest', firstKept, integer(1)),
            call('greatest', plus(minus(toInt64(lastKept), toInt64(firstKept)), integer(1)), int64(0)),
          )
          return when(and(equal(firstKept, integer(0)), call('notEmpty', list)), string(''), call('arrayStringConcat', kept))
        }),
      ),
    )
  }

function trimFunction(name: string, side: Side, where: string, sample: readonly [sql: string, result: string]): FunctionDefinition {
  return {
    name,
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: `The text without white space, or without the given characters, at ${where}.`,
    source,
    signatures: [
      { pattern: '(varchar) -> varchar', lower: trimBlanks(side) },
      { pattern: '(varchar, varchar) -> varchar', lower: trimSet(side) },
    ],
    examples: [
      { sql: sample[0], type: 'varchar', result: sample[1] },
      { sql: `${name}(' a ', '')`, type: 'varchar', result: ' a ' },
      { sql: `${name}(CAST(NULL AS varchar))`, type: 'varchar', result: null },
    ],
  }
}

export const partFunctions: readonly FunctionDefinition[] = [
  {
    name: 'substr',
    aliases: ['substring'],
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The rest of a text from a position (from 1, or negative from the end), at most `length` characters of it.',
    source,
    signatures: [
      { pattern: '(varchar, bigint, [bigint]) -> varchar', lower: substr(characters) },
      { pattern: '(varbinary, bigint, [bigint]) -> varbinary', lower: substr(bytes) },
    ],
    examples: [
      { sql: "substr('Timestream', 5)", type: 'varchar', result: 'stream' },
      { sql: "substr('Timestream', -6, 4)", type: 'varchar', result: 'stre' },
      { sql: "substr('Timestream', -60)", type: 'varchar', result: '' },
      { sql: "substr('Timestream', CAST(NULL AS bigint))", type: 'varchar', result: null },
    ],
  },
  {
    name: 'split',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The parts of a text between the occurrences of a delimiter; at most `limit` ones, the last with all the rest.',
    source,
    signatures: [{ pattern: '(varchar, varchar, [bigint]) -> array(varchar)', lower: split }],
    examples: [
      { sql: "split('a.b.c.', '.')", type: 'array(varchar)', result: ['a', 'b', 'c', ''] },
      { sql: "split('a.b.c', '.', 2)", type: 'array(varchar)', result: ['a', 'b.c'] },
      { sql: "split(CAST(NULL AS varchar), '.')", type: 'array(varchar)', result: null },
      { sql: "split('a', '')", error: 'INVALID_FUNCTION_ARGUMENT' },
      { sql: "split('a', ',', 0)", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'split_part',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'Part number `i`, from 1, of a text parted by a delimiter; NULL beyond the last.',
    source,
    signatures: [{ pattern: '(varchar, varchar, bigint) -> varchar', lower: splitPart }],
    examples: [
      { sql: "split_part('a,b,c', ',', 2)", type: 'varchar', result: 'b' },
      { sql: "split_part('a,b,c', ',', 4)", type: 'varchar', result: null },
      { sql: "split_part('a,b,c', ',', -1)", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'replace',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The text with every occurrence of a part removed, or replaced by another text.',
    source,
    signatures: [{ pattern: '(varchar, varchar, [varchar]) -> varchar', lower: replace }],
    examples: [
      { sql: "replace('abcdefabcdef', 'cd')", type: 'varchar', result: 'abefabef' },
      { sql: "replace('0000123', '0', ' ')", type: 'varchar', result: '    123' },
      { sql: "replace('ab', '', '-')", type: 'varchar', result: '-a-b-' },
      { sql: "replace('a', NULL)", type: 'varchar', result: null },
    ],
  },
  padFunction('lpad', 'left', ["lpad('7', 3, '0')", '007']),
  padFunction('rpad', 'right', ["rpad('abc', 2, 'x')", 'ab']),
  trimFunction('trim', 'Both', 'both ends', ["trim('  hello ')", 'hello']),
  trimFunction('ltrim', 'Left', 'the start', ["ltrim('  hello  ', 'he ')", 'llo  ']),
  trimFunction('rtrim', 'Right', 'the end', ["rtrim(' a  ')", ' a']),
]
