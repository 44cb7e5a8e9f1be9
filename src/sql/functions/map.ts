import { call, identifier, integer, lambda } from '../clickhouse/tree.ts'
import type { Node } from '../clickhouse/tree.ts'
import type { Type } from '../types/type.ts'
import { hasNull, keep, mapElements, unlessAnyNull } from './array/element.ts'
import type { FunctionDefinition, LowerCall } from './definition.ts'
import { checked, unequal } from './expression.ts'
import { splitParts } from './string/part.ts'

/** A map is an array of (key, value), no key twice. */
export const source = 'Trino, "Map functions and operators"'

export const keyOf = (entry: Node): Node => call('tupleElement', entry, integer(1))
export const valueOf = (entry: Node): Node => call('tupleElement', entry, integer(2))
export const keysOf = (context: LowerCall, entries: Node): Node => mapElements(context, entries, keyOf)
export const valuesOf = (context: LowerCall, entries: Node): Node => mapElements(context, entries, valueOf)

export function mapParts(type: Type): { readonly key: Type; readonly value: Type } {
  if (type.kind !== 'map') throw new Error(`not a map: ${type.kind}`)
  return type
}

/** Entries out of keys and values of one length. */
export function pair(context: LowerCall, keys: Node, values: Node): Node {
  const [key, value] = [context.variable(), context.variable()]
  return call('arrayMap', lambda([key, value], call('tuple', identifier(key), identifier(value))), keys, values)
}

/** The first entry of each key only. */
export const firstOfKey = (context: LowerCall, entries: Node): Node => {
  const [entry, count] = [context.variable(), context.variable()]
  return context.let(entries, (all) =>
    call(
      'arrayFilter',
      lambda([entry, count], call('equals', identifier(count), integer(1))),
      all,
      call('arrayEnumerateUniq', keysOf(context, all)),
    ),
  )
}

const hasTwice = (keys: Node): Node => call('notEquals', call('length', call('arrayDistinct', keys)), call('length', keys))

function build(context: LowerCall, keys: Node, values: Node): Node {
  const keyType = mapParts(context.returnType).key
  return context.let(keys, (ks) =>
    context.let(values, (vs) =>
      checked(
        context,
        context.wrap(pair(context, ks, call('arrayResize', vs, call('length', ks)))),
        { condition: unequal(call('length', ks), call('length', vs)), message: 'Key and value arrays must be the same length' },
        { condition: hasNull(ks, keyType), message: 'map key cannot be null' },
        { condition: hasTwice(ks), message: 'Duplicate map keys are not allowed' },
      ),
    ),
  )
}

/** Rows inside an array are options. */
function fromEntries(context: LowerCall, rows: Node): Node {
  const keyType = mapParts(context.returnType).key
  return context.let(rows, (options) =>
    context.let(
      mapElements(
        context,
        keep(context, options, (option) => call('notEmpty', option)),
        (option) => call('arrayElement', option, integer(1)),
      ),
      (entries) =>
        checked(
          context,
          context.wrap(entries),
          { condition: call('has', options, call('array')), message: 'map entry cannot be null' },
          { condition: hasNull(keysOf(context, entries), keyType), message: 'map key cannot be null' },
          { condition: hasTwice(keysOf(context, entries)), message: 'Duplicate map keys are not allowed' },
        ),
    ),
  )
}

/** Later maps win. */
function concat(context: LowerCall, maps: readonly Node[]): Node {
  return call('arrayReverse', firstOfKey(context, call('arrayReverse', call('arrayConcat', ...maps))))
}

function splitToMap(context: LowerCall, text: Node, entryDelimiter: Node, keyDelimiter: Node): Node {
  const parts = keep(context, splitParts(context, 1, text, entryDelimiter), (each) => call('notEmpty', each))
  const entries = mapElements(context, parts, (each) => {
    const at = call('position', each, keyDelimiter)
    const key = call('substring', each, integer(1), call('minus', at, integer(1)))
    const value = call('substring', each, call('plus', at, call('length', keyDelimiter)))
    return call('tuple', key, value)
  })
  const unsplit = keep(context, parts, (each) => call('equals', call('position', each, keyDelimiter), integer(0)))
  return checked(
    context,
    context.wrap(entries),
    { condition: call('empty', entryDelimiter), message: 'The entry delimiter may not be the empty string' },
    { condition: call('empty', keyDelimiter), message: 'The key-value delimiter may not be the empty string' },
    { condition: call('notEmpty', unsplit), message: 'Key-value delimiter must appear in every entry' },
    { condition: hasTwice(keysOf(context, entries)), message: 'Duplicate map keys are not allowed' },
  )
}

const record = (
  name: string,
  summary: string,
  signatures: FunctionDefinition['signatures'],
  examples: FunctionDefinition['examples'],
  nulls: 'propagate' | 'handle' = 'propagate',
): FunctionDefinition => ({ name, kind: 'scalar', family: 'map', status: 'extension', summary, source, nulls, signatures, examples })

const sample = "map(ARRAY['a', 'b'], ARRAY[1, 2])"

export const mapFunctions: readonly FunctionDefinition[] = [
  record(
    'map',
    'A map of an array of keys and an array of values.',
    [
      {
        pattern: '() -> map(unknown, unknown)',
        lower: (context) =>
          context.wrap({ kind: 'cast', operand: call('array'), type: 'Array(Tuple(Nullable(Nothing), Nullable(Nothing)))' }),
      },
      {
        pattern: '(array(K: comparable), array(V)) -> map(K, V)',
        lower: (context, ...args) => unlessAnyNull(context, args, (keys, values) => build(context, keys, values)),
      },
    ],
    [
      {
        sql: sample,
        type: 'map(varchar, integer)',
        result: [
          ['a', '1'],
          ['b', '2'],
        ],
      },
      { sql: "map(ARRAY['a', 'a'], ARRAY[1, 2])", error: 'INVALID_FUNCTION_ARGUMENT' },
      { sql: "map(ARRAY['a'], ARRAY[1, 2])", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
    'handle',
  ),
  record(
    'map_keys',
    'The keys of a map.',
    [{ pattern: '(map(K, V)) -> array(K)', lower: (context, m) => keysOf(context, m) }],
    [{ sql: `map_keys(${sample})`, type: 'array(varchar)', result: ['a', 'b'] }],
  ),
  record(
    'map_values',
    'The values of a map.',
    [{ pattern: '(map(K, V)) -> array(V)', lower: (context, m) => valuesOf(context, m) }],
    [{ sql: `map_values(${sample})`, type: 'array(integer)', result: ['1', '2'] }],
  ),
  record(
    'map_entries',
    'The entries of a map as rows.',
    [
      {
        pattern: '(map(K, V)) -> array(row(K, V))',
        lower: (context, m) => mapElements(context, m, (entry) => context.wrap(entry)),
      },
    ],
    [
      {
        sql: `map_entries(${sample})`,
        type: 'array(row(varchar, integer))',
        result: [
          ['a', '1'],
          ['b', '2'],
        ],
      },
    ],
  ),
  record(
    'map_from_entries',
    'A map of rows of a key and a value.',
    [
      {
        pattern: '(array(row(K, V))) -> map(K, V)',
        lower: (context, ...args) => unlessAnyNull(context, args, (rows) => fromEntries(context, rows)),
      },
    ],
    [
      {
        sql: "map_from_entries(ARRAY[(1, 'x'), (2, 'y')])",
        type: 'map(integer, varchar)',
        result: [
          ['1', 'x'],
          ['2', 'y'],
        ],
      },
    ],
    'handle',
  ),
  record(
    'map_concat',
    'One map of several; of the entries with one key the last.',
    [{ pattern: '(map(K, V)...) -> map(K, V)', lower: (context, ...maps) => concat(context, maps) }],
    [
      {
        sql: `map_concat(${sample}, map(ARRAY['b'], ARRAY[3]))`,
        type: 'map(varchar, integer)',
        result: [
          ['a', '1'],
          ['b', '3'],
        ],
      },
    ],
  ),
  record(
    'map_filter',
    'The entries for which the condition is true.',
    [
      {
        pattern: '(map(K, V), function(K, V, boolean)) -> map(K, V)',
        lower: (context, m, f) =>
          context.let(m, (entries) => {
            const [entry, wanted] = [context.variable(), context.variable()]
            const flags = call('arrayMap', f, keysOf(context, entries), valuesOf(context, entries))
            return call(
              'arrayFilter',
              lambda([entry, wanted], call('ifNull', identifier(wanted), { kind: 'boolean', value: false })),
              entries,
              flags,
            )
          }),
      },
    ],
    [{ sql: `map_filter(${sample}, (k, v) -> v > 1)`, type: 'map(varchar, integer)', result: [['b', '2']] }],
  ),
  record(
    'transform_values',
    'The map with what the function makes of each key and value as values.',
    [
      {
        pattern: '(map(K, V), function(K, V, W)) -> map(K, W)',
        lower: (context, m, f) =>
          context.let(m, (entries) =>
            pair(context, keysOf(context, entries), call('arrayMap', f, keysOf(context, entries), valuesOf(context, entries))),
          ),
      },
    ],
    [
      {
        sql: `transform_values(${sample}, (k, v) -> v * 10)`,
        type: 'map(varchar, integer)',
        result: [
          ['a', '10'],
          ['b', '20'],
        ],
      },
    ],
  ),
  record(
    'transform_keys',
    'The map with what the function makes of each key and value as keys.',
    [
      {
        pattern: '(map(K, V), function(K, V, L)) -> map(L, V)',
        lower: (context, ...args) =>
          unlessAnyNull(context, args, (m, f) =>
            context.let(m, (entries) =>
              context.let(call('arrayMap', f, keysOf(context, entries), valuesOf(context, entries)), (keys) =>
                build(context, keys, valuesOf(context, entries)),
              ),
            ),
          ),
      },
    ],
    [
      {
        sql: `transform_keys(${sample}, (k, v) -> v)`,
        type: 'map(integer, integer)',
        result: [
          ['1', '1'],
          ['2', '2'],
        ],
      },
    ],
    'handle',
  ),
  record(
    'split_to_map',
    'A map of a text of entries, each of a key and a value.',
    [
      {
        pattern: '(varchar, varchar, varchar) -> map(varchar, varchar)',
        lower: (context, ...args) => unlessAnyNull(context, args, (text, entry, key) => splitToMap(context, text, entry, key)),
      },
    ],
    [
      {
        sql: "split_to_map('a=1;b=2', ';', '=')",
        type: 'map(varchar, varchar)',
        result: [
          ['a', '1'],
          ['b', '2'],
        ],
      },
      { sql: "split_to_map('a', ';', '=')", error: 'INVALID_FUNCTION_ARGUMENT' },
      { sql: "split_to_map('a=1', '', '=')", error: 'INVALID_FUNCTION_ARGUMENT' },
      { sql: "split_to_map('a=1', ';', '')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
    'handle',
  ),
]
