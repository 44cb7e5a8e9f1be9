import { call, float, integer, nothing, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { isNull, less, minus, over as divided, times, toDouble } from '../expression.ts'
import { aggregate, finite, fromCount, over, pairCount } from './aggregate-call.ts'

const five = '1, 2, 3, 4, 8'
const line = '(1, 1), (2, 2), (3, 3), (4, 4)'

const spread = (context: LowerCall, name: string, value: Node, least: number): Node => {
  const result = context.aggregate(name, [value])
  return least === 1 ? result : fromCount(context.aggregate('count', [value]), least, result)
}

/** (name, engine's name, fewest values, summary, value over 1, 2, 3, 4, 8). */
const spreads = [
  ['stddev', 'stddevSampStable', 2, 'The standard deviation of a sample.', '2.701851217221259'],
  ['stddev_samp', 'stddevSampStable', 2, 'The standard deviation of a sample.', '2.701851217221259'],
  ['stddev_pop', 'stddevPopStable', 1, 'The standard deviation of a population.', '2.4166091947189146'],
  ['variance', 'varSampStable', 2, 'The variance of a sample.', '7.300000000000001'],
  ['var_samp', 'varSampStable', 2, 'The variance of a sample.', '7.300000000000001'],
  ['var_pop', 'varPopStable', 1, 'The variance of a population.', '5.840000000000001'],
] as const

/** Both values, or NULL when the other one is missing. */
const beside = (value: Node, other: Node): Node => when(isNull(other), nothing, value)

const slope = (context: LowerCall, y: Node, x: Node): Node =>
  divided(context.aggregate('covarPopStable', [y, x]), context.aggregate('varPopStable', [beside(x, y)]))

/** Excess kurtosis of a sample, from the fourth and second central moments of the population. */
function kurtosis(context: LowerCall, value: Node): Node {
  return context.let(toDouble(context.aggregate('count', [value])), (n) => {
    const fromEnd = (k: number): Node => minus(n, float(k))
    const population = context.aggregate('kurtPop', [value])
    const weight = divided(minus(times(n, n), float(1)), times(fromEnd(2), fromEnd(3)))
    const normal = divided(times(float(3), times(fromEnd(1), fromEnd(1))), times(fromEnd(2), fromEnd(3)))
    return when(less(n, integer(4)), nothing, minus(times(weight, population), normal))
  })
}

export const statisticalAggregates: readonly FunctionDefinition[] = [
  ...spreads.map(([name, engineName, least, summary, result]) =>
    aggregate({
      name,
      summary,
      signatures: [{ pattern: '(double) -> double', lower: (context, x) => spread(context, engineName, x, least) }],
      examples: [
        { sql: over(`${name}(x)`, five), type: 'double', result },
        { sql: over(`${name}(x)`, '1'), type: 'double', result: least === 1 ? '0.0' : null },
      ],
    }),
  ),
  aggregate({
    name: 'geometric_mean',
    summary: 'The nth root of the product of n values.',
    signatures: [{ pattern: '(double) -> double', lower: (context, x) => call('exp', context.aggregate('avg', [call('log', x)])) }],
    examples: [{ sql: over('geometric_mean(x)', '1, 2, 3, 4'), type: 'double', result: '2.213363839400643' }],
  }),
  aggregate({
    name: 'skewness',
    summary: 'The skewness; NULL of fewer than three values.',
    signatures: [
      {
        pattern: '(double) -> double',
        lower: (context, x) => finite(context, fromCount(context.aggregate('count', [x]), 3, context.aggregate('skewPop', [x]))),
      },
    ],
    examples: [
      { sql: `SELECT round(skewness(x), 12) FROM (VALUES ${five}) AS t(x)`, type: 'double', result: '0.897895703799' },
      { sql: over('skewness(x)', '1, 2'), type: 'double', result: null },
    ],
  }),
  aggregate({
    name: 'kurtosis',
    status: 'extension',
    summary: 'The excess kurtosis of a sample; NULL of fewer than four values.',
    signatures: [{ pattern: '(double) -> double', lower: (context, x) => finite(context, kurtosis(context, x)) }],
    examples: [
      { sql: `SELECT round(kurtosis(x), 9) FROM (VALUES 1, 2, 3, 4) AS t(x)`, type: 'double', result: '-1.2' },
      { sql: over('kurtosis(x)', '1, 2, 3'), type: 'double', result: null },
    ],
  }),
  aggregate({
    name: 'corr',
    summary: 'The correlation of two values of a row.',
    signatures: [
      { pattern: '(double, double) -> double', lower: (context, y, x) => finite(context, context.aggregate('corrStable', [y, x])) },
    ],
    examples: [
      { sql: over('corr(y, x)', line, 'y, x'), type: 'double', result: '1.0' },
      { sql: over('corr(y, x)', '(1, 1)', 'y, x'), type: 'double', result: null },
    ],
  }),
  aggregate({
    name: 'covar_pop',
    summary: 'The covariance of a population.',
    signatures: [{ pattern: '(double, double) -> double', lower: (context, y, x) => context.aggregate('covarPopStable', [y, x]) }],
    examples: [{ sql: over('covar_pop(y, x)', line, 'y, x'), type: 'double', result: '1.25' }],
  }),
  aggregate({
    name: 'covar_samp',
    summary: 'The covariance of a sample.',
    signatures: [
      {
        pattern: '(double, double) -> double',
        lower: (context, y, x) => fromCount(pairCount(context, y, x), 2, context.aggregate('covarSampStable', [y, x])),
      },
    ],
    examples: [
      { sql: over('covar_samp(y, x)', line, 'y, x'), type: 'double', result: '1.6666666666666667' },
      { sql: over('covar_samp(y, x)', '(1, 1)', 'y, x'), type: 'double', result: null },
    ],
  }),
  aggregate({
    name: 'regr_slope',
    summary: 'The slope of the line that fits best, y being what depends on x.',
    signatures: [{ pattern: '(double, double) -> double', lower: (context, y, x) => finite(context, slope(context, y, x)) }],
    examples: [
      { sql: over('regr_slope(y, x)', line, 'y, x'), type: 'double', result: '1.0' },
      { sql: over('regr_slope(y, x)', '(1, 1)', 'y, x'), type: 'double', result: null },
    ],
  }),
  aggregate({
    name: 'regr_intercept',
    summary: 'Where the line that fits best crosses x = 0, y being what depends on x.',
    signatures: [
      {
        pattern: '(double, double) -> double',
        lower: (context, y, x) => {
          const mean = (value: Node, other: Node): Node => context.aggregate('avg', [beside(value, other)])
          return finite(context, minus(mean(y, x), times(slope(context, y, x), mean(x, y))))
        },
      },
    ],
    examples: [{ sql: over('regr_intercept(y, x)', line, 'y, x'), type: 'double', result: '0.0' }],
  }),
]
