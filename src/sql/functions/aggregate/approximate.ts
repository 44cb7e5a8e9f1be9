import { call, float, integer, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { isNested } from '../../types/coercion.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { toInt64, zero } from '../expression.ts'
import { aggregate, aggregateWhere, isPresent, over } from './aggregate-call.ts'

const defaultError = 0.023
const lowestError = 0.0040625
const highestError = 0.26

/** The standard error of a sketch with 2^p cells is 1.04 / √(2^p). The engine takes p from 12 to 20. */
function cells(error: number): number {
  return Math.min(20, Math.max(12, Math.ceil(2 * Math.log2(1.04 / error))))
}

function distinctCount(context: LowerCall, value: Node, error: number): Node {
  const [type] = context.types
  const hashed = isNested(type!) ? call('sipHash64', value) : value
  const sketch = aggregateWhere(context, isPresent(value, type!), 'uniqCombined64', [hashed], [integer(cells(error))])
  return toInt64(call('ifNull', sketch, zero))
}

function errorArgument(context: LowerCall): number {
  const constant = context.constant(1)
  const error = constant === undefined || constant === null ? Number.NaN : Number(constant)
  if (!(error >= lowestError && error <= highestError)) {
    return context.invalid(1, `standard error must be a constant in [${lowestError}, ${highestError}]`)
  }
  return error
}

/** A constant percentile or an array of them, as the engine wants it: a parameter. */
function percentiles(context: LowerCall, index: number, node: Node): readonly number[] {
  const levels = context.constant(index) === null ? undefined : constants(node)
  if (levels === undefined) return context.invalid(index, 'percentiles must be constants')
  for (const level of levels) if (!(level >= 0 && level <= 1)) context.invalid(index, 'percentile must be between 0 and 1')
  return levels
}

function constants(node: Node): readonly number[] | undefined {
  switch (node.kind) {
    case 'float':
      return [node.value]
    case 'integer':
      return [Number(node.value)]
    case 'cast':
      return constants(node.operand)
    case 'call': {
      const list =
        node.name === 'array' || node.name === 'toFloat64' || node.name === 'negate' ? node.arguments.map(constants) : [undefined]
      if (list.some((each) => each === undefined)) return undefined
      const values = list.flatMap((each) => each!)
      return node.name === 'negate' ? values.map((each) => -each) : values
    }
    default:
      return undefined
  }
}

const level = (value: number): Node => float(value)

/**
 * The smallest value below or at which more than that share of the rows lies; of the whole share, the greatest. It is exact: gathering the values and selecting proved faster than
 * every sketch of the engine, at 8 bytes a value.
 */
function one(context: LowerCall, value: Node, percentile: Node, index: number, weight?: Node): Node {
  const [wanted] = percentiles(context, index, percentile)
  if (weight === undefined) return context.aggregate('quantileExact', [value], [level(wanted!)])
  return weighted(context, weight, (positive) => context.aggregate('quantileExactWeighted', [value, positive], [level(wanted!)]))
}

function several(context: LowerCall, value: Node, percentile: Node, index: number, weight?: Node): Node {
  const wanted = percentiles(context, index, percentile)
  const levels = wanted.map(level)
  const result =
    levels.length === 0
      ? call('array')
      : weight === undefined
        ? context.aggregate('quantilesExact', [value], levels)
        : weighted(context, weight, (positive) => context.aggregate('quantilesExactWeighted', [value, positive], levels))
  return when(call('equals', context.aggregate('count', [value]), zero), call('array'), context.wrap(result))
}

/** Weights below 1 are an error wherever they come from; NULL weighs nothing. */
function weighted(context: LowerCall, weight: Node, body: (positive: Node) => Node): Node {
  const constant = context.constant(1)
  if (constant !== undefined && (constant === null || Number(constant) < 1)) context.invalid(1, 'percentile weight must be >= 1')
  return body(call('toUInt64', call('ifNull', call('greatest', weight, zero), zero)))
}

function accuracy(context: LowerCall): void {
  const constant = context.constant(3)
  const value = constant === undefined || constant === null ? Number.NaN : Number(constant)
  if (!(value > 0 && value < 1)) context.invalid(3, 'accuracy must be a constant between 0 and 1, both excluded')
}

const types = ['bigint', 'double'] as const
const numbers = '1, 2, 3, 4'

export const approximateAggregates: readonly FunctionDefinition[] = [
  aggregate({
    name: 'approx_distinct',
    summary: `About how many distinct values there are; the standard error is ${defaultError * 100} % or what the second argument says.`,
    signatures: [
      { pattern: '(T: comparable) -> bigint', lower: (context, x) => distinctCount(context, x, defaultError) },
      { pattern: '(T: comparable, double) -> bigint', lower: (context, x) => distinctCount(context, x, errorArgument(context)) },
    ],
    examples: [
      { sql: over('approx_distinct(x)', '1, 2, 2, NULL'), type: 'bigint', result: '2' },
      { sql: over('approx_distinct(x, 0.1)', "'a', 'b'"), type: 'bigint', result: '2' },
      { sql: over('approx_distinct(x)', 'CAST(NULL AS bigint)'), type: 'bigint', result: '0' },
      { sql: over('approx_distinct(x, 0.5)', numbers), error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  }),
  aggregate({
    name: 'approx_percentile',
    summary:
      'The value at a percentile (0 to 1), or at each of several, each value counted so many times as its weight says. Answers are exact; an accuracy is checked and otherwise of no effect.',
    signatures: types.flatMap((type) => [
      { pattern: `(${type}, double) -> ${type}`, lower: (context, x, p) => one(context, x, p, 1) },
      { pattern: `(${type}, array(double)) -> array(${type})`, lower: (context, x, p) => several(context, x, p, 1) },
      { pattern: `(${type}, bigint, double) -> ${type}`, lower: (context, x, w, p) => one(context, x, p, 2, w) },
      { pattern: `(${type}, bigint, array(double)) -> array(${type})`, lower: (context, x, w, p) => several(context, x, p, 2, w) },
      {
        pattern: `(${type}, bigint, double, double) -> ${type}`,
        lower: (context, x, w, p) => {
          accuracy(context)
          return one(context, x, p, 2, w)
        },
      },
      {
        pattern: `(${type}, bigint, array(double), double) -> array(${type})`,
        lower: (context, x, w, p) => {
          accuracy(context)
          return several(context, x, p, 2, w)
        },
      },
    ]),
    examples: [
      { sql: over('approx_percentile(x, 0.4)', numbers), type: 'bigint', result: '2' },
      { sql: over('approx_percentile(x, ARRAY[0.1, 0.8, 0.8])', numbers), type: 'array(bigint)', result: ['1', '4', '4'] },
      { sql: over('approx_percentile(x, 1, 0.1)', numbers), type: 'bigint', result: '1' },
      { sql: over('approx_percentile(x, 1, 0.1, 0.5)', numbers), type: 'bigint', result: '1' },
      { sql: over('approx_percentile(x, 2, ARRAY[0.1, 0.9])', numbers), type: 'array(bigint)', result: ['1', '4'] },
      { sql: over('approx_percentile(x, 0.5)', '1.5, NULL'), type: 'double', result: '1.5' },
      { sql: 'SELECT approx_percentile(x, 0.5) FROM (VALUES 1) AS t(x) WHERE x > 1', type: 'bigint', result: null },
      { sql: over('approx_percentile(x, 1.5)', numbers), error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  }),
]
