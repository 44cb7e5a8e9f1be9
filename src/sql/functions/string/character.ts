import { call, identifier, integer, lambda, string } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import {
  and,
  charactersOf,
  checked,
  constantNumber,
  constantText,
  equal,
  less,
  not,
  or,
  plus,
  quotient,
  times,
  toInt32,
  toInt64,
  unequal,
  unlessNull,
} from '../expression.ts'

const source = 'developer guide, "String functions"'
const bits = (value: Node, mask: number): Node => call('bitAnd', value, integer(mask))

/** A code point as its UTF-8 bytes. */
function chr(context: LowerCall, codePoint: Node): Node {
  const constant = constantNumber(context, 0)
  if (constant !== undefined && isCodePoint(constant)) return string(String.fromCodePoint(constant))
  return unlessNull([codePoint], (value) => {
    const isValid = and(
      not(less(value, integer(0))),
      less(value, integer(0x110000)),
      or(less(value, integer(0xd800)), less(integer(0xdfff), value)),
    )
    const tail = (divisor: number): Node => plus(integer(0x80), bits(quotient(value, integer(divisor)), 0x3f))
    const head = (mark: number, divisor: number): Node => plus(integer(mark), bits(quotient(value, integer(divisor)), 0xff))
    const encoded = call(
      'multiIf',
      less(value, integer(0x80)),
      call('char', bits(value, 0x7f)),
      less(value, integer(0x800)),
      call('char', head(0xc0, 0x40), tail(1)),
      less(value, integer(0x10000)),
      call('char', head(0xe0, 0x1000), tail(0x40), tail(1)),
      call('char', head(0xf0, 0x40000), tail(0x1000), tail(0x40), tail(1)),
    )
    const message = constant === undefined ? 'Not a valid Unicode code point' : `Not a valid Unicode code point: ${constant}`
    return checked(context, encoded, { condition: not(isValid), message })
  })
}

const isCodePoint = (value: number): boolean => value >= 0 && value < 0x110000 && !(value >= 0xd800 && value <= 0xdfff)

function codepoint(context: LowerCall, text: Node): Node {
  const constant = constantText(context, 0)
  if (constant !== undefined && [...constant].length !== 1) {
    return context.invalid(0, 'codepoint takes a text of exactly one character', 'INVALID_FUNCTION_ARGUMENT')
  }
  const byte = (index: number): Node => call('reinterpretAsUInt8', call('substring', text, integer(index), integer(1)))
  const low = (index: number): Node => bits(byte(index), 0x3f)
  const size = call('length', text)
  const decoded = call(
    'multiIf',
    equal(size, integer(1)),
    byte(1),
    equal(size, integer(2)),
    plus(times(bits(byte(1), 0x1f), integer(0x40)), low(2)),
    equal(size, integer(3)),
    plus(plus(times(bits(byte(1), 0x0f), integer(0x1000)), times(low(2), integer(0x40))), low(3)),
    plus(plus(times(bits(byte(1), 0x07), integer(0x40000)), times(low(2), integer(0x1000))), plus(times(low(3), integer(0x40)), low(4))),
  )
  return checked(context, toInt32(decoded), {
    condition: unequal(call('lengthUTF8', text), integer(1)),
    message: 'codepoint takes a text of exactly one character',
  })
}

function hammingDistance(context: LowerCall, left: Node, right: Node): Node {
  const [a, b] = [context.variable('left'), context.variable('right')]
  const characters = (text: Node): Node => charactersOf(text)
  return unlessNull([left, right], (x, y) =>
    checked(
      context,
      toInt64(
        call(
          'arrayCount',
          lambda([a, b], unequal(identifier(a), identifier(b))),
          characters(x),
          call('arrayResize', characters(y), call('length', characters(x))),
        ),
      ),
      {
        condition: unequal(call('lengthUTF8', x), call('lengthUTF8', y)),
        message: 'The input strings to hamming_distance function must have the same length',
      },
    ),
  )
}

export const characterFunctions: readonly FunctionDefinition[] = [
  {
    name: 'chr',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The character with that Unicode code point.',
    source,
    signatures: [{ pattern: '(bigint) -> varchar', lower: chr }],
    examples: [
      { sql: 'chr(8364)', type: 'varchar', result: '€' },
      { sql: 'chr(NULL)', type: 'varchar', result: null },
      { sql: 'chr(-1)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'codepoint',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The Unicode code point of a text of one character.',
    source,
    signatures: [{ pattern: '(varchar) -> integer', lower: (context, s) => context.let(s, (text) => codepoint(context, text)) }],
    examples: [
      { sql: "codepoint('€')", type: 'integer', result: '8364' },
      { sql: 'codepoint(CAST(NULL AS varchar))', type: 'integer', result: null },
      { sql: "codepoint('hello')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'length',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The number of characters of a text, or of bytes of a varbinary.',
    source,
    signatures: [
      { pattern: '(varchar) -> bigint', lower: (_, s) => toInt64(call('lengthUTF8', s)) },
      { pattern: '(varbinary) -> bigint', lower: (_, s) => toInt64(call('length', s)) },
    ],
    examples: [
      { sql: "length('日本')", type: 'bigint', result: '2' },
      { sql: 'length(CAST(NULL AS varchar))', type: 'bigint', result: null },
    ],
  },
  {
    name: 'reverse',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The characters of a text (bytes of a varbinary, elements of an array) in reverse order.',
    source,
    signatures: [
      { pattern: '(varchar) -> varchar', lower: (_, s) => call('reverseUTF8', s) },
      { pattern: '(varbinary) -> varbinary', lower: (_, s) => call('reverse', s) },
      { pattern: '(array(T)) -> array(T)', lower: (_, a) => call('arrayReverse', a) },
    ],
    examples: [
      { sql: 'reverse(ARRAY[1, NULL, 3])', type: 'array(integer)', result: ['3', null, '1'] },
      { sql: "reverse('日本')", type: 'varchar', result: '本日' },
      { sql: 'reverse(CAST(NULL AS varchar))', type: 'varchar', result: null },
    ],
  },
  {
    name: 'hamming_distance',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'At how many places two texts of equal length differ.',
    source,
    signatures: [{ pattern: '(varchar, varchar) -> bigint', lower: hammingDistance }],
    examples: [
      { sql: "hamming_distance('hello', 'world')", type: 'bigint', result: '4' },
      { sql: "hamming_distance('hello', NULL)", type: 'bigint', result: null },
      { sql: "hamming_distance('a', 'ab')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'levenshtein_distance',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The least number of single-character insertions, deletions and replacements that make one text the other.',
    source,
    signatures: [{ pattern: '(varchar, varchar) -> bigint', lower: (_, a, b) => toInt64(call('editDistanceUTF8', a, b)) }],
    examples: [
      { sql: "levenshtein_distance('kitten', 'sitting')", type: 'bigint', result: '3' },
      { sql: "levenshtein_distance('a', NULL)", type: 'bigint', result: null },
    ],
  },
  {
    name: 'soundex',
    kind: 'scalar',
    family: 'string',
    status: 'extension',
    summary: 'The phonetic code of a word: its first letter and three digits.',
    source: 'Trino documentation, "String functions"',
    signatures: [{ pattern: '(varchar) -> varchar', lower: (_, s) => call('soundex', s) }],
    examples: [
      { sql: "soundex('Robert')", type: 'varchar', result: 'R163' },
      { sql: 'soundex(CAST(NULL AS varchar))', type: 'varchar', result: null },
    ],
  },
]
