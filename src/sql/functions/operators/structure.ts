import { call, identifier, integer, lambda, when } from '../../clickhouse/tree.ts'
import { isNested, isUnknown } from '../../types/coercion.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { Type } from '../../types/type.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'

const source = 'developer guide, "Operators"'

/** An array with one more element; NULL when either is. */
function withElement(context: LowerCall, array: Node, element: Node, type: Type, join: (array: Node, element: Node) => Node): Node {
  return context.unwrap(array, 'option', (x) =>
    context.let(element, (e) => when(context.isNull(e, type), context.nullOf(context.returnType), context.wrap(join(x, e)))),
  )
}

/** `||` of texts and arrays; NULL makes NULL. */
export const concatOperator: FunctionDefinition = {
  name: '||',
  kind: 'scalar',
  family: 'string',
  status: 'documented',
  summary: 'Joins two texts, two arrays, or an array and an element.',
  source,
  nulls: 'handle',
  signatures: [
    { pattern: '(varchar, varchar) -> varchar', lower: (_, a, b) => call('concat', a, b) },
    { pattern: '(varbinary, varbinary) -> varbinary', lower: (_, a, b) => call('concat', a, b) },
    {
      pattern: '(array(T), array(T)) -> array(T)',
      lower: (context, a, b) =>
        context.unwrap(a, 'option', (x) => context.unwrap(b, 'option', (y) => context.wrap(call('arrayConcat', x, y)))),
    },
    {
      pattern: '(array(T), T) -> array(T)',
      lower: (context, a, b) => withElement(context, a, b, context.types[1]!, (x, e) => call('arrayPushBack', x, e)),
    },
    {
      pattern: '(T, array(T)) -> array(T)',
      lower: (context, a, b) => withElement(context, b, a, context.types[0]!, (x, e) => call('arrayPushFront', x, e)),
    },
  ],
  examples: [
    { sql: "'a' || 'b'", type: 'varchar', result: 'ab' },
    { sql: "'a' || NULL", type: 'varchar', result: null },
    { sql: 'ARRAY[1] || 2', type: 'array(integer)', result: ['1', '2'] },
    { sql: 'ARRAY[1] || CAST(NULL AS integer)', type: 'array(integer)', result: null },
    { sql: '0 || ARRAY[1] || ARRAY[2]', type: 'array(integer)', result: ['0', '1', '2'] },
    { sql: "1 || 'a'", error: 'TYPE_MISMATCH' },
  ],
}

export const subscriptOperator: FunctionDefinition = {
  name: '[]',
  kind: 'scalar',
  family: 'array',
  status: 'documented',
  summary: 'The element of an array by its position from 1, or the value of a map by its key.',
  source,
  nulls: 'handle',
  signatures: [
    {
      pattern: '(array(T), bigint) -> T',
      lower: (context, array, index) => {
        const element = context.returnType
        return context.unwrap(array, isNested(element) ? 'option' : 'scalar', (elements) =>
          context.let(elements, (items) =>
            context.let(index, (i) => {
              const value = call('arrayElement', items, isNested(element) ? call('ifNull', i, integer(0)) : i)
              const long = context.failIf(
                call('greater', i, call('length', items)),
                'INVALID_FUNCTION_ARGUMENT',
                'Array subscript must be less than or equal to array length',
                isUnknown(element) ? context.nullOf(element) : value,
              )
              const negative = context.failIf(call('less', i, integer(0)), 'INVALID_FUNCTION_ARGUMENT', 'Array subscript is negative', long)
              return context.failIf(call('equals', i, integer(0)), 'INVALID_FUNCTION_ARGUMENT', 'SQL array indices start at 1', negative)
            }),
          ),
        )
      },
    },
    {
      pattern: '(map(K, V), K) -> V',
      lower: (context, map, key) => {
        const [mapType] = context.types
        if (mapType?.kind !== 'map') throw new Error('not a map')
        const entry = context.variable()
        return context.unwrap(map, isNested(mapType.value) ? 'option' : 'scalar', (entries) => {
          const isKey = lambda([entry], context.same(call('tupleElement', identifier(entry), integer(1)), key, mapType.key))
          return context.let(call('arrayFilter', isKey, entries), (found) =>
            context.failIf(
              call('empty', found),
              'INVALID_FUNCTION_ARGUMENT',
              'Key not present in map',
              call('tupleElement', call('arrayElement', found, integer(1)), integer(2)),
            ),
          )
        })
      },
    },
  ],
  examples: [
    { sql: 'ARRAY[1, 2][2]', type: 'integer', result: '2' },
    { sql: 'ARRAY[ARRAY[1], NULL][2]', type: 'array(integer)', result: null },
    { sql: 'ARRAY[1, 2][NULL]', type: 'integer', result: null },
    { sql: 'ARRAY[1, 2][3]', error: 'INVALID_FUNCTION_ARGUMENT' },
    { sql: 'ARRAY[1, 2][0]', error: 'INVALID_FUNCTION_ARGUMENT' },
  ],
}
