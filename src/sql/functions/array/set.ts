import { boolean, call, nothing, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { isNested } from '../../types/coercion.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { checked, isNull, toInt64, truth } from '../expression.ts'
import { boxed, distinct, elementType, hasNull, keep, unlessAnyNull, withoutNulls } from './element.ts'

const source = 'developer guide, "Array functions"'

/** The distinct elements of `a` that are (or are not) in `b`, in the order of `a`. */
function select(context: LowerCall, a: Node, b: Node, wanted: boolean): Node {
  const element = elementType(context.types[0]!)
  const nested = isNested(element)
  const variable = context.variable()
  const others = nested ? b : boxed(b, variable)
  return context.let(others, (set) => {
    const found = keep(context, a, (each) => {
      const isIn = call('has', set, nested ? each : call('array', each))
      return wanted ? isIn : call('not', isIn)
    })
    return distinct(context, found, element)
  })
}

function remove(context: LowerCall, array: Node, unwanted: Node): Node {
  const element = elementType(context.types[0]!)
  if (!isNested(element)) {
    return context.wrap(
      keep(context, array, (each) => call('not', call('ifNull', context.equals(each, unwanted, element), boolean(false)))),
    )
  }
  return context.let(array, (items) =>
    context.let(context.wrap(unwanted), (value) => {
      const kept = keep(context, items, (each) => call('not', call('ifNull', context.equals(each, value, element), boolean(false))))
      const open = keep(context, items, (each) => call('and', call('notEmpty', each), isNull(context.equals(each, value, element))))
      return checked(context, context.wrap(kept), {
        condition: call('notEmpty', open),
        message: 'array_remove does not support arrays with elements that are null or contain null',
      })
    }),
  )
}

export const setFunctions: readonly FunctionDefinition[] = [
  {
    name: 'array_distinct',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The array without repeated elements, in the order of their first occurrence.',
    source,
    signatures: [
      { pattern: '(array(T: comparable)) -> array(T)', lower: (context, a) => distinct(context, a, elementType(context.types[0]!)) },
    ],
    examples: [
      { sql: 'array_distinct(ARRAY[1, 2, 1, NULL, NULL])', type: 'array(integer)', result: ['1', '2', null] },
      { sql: 'array_distinct(ARRAY[ARRAY[1], ARRAY[1]])', type: 'array(array(integer))', result: [['1']] },
      { sql: 'array_distinct(CAST(NULL AS array(bigint)))', type: 'array(bigint)', result: null },
    ],
  },
  {
    name: 'array_intersect',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The elements that both arrays have, without repetition.',
    source,
    signatures: [{ pattern: '(array(T: comparable), array(T)) -> array(T)', lower: (context, a, b) => select(context, a, b, true) }],
    examples: [
      { sql: 'array_intersect(ARRAY[1, 2, 3], ARRAY[3, 2, 2])', type: 'array(integer)', result: ['2', '3'] },
      { sql: "array_intersect(ARRAY['a', NULL], ARRAY[NULL, 'b'])", type: 'array(varchar)', result: [null] },
    ],
  },
  {
    name: 'array_except',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The elements of the first array that the second has not, without repetition.',
    source,
    signatures: [{ pattern: '(array(T: comparable), array(T)) -> array(T)', lower: (context, a, b) => select(context, a, b, false) }],
    examples: [
      { sql: 'array_except(ARRAY[1, 5, 3, 1], ARRAY[3])', type: 'array(integer)', result: ['1', '5'] },
      { sql: 'array_except(ARRAY[1, NULL], ARRAY[1])', type: 'array(integer)', result: [null] },
    ],
  },
  {
    name: 'array_union',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The elements of both arrays, without repetition.',
    source,
    signatures: [
      {
        pattern: '(array(T: comparable), array(T)) -> array(T)',
        lower: (context, a, b) => distinct(context, call('arrayConcat', a, b), elementType(context.types[0]!)),
      },
    ],
    examples: [{ sql: 'array_union(ARRAY[1, 2], ARRAY[2, NULL, 3])', type: 'array(integer)', result: ['1', '2', null, '3'] }],
  },
  {
    name: 'arrays_overlap',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'Whether the arrays share an element that is not NULL; NULL when they share none but one of them holds NULL.',
    source,
    signatures: [
      {
        pattern: '(array(T: comparable), array(T)) -> boolean',
        lower: (context, a, b) => {
          const element = elementType(context.types[0]!)
          return context.let(a, (x) =>
            context.let(b, (y) => {
              const shared = call('hasAny', withoutNulls(context, x, element), withoutNulls(context, y, element))
              const isOpen = call('and', call('notEmpty', x), call('notEmpty', y), call('or', hasNull(x, element), hasNull(y, element)))
              return call('multiIf', shared, boolean(true), isOpen, nothing, boolean(false))
            }),
          )
        },
      },
    ],
    examples: [
      { sql: 'arrays_overlap(ARRAY[1, 2], ARRAY[2, 3])', type: 'boolean', result: 'true' },
      { sql: 'arrays_overlap(ARRAY[1, 2], ARRAY[3])', type: 'boolean', result: 'false' },
      { sql: 'arrays_overlap(ARRAY[1, NULL], ARRAY[3])', type: 'boolean', result: null },
    ],
  },
  {
    name: 'contains',
    kind: 'scalar',
    family: 'array',
    status: 'extension',
    summary: 'Whether the array has the element; NULL when it has not but holds NULL.',
    source: 'Trino, "Array functions and operators"',
    signatures: [
      {
        pattern: '(array(T: comparable), T) -> boolean',
        lower: (context, a, e) => {
          const element = elementType(context.types[0]!)
          if (isNested(element)) return context.let(a, (array) => truth(call('has', array, call('array', e))))
          return context.let(a, (array) =>
            context.let(e, (value) => {
              const isThere = call('has', array, value)
              return call('multiIf', isNull(value), nothing, isThere, boolean(true), hasNull(array, element), nothing, boolean(false))
            }),
          )
        },
      },
    ],
    examples: [
      { sql: 'contains(ARRAY[1, 2], 2)', type: 'boolean', result: 'true' },
      { sql: 'contains(ARRAY[1, NULL], 2)', type: 'boolean', result: null },
      { sql: 'contains(ARRAY[1, 2], NULL)', type: 'boolean', result: null },
    ],
  },
  {
    name: 'array_position',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The position of the first such element, from 1; 0 when there is none.',
    source,
    signatures: [
      {
        pattern: '(array(T: comparable), T) -> bigint',
        lower: (context, a, e) => {
          if (isNested(elementType(context.types[0]!))) return toInt64(call('indexOf', a, call('array', e)))
          return context.let(e, (value) => when(isNull(value), nothing, toInt64(call('indexOf', a, value))))
        },
      },
    ],
    examples: [
      { sql: 'array_position(ARRAY[5, 7, 7], 7)', type: 'bigint', result: '2' },
      { sql: 'array_position(ARRAY[5, 7], 9)', type: 'bigint', result: '0' },
      { sql: 'array_position(ARRAY[5, NULL], NULL)', type: 'bigint', result: null },
    ],
  },
  {
    name: 'array_remove',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The array without the elements that equal the value.',
    source,
    nulls: 'handle',
    signatures: [
      {
        pattern: '(array(T: comparable), T) -> array(T)',
        lower: (context, ...args) => unlessAnyNull(context, args, (a, e) => remove(context, a, e)),
      },
    ],
    examples: [
      { sql: 'array_remove(ARRAY[1, NULL, 2, 1], 1)', type: 'array(integer)', result: [null, '2'] },
      { sql: 'array_remove(ARRAY[1, 2], NULL)', type: 'array(integer)', result: null },
    ],
  },
]
