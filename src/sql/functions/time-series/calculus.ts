import { call, float, int64, string } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { atLeast, minus, over, plus, times, unequal } from '../expression.ts'
import { documented, double, hold, keepTogether, knownPoints, mapPairs, mapTogether, point, timeOf, valueOf } from './point.ts'

const secondNs = 1_000_000_000

/** (vᵢ − vᵢ₋₁) / ((tᵢ − tᵢ₋₁) / interval) at every point but the first. */
function derivative(context: LowerCall, series: Node, interval: Node): Node {
  return hold(context, call('toFloat64', interval), (unit) =>
    hold(context, knownPoints(context, series), (points) =>
      mapPairs(context, points, (before, own) => {
        const width = over(call('toFloat64', minus(timeOf(own), timeOf(before))), unit)
        return point(timeOf(own), over(minus(double(valueOf(own)), double(valueOf(before))), width))
      }),
    ),
  )
}

/** Σ (vᵢ + vᵢ₋₁) / 2 · (tᵢ − tᵢ₋₁) / interval. */
function integral(context: LowerCall, series: Node, interval: Node): Node {
  const areas = hold(context, knownPoints(context, series), (points) =>
    mapPairs(context, points, (before, own) => {
      const height = over(plus(double(valueOf(before)), double(valueOf(own))), float(2))
      return times(height, call('toFloat64', minus(timeOf(own), timeOf(before))))
    }),
  )
  return over(call('toFloat64', call('arraySum', areas)), call('toFloat64', interval))
}

function correlate(context: LowerCall, first: Node, second: Node, name: string): Node {
  return hold(context, first, (a) =>
    hold(context, second, (b) => {
      const column = (series: Node, of: (point: Node) => Node): Node => mapTogether(context, [series], (each) => of(each))
      const values = (series: Node): Node => column(series, (each) => double(valueOf(each)))
      return context.failIf(
        unequal(column(a, timeOf), column(b, timeOf)),
        'INVALID_FUNCTION_ARGUMENT',
        'correlation needs two time series with the same timestamps; interpolate them to common timestamps before',
        call('arrayReduce', string(name), values(a), values(b)),
      )
    }),
  )
}

const series = (...values: readonly number[]): string => {
  const rows = values.map((value, i) => `(TIMESTAMP '2020-01-01 00:0${i}:00', ${value.toFixed(1)})`)
  return `(SELECT create_time_series(t, v) AS ts FROM (VALUES ${rows.join(', ')}) AS x(t, v))`
}

export const calculusFunctions: readonly FunctionDefinition[] = [
  {
    name: 'derivative_linear',
    kind: 'scalar',
    family: 'time series',
    status: 'documented',
    summary: 'The change of the value per interval at every point but the first.',
    source: documented,
    signatures: [
      {
        pattern: '(timeseries(double), interval day to second) -> timeseries(double)',
        lower: (context, s, i) => derivative(context, s, i),
      },
    ],
    examples: [
      {
        sql: `SELECT derivative_linear(ts, 30s) FROM ${series(1, 5, 3)}`,
        type: 'timeseries(double)',
        result: [
          ['2020-01-01 00:01:00.000000000', '2.0'],
          ['2020-01-01 00:02:00.000000000', '-1.0'],
        ],
      },
    ],
  },
  {
    name: 'non_negative_derivative_linear',
    kind: 'scalar',
    family: 'time series',
    status: 'documented',
    summary: 'As derivative_linear, without the points where the value falls.',
    source: documented,
    signatures: [
      {
        pattern: '(timeseries(double), interval day to second) -> timeseries(double)',
        lower: (context, s, i) => keepTogether(context, [derivative(context, s, i)], (each) => atLeast(valueOf(each), float(0))),
      },
    ],
    examples: [
      {
        sql: `SELECT non_negative_derivative_linear(ts, 30s) FROM ${series(1, 5, 3)}`,
        type: 'timeseries(double)',
        result: [['2020-01-01 00:01:00.000000000', '2.0']],
      },
    ],
  },
  {
    name: 'integral_trapezoidal',
    kind: 'scalar',
    family: 'time series',
    status: 'documented',
    summary: 'The area under the series by the trapezoidal rule, in values times intervals (of a second when none is given).',
    source: documented,
    signatures: [
      { pattern: '(timeseries(double)) -> double', lower: (context, s) => integral(context, s, int64(secondNs)) },
      { pattern: '(timeseries(double), interval day to second) -> double', lower: (context, s, i) => integral(context, s, i) },
    ],
    examples: [
      { sql: `SELECT integral_trapezoidal(ts) FROM ${series(1, 3)}`, type: 'double', result: '120.0' },
      { sql: `SELECT integral_trapezoidal(ts, 1m) FROM ${series(1, 3, 3)}`, type: 'double', result: '5.0' },
    ],
  },
  {
    name: 'correlate_pearson',
    kind: 'scalar',
    family: 'time series',
    status: 'documented',
    summary: "Pearson's correlation of the values of two series with the same times, from -1 to 1.",
    source: documented,
    signatures: [
      { pattern: '(timeseries(double), timeseries(double)) -> double', lower: (context, a, b) => correlate(context, a, b, 'corrStable') },
    ],
    examples: [
      { sql: `SELECT correlate_pearson(ts, ts) FROM ${series(1, 5, 3)}`, type: 'double', result: '1.0' },
      { sql: `SELECT correlate_pearson(ts, filter(ts, x -> x.value > 1)) FROM ${series(1, 5, 3)}`, error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'correlate_spearman',
    kind: 'scalar',
    family: 'time series',
    status: 'documented',
    summary: "Spearman's rank correlation of the values of two series with the same times, from -1 to 1.",
    source: documented,
    signatures: [
      { pattern: '(timeseries(double), timeseries(double)) -> double', lower: (context, a, b) => correlate(context, a, b, 'rankCorr') },
    ],
    examples: [{ sql: `SELECT correlate_spearman(ts, ts) FROM ${series(1, 5, 30)}`, type: 'double', result: '1.0' }],
  },
]
