import { call, identifier, lambda, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { and, charactersOf, present, unequal } from '../expression.ts'

const source = 'developer guide, "String functions"'

/**
 * Letters whose full upper case has several characters (ß → SS). The family maps one character to one: these stay,
 * but for the iota-subscript letters that have a title form. Source: Unicode SpecialCasing.txt against UnicodeData.txt.
 */
const expandingUpper =
  '[\\x{DF}\\x{149}\\x{1F0}\\x{390}\\x{3B0}\\x{587}\\x{1E96}-\\x{1E9A}\\x{1F50}\\x{1F52}\\x{1F54}\\x{1F56}\\x{1F80}-\\x{1FAF}' +
  '\\x{1FB2}-\\x{1FB4}\\x{1FB6}\\x{1FB7}\\x{1FBC}\\x{1FC2}-\\x{1FC4}\\x{1FC6}\\x{1FC7}\\x{1FCC}\\x{1FD2}\\x{1FD3}\\x{1FD6}\\x{1FD7}' +
  '\\x{1FE2}-\\x{1FE4}\\x{1FE6}\\x{1FE7}\\x{1FF2}-\\x{1FF4}\\x{1FF6}\\x{1FF7}\\x{1FFC}\\x{FB00}-\\x{FB06}\\x{FB13}-\\x{FB17}]'

const letters = (from: number, count: number): string => String.fromCodePoint(...Array.from({ length: count }, (_, i) => from + i))
const iotaSmall = [letters(0x1f80, 8), letters(0x1f90, 8), letters(0x1fa0, 8), '\u1fb3\u1fc3\u1ff3'].join('')
const iotaTitle = [letters(0x1f88, 8), letters(0x1f98, 8), letters(0x1fa8, 8), '\u1fbc\u1fcc\u1ffc'].join('')

function upper(context: LowerCall, text: Node): Node {
  const character = context.variable('character')
  const each = when(
    call('match', identifier(character), string(expandingUpper)),
    call('translateUTF8', identifier(character), string(iotaSmall), string(iotaTitle)),
    call('upperUTF8', identifier(character)),
  )
  return context.let(text, (s) =>
    when(
      // The pattern is tried on texts that are not ASCII only: it costs ten times the conversion.
      and(unequal(call('length', s), call('lengthUTF8', s)), call('match', s, string(expandingUpper))),
      call('arrayStringConcat', call('arrayMap', lambda([character], each), charactersOf(present(s)))),
      call('upperUTF8', s),
    ),
  )
}

/** One character to one: no final sigma, and İ to i. */
const lower = (text: Node): Node =>
  call('lowerUTF8', call('replaceAll', call('replaceAll', text, string('Σ'), string('σ')), string('İ'), string('i')))

const forms = ['NFC', 'NFD', 'NFKC', 'NFKD']

function normalize(context: LowerCall, text: Node, form?: Node): Node {
  if (form === undefined) return call('normalizeUTF8NFC', text)
  const value = context.constant(1)
  if (value === null) return context.nullOf(context.returnType)
  if (typeof value !== 'string') return context.invalid(1, 'The normalization form must be constant', 'NOT_SUPPORTED')
  const name = value.toUpperCase()
  if (!forms.includes(name)) return context.invalid(1, `Normalization form must be one of ${forms.join(', ')}`, 'INVALID_FUNCTION_ARGUMENT')
  return call(`normalizeUTF8${name}`, text)
}

export const caseFunctions: readonly FunctionDefinition[] = [
  {
    name: 'lower',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The text in small letters.',
    source,
    signatures: [{ pattern: '(varchar) -> varchar', lower: (_, s) => lower(s) }],
    examples: [
      { sql: "lower('Straße ÄÖ')", type: 'varchar', result: 'straße äö' },
      { sql: 'lower(CAST(NULL AS varchar))', type: 'varchar', result: null },
    ],
  },
  {
    name: 'upper',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The text in capital letters; each character becomes one character.',
    source,
    signatures: [{ pattern: '(varchar) -> varchar', lower: upper }],
    examples: [
      { sql: "upper('naïve')", type: 'varchar', result: 'NAÏVE' },
      { sql: "upper('straße')", type: 'varchar', result: 'STRAßE' },
      { sql: 'upper(CAST(NULL AS varchar))', type: 'varchar', result: null },
    ],
  },
  {
    name: 'normalize',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The text in a Unicode normalization form: NFC (default), NFD, NFKC or NFKD.',
    source: 'developer guide, "Reserved keywords": NORMALIZE; Trino documentation, "String functions"',
    signatures: [{ pattern: '(varchar, [varchar]) -> varchar', lower: normalize }],
    examples: [
      { sql: "length(normalize('é', NFD))", type: 'bigint', result: '2' },
      { sql: "normalize('ﬁ', NFKC)", type: 'varchar', result: 'fi' },
      { sql: 'normalize(CAST(NULL AS varchar))', type: 'varchar', result: null },
    ],
  },
]
