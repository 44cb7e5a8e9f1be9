import { call, identifier, lambda, nothing, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { charactersOf, concat, constantText, impossibleByte, isNull, present, unlessNull } from '../expression.ts'
import { concatOperator } from '../operators/structure.ts'

/** NULL parts are left out, separator and all. */
function joinWith(context: LowerCall, separator: Node, parts: Node): Node {
  const part = context.variable('part')
  const kept = call('arrayFilter', lambda([part], call('isNotNull', identifier(part))), parts)
  const constant = constantText(context, 0)
  const text =
    constant === undefined
      ? call('replaceAll', call('arrayStringConcat', kept, impossibleByte(255)), impossibleByte(255), present(separator))
      : call('arrayStringConcat', kept, separator)
  return when(isNull(separator), nothing, text)
}

/** Characters of `from` become those of `to` at the same place, or vanish where `to` is shorter; the first mention counts. */
function translate(context: LowerCall, text: Node, from: Node, to: Node): Node {
  const [source, target] = [constantText(context, 1), constantText(context, 2)]
  if (source !== undefined && target !== undefined) {
    const targets = [...target]
    const pairs = new Map<string, string>()
    for (const [i, character] of [...source].entries()) if (!pairs.has(character)) pairs.set(character, targets[i] ?? '')
    const kept = [...pairs].filter(([, by]) => by !== '')
    const dropped = [...pairs].filter(([, by]) => by === '').map(([character]) => character)
    const removed = dropped.reduce((node, character) => call('replaceAll', node, string(character), string('')), text)
    return kept.length === 0
      ? removed
      : call('translateUTF8', removed, string(kept.map(([character]) => character).join('')), string(kept.map(([, by]) => by).join('')))
  }
  const character = context.variable('character')
  const list = (node: Node): Node => charactersOf(node)
  return unlessNull([text, from, to], (s, f, t) => {
    const index = call('indexOf', list(f), identifier(character))
    const mapped = when(call('equals', index, { kind: 'integer', value: 0n }), identifier(character), call('arrayElement', list(t), index))
    return call('arrayStringConcat', call('arrayMap', lambda([character], mapped), list(s)))
  })
}

function concatArrays(context: LowerCall, ...arrays: readonly Node[]): Node {
  const join = (done: readonly Node[], [next, ...rest]: readonly Node[]): Node =>
    next === undefined ? context.wrap(call('arrayConcat', ...done)) : context.unwrap(next, 'option', (bare) => join([...done, bare], rest))
  return join([], arrays)
}

export const joinFunctions: readonly FunctionDefinition[] = [
  {
    name: 'concat',
    kind: 'scalar',
    family: 'string',
    status: 'documented',
    summary: 'The texts, or arrays, one after the other, as `||` does.',
    source: 'developer guide, "String functions"',
    nulls: 'handle',
    signatures: [
      { pattern: '(varchar...) -> varchar', lower: (_, ...parts) => concat(...parts) },
      { pattern: '(varbinary...) -> varbinary', lower: (_, ...parts) => concat(...parts) },
      { pattern: '(array(T)...) -> array(T)', lower: concatArrays },
      ...concatOperator.signatures.filter(
        ({ pattern }) => pattern === '(array(T), T) -> array(T)' || pattern === '(T, array(T)) -> array(T)',
      ),
    ],
    examples: [
      { sql: 'concat(ARRAY[1], ARRAY[2, 3])', type: 'array(integer)', result: ['1', '2', '3'] },
      { sql: 'concat(ARRAY[ROW(1)], ROW(2))', type: 'array(row(integer))', result: [['1'], ['2']] },
      { sql: 'concat(ARRAY[1], CAST(NULL AS array(integer)), ARRAY[2])', type: 'array(integer)', result: null },
      { sql: "concat('a', 'b', 'c')", type: 'varchar', result: 'abc' },
      { sql: "concat('a', CAST(NULL AS varchar))", type: 'varchar', result: null },
    ],
  },
  {
    name: 'concat_ws',
    kind: 'scalar',
    family: 'string',
    status: 'extension',
    summary: 'The texts (or an array of texts) joined by a separator; NULLs are left out.',
    source: 'Trino documentation, "String functions"',
    nulls: 'handle',
    signatures: [
      {
        pattern: '(varchar, varchar...) -> varchar',
        lower: (context, separator, ...parts) => joinWith(context, separator, call('array', ...parts)),
      },
      {
        pattern: '(varchar, array(varchar)) -> varchar',
        lower: (context, separator, parts) => context.unwrap(parts, 'scalar', (bare) => joinWith(context, separator, bare)),
      },
    ],
    examples: [
      { sql: "concat_ws(',', 'a', NULL, 'b')", type: 'varchar', result: 'a,b' },
      { sql: "concat_ws('-', ARRAY['a', 'b'])", type: 'varchar', result: 'a-b' },
      { sql: "concat_ws(NULL, 'a', 'b')", type: 'varchar', result: null },
    ],
  },
  {
    name: 'translate',
    kind: 'scalar',
    family: 'string',
    status: 'extension',
    summary: 'The text with each character of `from` replaced by that of `to` at the same place, or removed when there is none.',
    source: 'Trino documentation, "String functions"',
    signatures: [{ pattern: '(varchar, varchar, varchar) -> varchar', lower: translate }],
    examples: [
      { sql: "translate('abcdef', 'abf', 'xy')", type: 'varchar', result: 'xycde' },
      { sql: "translate('a', NULL, 'b')", type: 'varchar', result: null },
    ],
  },
]
