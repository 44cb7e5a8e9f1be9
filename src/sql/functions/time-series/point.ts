import { call, identifier, integer, lambda } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { LowerCall } from '../definition.ts'

/** A series is an array of (time, value), ascending in time. */

export const documented = 'developer guide, "Time-series functions"'

export const part = (tuple: Node, index: number): Node => call('tupleElement', tuple, integer(index))
export const timeOf = (point: Node): Node => part(point, 1)
export const valueOf = (point: Node): Node => part(point, 2)
export const point = (time: Node, value: Node): Node => call('tuple', time, value)

/** `body` over several arrays of one length in step. */
export function mapTogether(context: LowerCall, arrays: readonly Node[], body: (...elements: readonly Node[]) => Node): Node {
  const variables = arrays.map(() => context.variable())
  return call('arrayMap', lambda(variables, body(...variables.map(identifier))), ...arrays)
}

export function keepTogether(context: LowerCall, arrays: readonly Node[], condition: (...elements: readonly Node[]) => Node): Node {
  const variables = arrays.map(() => context.variable())
  return call('arrayFilter', lambda(variables, condition(...variables.map(identifier))), ...arrays)
}

/** `body` over each point and the one before it; the first point has none and gives nothing. */
export const mapPairs = (context: LowerCall, series: Node, body: (previous: Node, current: Node) => Node): Node =>
  mapTogether(context, [call('arrayPopBack', series), call('arrayPopFront', series)], body)

/** Doubles without NULL, so that arithmetic needs no flags. */
export const double = (value: Node): Node => call('toFloat64', call('assumeNotNull', value))

/** Points whose value is not NULL. */
export function knownPoints(context: LowerCall, series: Node): Node {
  const variable = context.variable()
  return call('arrayFilter', lambda([variable], call('isNotNull', valueOf(identifier(variable)))), series)
}

/**
 * Names a long value through a lambda. (`LowerCall.let` would do the same with an alias, which the engine's analyzer copies out at every use:
 * nested ones grow exponentially.)
 */
export function hold(context: LowerCall, value: Node, body: (value: Node) => Node): Node {
  if (value.kind === 'identifier') return body(value)
  const variable = context.variable()
  return call('arrayElement', call('arrayMap', lambda([variable], body(identifier(variable))), call('array', value)), integer(1))
}
