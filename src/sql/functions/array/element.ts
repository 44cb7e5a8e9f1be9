import { call, identifier, integer, lambda, nothing, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { isNested } from '../../types/coercion.ts'
import type { Type } from '../../types/type.ts'
import type { LowerCall } from '../definition.ts'

/** Pieces that the array functions share. Elements are scalars, possibly NULL, or options of nested values. */

export function elementType(type: Type): Type {
  if (type.kind !== 'array') throw new Error(`not an array: ${type.kind}`)
  return type.element
}

/** Each element in a little array: makes NULL a value like any other to functions that skip it. */
export const boxed = (array: Node, variable: string): Node =>
  call('arrayMap', lambda([variable], call('array', identifier(variable))), array)
export const unboxed = (array: Node, variable: string): Node =>
  call('arrayMap', lambda([variable], call('arrayElement', identifier(variable), integer(1))), array)

/** Keeps the first of equal elements; NULL equals NULL here. */
export function distinct(context: LowerCall, array: Node, element: Type): Node {
  if (isNested(element)) return call('arrayDistinct', array)
  const variable = context.variable()
  return unboxed(call('arrayDistinct', boxed(array, variable)), variable)
}

/** Those elements for which the condition is true. */
export function keep(context: LowerCall, array: Node, condition: (element: Node) => Node): Node {
  const variable = context.variable()
  return call('arrayFilter', lambda([variable], condition(identifier(variable))), array)
}

export function mapElements(context: LowerCall, array: Node, body: (element: Node) => Node): Node {
  const variable = context.variable()
  return call('arrayMap', lambda([variable], body(identifier(variable))), array)
}

/** Without NULL elements. */
export const withoutNulls = (context: LowerCall, array: Node, element: Type): Node =>
  keep(context, array, (each) => call('not', context.isNull(each, element)))

export const hasNull = (array: Node, element: Type): Node =>
  isNested(element) ? call('has', array, call('array')) : call('has', array, nothing)

/** `1, 2, … count`. */
export const indexes = (count: Node): Node => call('range', integer(1), call('plus', count, integer(1)))

/** The element at a position from 1, NULL beyond the end. */
export function elementOrNull(array: Node, index: Node, element: Type): Node {
  const value = call('arrayElement', array, index)
  return isNested(element) ? value : when(call('greater', index, call('length', array)), nothing, value)
}

/** What the lambda gives for these arguments. */
export const apply = (lambdaNode: Node, ...args: readonly Node[]): Node =>
  call('arrayElement', call('arrayMap', lambdaNode, ...args.map((arg) => call('array', arg))), integer(1))

/**
 * For a function with `nulls: 'handle'` and an array as its result: NULL where an argument is NULL, else what `body` makes (an option) of the
 * bare arguments. Failures may then be put inside, where the names of their values are known.
 */
export function unlessAnyNull(context: LowerCall, args: readonly Node[], body: (...bare: readonly Node[]) => Node): Node {
  const step = (bare: readonly Node[], tests: readonly Node[]): Node => {
    const index = bare.length
    if (index === args.length) {
      const result = body(...bare)
      return tests.length === 0 ? result : when(tests.length === 1 ? tests[0]! : call('or', ...tests), call('array'), result)
    }
    const type = context.types[index]!
    if (type.kind === 'function') return step([...bare, args[index]!], tests)
    if (isNested(type)) return context.unwrap(args[index]!, 'option', (value) => step([...bare, value], tests))
    if (context.constant(index) === null) return context.nullOf(context.returnType)
    return context.let(args[index]!, (value) => step([...bare, call('assumeNotNull', value)], [...tests, call('isNull', value)]))
  }
  return step([], [])
}
