import { call, identifier, integer, lambda, nothing, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { isNested } from '../../types/coercion.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { checked, equal, greater, isNull, less, minus, or, plus, present, toInt64, zero } from '../expression.ts'
import { boxed, elementOrNull, elementType, hasNull, indexes, keep, mapElements, unboxed, unlessAnyNull, withoutNulls } from './element.ts'

const source = 'developer guide, "Array functions"'
const family = 'Trino, "Array functions and operators"'
const maxRepeat = 10_000
const maxCombined = 5

/** The greatest or smallest element; NULL when there is none or a NULL among them. NaN stands above all numbers. */
function extreme(context: LowerCall, array: Node, wanted: 'max' | 'min'): Node {
  const element = elementType(context.types[0]!)
  return context.unwrap(array, isNested(element) ? 'option' : 'scalar', (bare) =>
    context.let(bare, (items) => {
      const sorted = call(wanted === 'max' ? 'arrayReverseSort' : 'arraySort', items)
      if (isNested(element)) return when(hasNull(items, element), call('array'), call('arrayElement', sorted, integer(1)))
      return when(or(call('empty', items), hasNull(items, element)), nothing, call('arrayElement', sorted, integer(1)))
    }),
  )
}

function elementAt(context: LowerCall, array: Node, position: Node): Node {
  const element = elementType(context.types[0]!)
  const nested = isNested(element)
  return context.unwrap(array, nested ? 'option' : 'scalar', (bare) =>
    context.let(bare, (items) =>
      context.let(position, (index) => {
        const at = call('arrayElement', items, nested ? call('ifNull', index, zero) : index)
        const value = when(greater(call('abs', index), call('length', items)), nested ? call('array') : nothing, at)
        return context.failIf(equal(index, zero), 'INVALID_FUNCTION_ARGUMENT', 'SQL array indices start at 1', value)
      }),
    ),
  )
}

function lookUp(context: LowerCall, map: Node, key: Node): Node {
  const [mapType] = context.types
  if (mapType?.kind !== 'map') throw new Error('not a map')
  const nested = isNested(mapType.value)
  return context.unwrap(map, nested ? 'option' : 'scalar', (entries) => {
    const found = keep(context, entries, (entry) => context.same(call('tupleElement', entry, integer(1)), key, mapType.key))
    return context.let(
      mapElements(context, found, (entry) => call('tupleElement', entry, integer(2))),
      (values) => (nested ? call('arrayElement', values, integer(1)) : elementOrNull(values, integer(1), mapType.value)),
    )
  })
}

function slice(context: LowerCall, array: Node, start: Node, length: Node): Node {
  const sliced = context.let(array, (items) =>
    when(
      greater(call('abs', start), call('length', items)),
      call('arraySlice', items, integer(1), integer(0)),
      call('arraySlice', items, start, call('greatest', length, zero)),
    ),
  )
  return checked(
    context,
    context.wrap(sliced),
    { condition: equal(start, zero), message: 'SQL array indices start at 1' },
    { condition: less(length, zero), message: 'length must be greater than or equal to 0' },
  )
}

function join(context: LowerCall, array: Node, delimiter: Node, replacement?: Node): Node {
  const element = elementType(context.types[0]!)
  if (isNested(element)) context.invalid(0, 'array_join takes an array of scalar values', 'TYPE_MISMATCH')
  const kept = replacement === undefined ? withoutNulls(context, array, element) : array
  const texts = mapElements(context, kept, (each) => {
    const text = context.text(each, element)
    return call('ifNull', text, replacement === undefined ? string('') : present(replacement))
  })
  const mark = context.variable()
  const glued = call('arrayStringConcat', call('arrayMap', lambda([mark], call('concat', present(delimiter), identifier(mark))), texts))
  const joined = call('substring', glued, plus(call('length', present(delimiter)), integer(1)))
  const missing = [delimiter, ...(replacement === undefined ? [] : [replacement])].map(isNull)
  return when(or(missing[0]!, ...missing.slice(1)), nothing, joined)
}

/** Every choice of n elements; the choices in the order of their last, then last but one … position. */
function combinations(context: LowerCall, array: Node, size: Node): Node {
  return context.let(array, (items) => {
    const [chosen, step, index] = [context.variable(), context.variable(), context.variable()]
    const positions = call(
      'range',
      when(call('empty', identifier(chosen)), integer(1), plus(call('arrayElement', identifier(chosen), integer(-1)), integer(1))),
      plus(call('length', items), integer(1)),
    )
    const longer = call(
      'arrayMap',
      lambda([index], call('arrayPushBack', identifier(chosen), call('toUInt64', identifier(index)))),
      positions,
    )
    const all = context.variable()
    const grown = call('arrayReduce', string('groupArrayArray'), call('arrayMap', lambda([chosen], longer), identifier(all)))
    const start = { kind: 'cast' as const, operand: call('array', call('array')), type: 'Array(Array(UInt64))' }
    const safeSize = call('least', call('greatest', size, zero), integer(maxCombined))
    const grownOnce = { kind: 'cast' as const, operand: grown, type: 'Array(Array(UInt64))' }
    const sets = call('arrayFold', lambda([all, step], grownOnce), call('range', safeSize), start)
    const order = context.variable()
    const sorted = call('arraySort', lambda([order], call('arrayReverse', identifier(order))), sets)
    const picked = mapElements(context, sorted, (set) =>
      context.wrap(mapElements(context, set, (position) => call('arrayElement', items, position))),
    )
    const count = call('pow', call('length', items), call('least', size, integer(5)))
    return checked(
      context,
      context.wrap(picked),
      { condition: less(size, zero), message: 'combination size must not be negative' },
      { condition: greater(size, integer(maxCombined)), message: `combination size must not exceed ${maxCombined}` },
      { condition: call('and', greater(size, integer(1)), greater(count, integer(12_000_000))), message: 'combinations exceed max size' },
    )
  })
}

function ngrams(context: LowerCall, array: Node, size: Node): Node {
  return context.let(array, (items) => {
    const starts = minus(toInt64(call('length', items)), minus(size, integer(1)))
    const runs = mapElements(context, indexes(call('toUInt64', call('greatest', starts, integer(1)))), (start) =>
      context.wrap(call('arraySlice', items, start, call('greatest', size, integer(1)))),
    )
    return checked(context, context.wrap(runs), { condition: less(size, integer(1)), message: 'N must be positive' })
  })
}

function flatten(context: LowerCall, array: Node): Node {
  const inner = elementType(context.types[0]!)
  const element = elementType(inner)
  const variable = context.variable()
  const parts = mapElements(context, array, (option) => {
    const bare = call('arrayElement', option, integer(1))
    return isNested(element) ? bare : boxed(bare, variable)
  })
  const joined = call('arrayReduce', string('groupArrayArray'), parts)
  return isNested(element) ? joined : unboxed(joined, variable)
}

export const shapeFunctions: readonly FunctionDefinition[] = [
  {
    name: 'cardinality',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The number of elements of an array, points of a time series, entries of a map.',
    source,
    signatures: [
      { pattern: '(array(T)) -> bigint', lower: (_, a) => toInt64(call('length', a)) },
      { pattern: '(timeseries(T)) -> bigint', lower: (_, a) => toInt64(call('length', a)) },
      { pattern: '(map(K, V)) -> bigint', lower: (_, a) => toInt64(call('length', a)) },
    ],
    examples: [
      { sql: 'cardinality(ARRAY[1, NULL])', type: 'bigint', result: '2' },
      { sql: 'cardinality(ARRAY[])', type: 'bigint', result: '0' },
      { sql: 'cardinality(NULL)', type: 'bigint', result: null },
    ],
  },
  {
    name: 'element_at',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary:
      'The element at a position from 1, from the end when negative; NULL beyond. Of a map the value of a key, NULL when it has none.',
    source,
    nulls: 'handle',
    signatures: [
      { pattern: '(array(T), bigint) -> T', lower: (context, a, i) => elementAt(context, a, i) },
      { pattern: '(map(K, V), K) -> V', lower: (context, m, k) => lookUp(context, m, k) },
    ],
    examples: [
      { sql: "element_at(ARRAY['a', 'b'], -1)", type: 'varchar', result: 'b' },
      { sql: "element_at(ARRAY['a', 'b'], 3)", type: 'varchar', result: null },
      { sql: 'element_at(ARRAY[ARRAY[1], NULL], 2)', type: 'array(integer)', result: null },
      { sql: 'element_at(ARRAY[1], 0)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'array_max',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The greatest element; NULL when the array is empty or holds NULL.',
    source,
    nulls: 'handle',
    signatures: [{ pattern: '(array(T: orderable)) -> T', lower: (context, a) => extreme(context, a, 'max') }],
    examples: [
      { sql: 'array_max(ARRAY[1, 3, 2])', type: 'integer', result: '3' },
      { sql: 'array_max(ARRAY[1, NULL])', type: 'integer', result: null },
      { sql: 'array_max(ARRAY[ARRAY[1], ARRAY[2]])', type: 'array(integer)', result: ['2'] },
    ],
  },
  {
    name: 'array_min',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The smallest element; NULL when the array is empty or holds NULL.',
    source,
    nulls: 'handle',
    signatures: [{ pattern: '(array(T: orderable)) -> T', lower: (context, a) => extreme(context, a, 'min') }],
    examples: [
      { sql: "array_min(ARRAY['b', 'a'])", type: 'varchar', result: 'a' },
      { sql: 'array_min(ARRAY[])', type: 'unknown', result: null },
    ],
  },
  {
    name: 'array_join',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The elements as texts with the delimiter between; NULL elements are left out, or replaced by the third argument.',
    source,
    signatures: [
      { pattern: '(array(T), varchar) -> varchar', lower: (context, a, d) => join(context, a, d) },
      { pattern: '(array(T), varchar, varchar) -> varchar', lower: (context, a, d, r) => join(context, a, d, r) },
    ],
    examples: [
      { sql: "array_join(ARRAY[1, NULL, 3], ',')", type: 'varchar', result: '1,3' },
      { sql: "array_join(ARRAY[1, NULL, 3], ',', '-')", type: 'varchar', result: '1,-,3' },
      { sql: "array_join(ARRAY['a'], NULL)", type: 'varchar', result: null },
      { sql: "array_join(ARRAY[ARRAY[1]], ',')", error: 'TYPE_MISMATCH' },
    ],
  },
  {
    name: 'slice',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'As many elements as given, from a position on (from the end when negative).',
    source,
    nulls: 'handle',
    signatures: [
      {
        pattern: '(array(T), bigint, bigint) -> array(T)',
        lower: (context, ...args) => unlessAnyNull(context, args, (a, start, length) => slice(context, a, start, length)),
      },
    ],
    examples: [
      { sql: 'slice(ARRAY[1, 2, 3, 4], 2, 2)', type: 'array(integer)', result: ['2', '3'] },
      { sql: 'slice(ARRAY[1, 2, 3, 4], -2, 5)', type: 'array(integer)', result: ['3', '4'] },
      { sql: 'slice(ARRAY[1, 2], 5, 1)', type: 'array(integer)', result: [] },
      { sql: 'slice(ARRAY[1, 2], 0, 1)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'repeat',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'An array of the element so many times.',
    source,
    nulls: 'handle',
    signatures: [
      {
        pattern: '(T, bigint) -> array(T)',
        lower: (context, element, count) =>
          context.let(count, (n) => {
            const times = call('least', call('greatest', call('ifNull', n, zero), zero), integer(maxRepeat))
            const array = context.wrap(call('arrayWithConstant', times, element))
            const value = when(isNull(n), call('array'), array)
            const small = context.failIf(
              greater(n, integer(maxRepeat)),
              'INVALID_FUNCTION_ARGUMENT',
              `count argument of repeat function must be less than or equal to ${maxRepeat}`,
              value,
            )
            return context.failIf(
              less(n, zero),
              'INVALID_FUNCTION_ARGUMENT',
              'count argument of repeat function must be greater than or equal to 0',
              small,
            )
          }),
      },
    ],
    examples: [
      { sql: "repeat('a', 2)", type: 'array(varchar)', result: ['a', 'a'] },
      { sql: 'repeat(NULL, 2)', type: 'array(unknown)', result: [null, null] },
      { sql: 'repeat(1, -1)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'shuffle',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The elements in random order.',
    source,
    signatures: [{ pattern: '(array(T)) -> array(T)', lower: (_, a) => call('arrayShuffle', a) }],
    examples: [{ sql: 'shuffle(ARRAY[1, 1])', type: 'array(integer)', result: ['1', '1'] }],
  },
  {
    name: 'flatten',
    kind: 'scalar',
    family: 'array',
    status: 'extension',
    summary: 'The elements of the arrays in an array, one after the other.',
    source: family,
    signatures: [{ pattern: '(array(array(T))) -> array(T)', lower: (context, a) => flatten(context, a) }],
    examples: [
      { sql: 'flatten(ARRAY[ARRAY[1, NULL], ARRAY[3]])', type: 'array(integer)', result: ['1', null, '3'] },
      { sql: 'flatten(ARRAY[ARRAY[1], NULL])', type: 'array(integer)', result: ['1'] },
    ],
  },
  {
    name: 'combinations',
    kind: 'scalar',
    family: 'array',
    status: 'extension',
    summary: 'All choices of n (at most 5) elements.',
    source: family,
    nulls: 'handle',
    signatures: [
      {
        pattern: '(array(T), bigint) -> array(array(T))',
        lower: (context, ...args) => unlessAnyNull(context, args, (a, n) => combinations(context, a, n)),
      },
    ],
    examples: [
      {
        sql: 'combinations(ARRAY[1, 2, 3], 2)',
        type: 'array(array(integer))',
        result: [
          ['1', '2'],
          ['1', '3'],
          ['2', '3'],
        ],
      },
      { sql: 'combinations(ARRAY[1], 6)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'ngrams',
    kind: 'scalar',
    family: 'array',
    status: 'extension',
    summary: 'All runs of n adjacent elements; the whole array when it is shorter.',
    source: family,
    nulls: 'handle',
    signatures: [
      {
        pattern: '(array(T), bigint) -> array(array(T))',
        lower: (context, ...args) => unlessAnyNull(context, args, (a, n) => ngrams(context, a, n)),
      },
    ],
    examples: [
      {
        sql: 'ngrams(ARRAY[1, 2, 3], 2)',
        type: 'array(array(integer))',
        result: [
          ['1', '2'],
          ['2', '3'],
        ],
      },
      { sql: 'ngrams(ARRAY[1], 2)', type: 'array(array(integer))', result: [['1']] },
      { sql: 'ngrams(ARRAY[1], 0)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'trim_array',
    kind: 'scalar',
    family: 'array',
    status: 'extension',
    summary: 'The array without its last n elements.',
    source: family,
    nulls: 'handle',
    signatures: [
      {
        pattern: '(array(T), bigint) -> array(T)',
        lower: (context, ...args) =>
          unlessAnyNull(context, args, (a, n) =>
            context.let(a, (items) => {
              const kept = minus(toInt64(call('length', items)), n)
              return checked(
                context,
                context.wrap(call('arraySlice', items, integer(1), call('greatest', kept, zero))),
                { condition: less(n, zero), message: 'size must not be negative' },
                { condition: less(kept, zero), message: 'size must not exceed array cardinality' },
              )
            }),
          ),
      },
    ],
    examples: [
      { sql: 'trim_array(ARRAY[1, 2, 3], 1)', type: 'array(integer)', result: ['1', '2'] },
      { sql: 'trim_array(ARRAY[1], 2)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
]
