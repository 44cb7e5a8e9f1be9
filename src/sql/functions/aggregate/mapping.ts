import { call, identifier, integer, lambda, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { isNested } from '../../types/coercion.ts'
import { mapElements } from '../array/element.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { toInt64 } from '../expression.ts'
import { firstOfKey, keyOf, mapParts } from '../map.ts'
import { aggregate, aggregateWhere, kept, over, unkept } from './aggregate-call.ts'

const present = (context: LowerCall, key: Node, index: number): Node => call('not', context.isNull(key, context.types[index]!))

/** NULL over no rows. */
const orNull = (context: LowerCall, entries: Node): Node =>
  context.let(entries, (gathered) => when(call('empty', gathered), call('array'), context.wrap(gathered)))

/** Rows of a key and a value, those without a key left out: (key, value) tuples. */
function gatherEntries(context: LowerCall, key: Node, value: Node): Node {
  const [keyType, valueType] = context.types
  const gathered = aggregateWhere(context, present(context, key, 0), 'groupArray', [
    call('tuple', kept(key, keyType!), kept(value, valueType!)),
  ])
  return mapElements(context, gathered, (entry) => call('tuple', unkept(keyOf(entry)), unkept(call('tupleElement', entry, integer(2)))))
}

/** All values of each key, in the order of the rows: sorted by key, the entries are cut where the key changes. */
function multimap(context: LowerCall, key: Node, value: Node): Node {
  return context.let(gatherEntries(context, key, value), (entries) => {
    const [entry, place, own, before, cut, group] = [1, 2, 3, 4, 5, 6].map(() => context.variable()) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    const order = lambda([entry, place], call('tuple', keyOf(identifier(entry)), identifier(place)))
    const sorted = call('arraySort', order, entries, call('arrayEnumerate', entries))
    const groups = context.let(sorted, (all) => {
      const previous = call('arrayPushFront', call('arrayPopBack', all), call('arrayElement', all, integer(1)))
      const isNew = lambda([own, before], call('notEquals', keyOf(identifier(own)), keyOf(identifier(before))))
      return call('arraySplit', lambda([entry, cut], identifier(cut)), all, call('arrayMap', isNew, all, previous))
    })
    const values = mapElements(context, identifier(group), (each) => call('tupleElement', each, integer(2)))
    const merged = call(
      'arrayMap',
      lambda([group], call('tuple', keyOf(call('arrayElement', identifier(group), integer(1))), context.wrap(values))),
      groups,
    )
    return when(call('empty', entries), call('array'), context.wrap(merged))
  })
}

function histogram(context: LowerCall, value: Node): Node {
  const [type] = context.types
  if (isNested(type!)) context.invalid(0, 'histogram takes scalar values', 'TYPE_MISMATCH')
  const counts = aggregateWhere(context, call('isNotNull', value), 'sumMap', [
    call('array', call('assumeNotNull', value)),
    call('array', call('toUInt64', integer(1))),
  ])
  const [key, count] = [context.variable(), context.variable()]
  return context.let(counts, (pairs) => {
    const entries = call(
      'arrayMap',
      lambda([key, count], call('tuple', identifier(key), toInt64(identifier(count)))),
      call('tupleElement', pairs, integer(1)),
      call('tupleElement', pairs, integer(2)),
    )
    return orNull(context, entries)
  })
}

function union(context: LowerCall, map: Node): Node {
  mapParts(context.types[0]!)
  const entries = aggregateWhere(context, call('notEmpty', map), 'groupArrayArray', [call('arrayElement', map, integer(1))])
  return orNull(context, firstOfKey(context, entries))
}

export const mappingAggregates: readonly FunctionDefinition[] = [
  aggregate({
    name: 'map_agg',
    status: 'extension',
    summary: 'A map of the keys and values of the rows; of several rows with one key the first. Rows without a key are left out.',
    signatures: [
      {
        pattern: '(K: comparable, V) -> map(K, V)',
        lower: (context, k, v) => orNull(context, firstOfKey(context, gatherEntries(context, k, v))),
      },
    ],
    examples: [
      {
        sql: over('map_agg(k, v)', "('a', 1), ('b', NULL), (NULL, 3)", 'k, v'),
        type: 'map(varchar, integer)',
        result: [
          ['a', '1'],
          ['b', null],
        ],
      },
    ],
  }),
  aggregate({
    name: 'multimap_agg',
    status: 'extension',
    summary: 'A map of the keys of the rows, each with all its values.',
    signatures: [{ pattern: '(K: comparable, V) -> map(K, array(V))', lower: (context, k, v) => multimap(context, k, v) }],
    examples: [
      {
        sql: over('multimap_agg(k, v)', "('a', 1), ('b', 2), ('a', 3)", 'k, v'),
        type: 'map(varchar, array(integer))',
        result: [
          ['a', ['1', '3']],
          ['b', ['2']],
        ],
      },
    ],
  }),
  aggregate({
    name: 'map_union',
    status: 'extension',
    summary: 'One map of all maps; of several entries with one key the first.',
    signatures: [{ pattern: '(map(K, V)) -> map(K, V)', lower: (context, m) => union(context, m) }],
    examples: [
      {
        sql: over('map_union(m)', "map(ARRAY['a'], ARRAY[1]), map(ARRAY['a', 'b'], ARRAY[2, 3])", 'm'),
        type: 'map(varchar, integer)',
        result: [
          ['a', '1'],
          ['b', '3'],
        ],
      },
    ],
  }),
  aggregate({
    name: 'histogram',
    status: 'extension',
    summary: 'A map of the distinct values, each with the number of its rows.',
    signatures: [{ pattern: '(T: comparable) -> map(T, bigint)', lower: (context, x) => histogram(context, x) }],
    examples: [
      {
        sql: over('histogram(x)', "'a', 'b', 'a', NULL"),
        type: 'map(varchar, bigint)',
        result: [
          ['a', '2'],
          ['b', '1'],
        ],
      },
    ],
  }),
  ...(['first', 'last'] as const).map((name) =>
    aggregate({
      name,
      status: 'extension',
      summary: `The value of the ${name === 'first' ? 'earliest' : 'latest'} row, NULL values left out.`,
      signatures: [
        {
          pattern: '(T, timestamp) -> T',
          lower: (context, x, t) =>
            unkept(
              aggregateWhere(context, present(context, x, 0), name === 'first' ? 'argMin' : 'argMax', [kept(x, context.types[0]!), t]),
            ),
        },
      ],
      examples: [
        {
          sql: over(`${name}(x, t)`, "(1, TIMESTAMP '2020-01-01'), (2, TIMESTAMP '2020-01-02'), (NULL, TIMESTAMP '2020-01-03')", 'x, t'),
          type: 'integer',
          result: name === 'first' ? '1' : '2',
        },
      ],
    }),
  ),
]
