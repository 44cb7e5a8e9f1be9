import { boolean, call, integer, nothing, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { isNested } from '../../types/coercion.ts'
import type { Type } from '../../types/type.ts'
import type { FunctionDefinition, LowerCall, Signature } from '../definition.ts'

export const documented = 'developer guide, "Aggregate functions"'
export const family = 'Trino, "Aggregate functions"'

/** An aggregate over those rows only where the condition holds, besides the call's own FILTER. */
export function aggregateWhere(
  context: LowerCall,
  condition: Node | undefined,
  name: string,
  args: readonly Node[],
  parameters?: readonly Node[],
): Node {
  const node = context.aggregate(name, args, parameters)
  if (condition === undefined || node.kind !== 'call') return node
  return { ...node, filter: node.filter ? call('and', node.filter, condition) : condition }
}

/** The condition that skips NULL of a nested type (an empty option); the engine skips those of scalars by itself. */
export const isPresent = (value: Node, type: Type): Node | undefined => (isNested(type) ? call('notEmpty', value) : undefined)

/** A value in a tuple: NULL then is a value like any other, and is kept. */
export const kept = (value: Node, type: Type): Node => call('tuple', isNested(type) ? value : call('toNullable', value))
export const unkept = (tuple: Node): Node => call('tupleElement', tuple, integer(1))

/** NULL is no pair. */
export const pairCount = (context: LowerCall, a: Node, b: Node): Node =>
  aggregateWhere(context, call('and', call('isNotNull', a), call('isNotNull', b)), 'count', context.distinct ? [call('tuple', a, b)] : [])

/** NULL over fewer rows than `least`. */
export const fromCount = (count: Node, least: number, value: Node): Node => when(call('less', count, integer(least)), nothing, value)

/** Infinite and NaN become NULL. */
export const finite = (context: LowerCall, value: Node): Node =>
  context.let(value, (result) => when(call('ifNull', call('isFinite', result), boolean(false)), result, nothing))

export interface AggregateRecord extends Pick<FunctionDefinition, 'name' | 'summary' | 'examples' | 'aliases'> {
  readonly signatures: readonly Signature[]
  readonly status?: FunctionDefinition['status']
}

/** The record with what all aggregates have in common. */
export const aggregate = ({ status = 'documented', ...record }: AggregateRecord): FunctionDefinition => ({
  ...record,
  kind: 'aggregate',
  family: 'aggregate',
  status,
  source: status === 'documented' ? documented : family,
})

/** `SELECT f FROM (VALUES …) AS t(x)`. */
export const over = (expression: string, values: string, columns = 'x'): string =>
  `SELECT ${expression} FROM (VALUES ${values}) AS t(${columns})`
