import { call, identifier, integer, int64, lambda, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { atMost, checked, constantNumber, equal, minus, or, plus, toInt64, truth, unlessNull } from '../expression.ts'

const source = 'developer guide, "String functions"'
const badInstance = 'The instance to look for must be greater than zero'

const first = (text: Node, part: Node): Node => toInt64(call('positionUTF8', text, part))

/** The byte where occurrence n starts (overlapping ones count), 0 when there are fewer. */
function nthByte(context: LowerCall, text: Node, part: Node, n: Node): Node {
  const [at, step] = [context.variable('at'), context.variable('step')]
  const next = call('position', text, part, call('toUInt64', plus(identifier(at), integer(1))))
  const found = when(equal(identifier(at), integer(-1)), int64(-1), when(equal(next, integer(0)), int64(-1), toInt64(next)))
  const rounds = call('toUInt32', when(atMost(n, integer(0)), int64(0), call('least', n, toInt64(plus(call('length', text), integer(1))))))
  const last = call('arrayFold', lambda([at, step], found), call('range', rounds), int64(0))
  return call('greatest', last, int64(0))
}

/** Characters up to and including the byte. */
const characterAt = (text: Node, byte: Node): Node =>
  plus(toInt64(call('lengthUTF8', call('substring', text, integer(1), minus(byte, integer(1))))), int64(1))

function fromStart(context: LowerCall, text: Node, part: Node, instance: Node): Node {
  if (constantNumber(context, 2) === 1) return first(text, part)
  return unlessNull([text, part, instance], (s, sub, n) =>
    checked(
      context,
      when(
        call('empty', sub),
        int64(1),
        context.let(nthByte(context, s, sub, n), (byte) => when(equal(byte, integer(0)), int64(0), characterAt(s, byte))),
      ),
      { condition: atMost(n, integer(0)), message: badInstance },
    ),
  )
}

/** Searches the reversed bytes: the first occurrence there is the last one here. */
function fromEnd(context: LowerCall, text: Node, part: Node, instance?: Node): Node {
  const given = instance === undefined ? [text, part] : [text, part, instance]
  return unlessNull(given, (s, sub, n = int64(1)) => {
    const isFirst = instance === undefined || constantNumber(context, 2) === 1
    const backwards = isFirst
      ? toInt64(call('position', call('reverse', s), call('reverse', sub)))
      : nthByte(context, call('reverse', s), call('reverse', sub), n)
    const position = context.let(backwards, (byte) =>
      when(
        equal(byte, integer(0)),
        int64(0),
        characterAt(s, plus(minus(toInt64(call('length', s)), minus(plus(byte, toInt64(call('length', sub))), integer(1))), integer(1))),
      ),
    )
    const value = when(call('empty', sub), int64(1), position)
    return isFirst ? value : checked(context, value, { condition: atMost(n, integer(0)), message: badInstance })
  })
}

export const positionFunctions: readonly FunctionDefinition[] = [
  {
    name: 'strpos',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'Where a text first (or for the n-th time) holds another: the position of its first character, from 1; 0 when it does not.',
    source,
    signatures: [
      { pattern: '(varchar, varchar) -> bigint', lower: (_, text, part) => first(text, part) },
      { pattern: '(varchar, varchar, bigint) -> bigint', lower: fromStart },
    ],
    examples: [
      { sql: "strpos('abc/xyz/foo', '/', 2)", type: 'bigint', result: '8' },
      { sql: "strpos('信念,爱,希望', '希望')", type: 'bigint', result: '6' },
      { sql: "strpos('hello', NULL)", type: 'bigint', result: null },
      { sql: "strpos('a', 'a', 0)", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'strrpos',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'Where a text last (or for the n-th time from the end) holds another, counted from its start; 0 when it does not.',
    source,
    signatures: [
      { pattern: '(varchar, varchar) -> bigint', lower: (context, text, part) => fromEnd(context, text, part) },
      { pattern: '(varchar, varchar, bigint) -> bigint', lower: fromEnd },
    ],
    examples: [
      { sql: "strrpos('abc/xyz/foo', '/')", type: 'bigint', result: '8' },
      { sql: "strrpos('abc/xyz/foo', '/', 2)", type: 'bigint', result: '4' },
      { sql: "strrpos('hello', NULL)", type: 'bigint', result: null },
      { sql: "strrpos('a', 'a', 0)", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'position',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'position(part IN text): where the text first holds the part, from 1; 0 when it does not.',
    source,
    signatures: [{ pattern: '(varchar, varchar) -> bigint', lower: (_, part, text) => first(text, part) }],
    examples: [
      { sql: "position('ig' IN 'high')", type: 'bigint', result: '2' },
      { sql: "position('x' IN CAST(NULL AS varchar))", type: 'bigint', result: null },
    ],
  },
  {
    name: 'starts_with',
    kind: 'scalar',
    family: 'string',
    status: 'extension',
    summary: 'Whether a text begins with another.',
    source: 'Trino documentation, "String functions"',
    signatures: [{ pattern: '(varchar, varchar) -> boolean', lower: (_, text, part) => truth(call('startsWith', text, part)) }],
    examples: [
      { sql: "starts_with('abc', 'ab')", type: 'boolean', result: 'true' },
      { sql: "starts_with('abc', NULL)", type: 'boolean', result: null },
    ],
  },
  {
    name: 'ends_with',
    kind: 'scalar',
    family: 'string',
    status: 'extension',
    summary: 'Whether a text ends with another.',
    source: 'Presto documentation, "String functions"',
    signatures: [
      {
        pattern: '(varchar, varchar) -> boolean',
        lower: (_, text, part) => truth(or(call('endsWith', text, part), equal(part, string('')))),
      },
    ],
    examples: [
      { sql: "ends_with('abc', 'bc')", type: 'boolean', result: 'true' },
      { sql: "ends_with('abc', NULL)", type: 'boolean', result: null },
    ],
  },
]
