import { boolean, call, float, int64, integer, nothing, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { less, minus, over } from '../expression.ts'
import { atTargets } from './neighbours.ts'
import { double, hold, knownPoints, mapPairs, mapTogether, part, point, timeOf, valueOf } from './point.ts'

const source = 'Prometheus, "Query functions", without extrapolation'

/** A fall is a reset to zero: what is there after it was added since. */
function increase(context: LowerCall, points: Node): Node {
  const steps = mapPairs(context, points, (before, own) => {
    const [from, to] = [double(valueOf(before)), double(valueOf(own))]
    return when(less(to, from), to, minus(to, from))
  })
  return call('toFloat64', call('arraySum', steps))
}

function rate(context: LowerCall, series: Node, interval: Node): Node {
  return hold(context, knownPoints(context, series), (points) => {
    const span = minus(timeOf(call('arrayElement', points, integer(-1))), timeOf(call('arrayElement', points, integer(1))))
    const perInterval = over(increase(context, points), over(call('toFloat64', span), call('toFloat64', interval)))
    return when(less(call('length', points), integer(2)), nothing, perInterval)
  })
}

/**
 * The mean of the values in (t − interval, t] at every point's t. Sums and counts run along the series; what lies before the window
 * is subtracted: the running sum at the last point not after t − interval.
 */
function movingAverage(context: LowerCall, series: Node, interval: Node): Node {
  return hold(context, knownPoints(context, series), (points) => {
    const sums = call(
      'arrayCumSum',
      mapTogether(context, [points], (each) => double(valueOf(each))),
    )
    return hold(context, sums, (running) => {
      const starts = mapTogether(context, [points], (each) => minus(timeOf(each), interval))
      const samples = mapTogether(context, [points, running, call('arrayEnumerate', points)], (each, sum, count) =>
        call('tuple', timeOf(each), sum, count),
      )
      const zero = call('tuple', float(0), call('toUInt32', integer(0)))
      const before = atTargets(context, samples, starts, {
        isKnown: () => boolean(true),
        value: (at) => when(at.hasBefore, call('tuple', part(at.before, 2), part(at.before, 3)), zero),
      })
      return mapTogether(context, [points, running, call('arrayEnumerate', points), before], (each, sum, count, start) =>
        point(timeOf(each), over(minus(sum, part(part(start, 2), 1)), minus(count, part(part(start, 2), 2)))),
      )
    })
  })
}

const series = (...values: readonly number[]): string => {
  const rows = values.map((value, i) => `(TIMESTAMP '2020-01-01 00:0${i}:00', ${value.toFixed(1)})`)
  return `(SELECT create_time_series(t, v) AS ts FROM (VALUES ${rows.join(', ')}) AS x(t, v))`
}

export const counterFunctions: readonly FunctionDefinition[] = [
  {
    name: 'increase',
    kind: 'scalar',
    family: 'time series',
    status: 'extension',
    summary: 'By how much a counter grew over the series; a fall of the value is taken for a restart from zero.',
    source,
    signatures: [
      {
        pattern: '(timeseries(double)) -> double',
        lower: (context, s) => hold(context, knownPoints(context, s), (points) => increase(context, points)),
      },
    ],
    examples: [{ sql: `SELECT increase(ts) FROM ${series(5, 8, 2, 4)}`, type: 'double', result: '7.0' }],
  },
  {
    name: 'rate',
    kind: 'scalar',
    family: 'time series',
    status: 'extension',
    summary:
      'The increase of a counter per interval (a second when none is given) between the first and the last point; NULL of fewer than two.',
    source,
    signatures: [
      { pattern: '(timeseries(double)) -> double', lower: (context, s) => rate(context, s, int64(1_000_000_000)) },
      { pattern: '(timeseries(double), interval day to second) -> double', lower: (context, s, interval) => rate(context, s, interval) },
    ],
    examples: [
      { sql: `SELECT rate(ts, 1m) FROM ${series(5, 8, 2, 4)}`, type: 'double', result: '2.3333333333333335' },
      { sql: `SELECT rate(ts) FROM ${series(5)}`, type: 'double', result: null },
    ],
  },
  {
    name: 'moving_average',
    kind: 'scalar',
    family: 'time series',
    status: 'extension',
    summary: 'At every point the mean of the values of the interval that ends there (its start not included).',
    source: 'ours',
    signatures: [
      {
        pattern: '(timeseries(double), interval day to second) -> timeseries(double)',
        lower: (context, s, interval) => context.let(interval, (length) => movingAverage(context, s, length)),
      },
    ],
    examples: [
      {
        sql: `SELECT moving_average(ts, 2m) FROM ${series(2, 4, 9)}`,
        type: 'timeseries(double)',
        result: [
          ['2020-01-01 00:00:00.000000000', '2.0'],
          ['2020-01-01 00:01:00.000000000', '3.0'],
          ['2020-01-01 00:02:00.000000000', '6.5'],
        ],
      },
    ],
  },
]
