import { boolean, float, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { and, minus, or, over, plus, times } from '../expression.ts'
import { atOne, atTargets, isExact, span } from './neighbours.ts'
import type { Rule } from './neighbours.ts'
import { documented, double, knownPoints, part, timeOf, valueOf } from './point.ts'
import { curvature } from './spline.ts'

const linear: Rule = {
  isKnown: (at) => or(isExact(at), and(at.hasBefore, at.hasAfter)),
  value: (at) => {
    const { time, before, after } = at
    const share = over(span(timeOf(before), time), span(timeOf(before), timeOf(after)))
    const between = plus(double(valueOf(before)), times(share, minus(double(valueOf(after)), double(valueOf(before)))))
    return when(isExact(at), double(valueOf(before)), between)
  },
}

const locf: Rule = { isKnown: ({ hasBefore }) => hasBefore, value: ({ before }) => valueOf(before) }

const fill = (constant: Node): Rule => ({
  isKnown: () => boolean(true),
  value: (at) => when(isExact(at), valueOf(at.before), constant),
})

const second = 1e9
/** Samples carry their second derivative (per second²) as a third part. */
const spline: Rule = {
  isKnown: linear.isKnown,
  value: (at) => {
    const { time, before, after } = at
    const width = over(span(timeOf(before), timeOf(after)), float(second))
    const a = over(over(span(time, timeOf(after)), float(second)), width)
    const b = over(over(span(timeOf(before), time), float(second)), width)
    const cubed = (x: Node): Node => minus(times(x, times(x, x)), x)
    const bend = times(over(times(width, width), float(6)), plus(times(cubed(a), part(before, 3)), times(cubed(b), part(after, 3))))
    const straight = plus(times(a, double(valueOf(before))), times(b, double(valueOf(after))))
    return when(isExact(at), double(valueOf(before)), plus(straight, bend))
  },
}

const example =
  "(SELECT create_time_series(t, v) AS ts FROM (VALUES (TIMESTAMP '2020-01-01 00:00:00', 0.0), (TIMESTAMP '2020-01-01 00:00:10', 10.0), (TIMESTAMP '2020-01-01 00:00:20', 0.0)) AS x(t, v))"
const at = (second_: number): string => `TIMESTAMP '2020-01-01 00:00:${String(second_).padStart(2, '0')}'`
const inSeries = (second_: number, value: string): readonly string[] => [
  `2020-01-01 00:00:${String(second_).padStart(2, '0')}.000000000`,
  value,
]

export const interpolateFunctions: readonly FunctionDefinition[] = [
  {
    name: 'interpolate_linear',
    kind: 'scalar',
    family: 'time series',
    status: 'documented',
    summary: 'Values at the given times on the straight lines between the samples. Times outside of the samples have no value.',
    source: documented,
    signatures: [
      {
        pattern: '(timeseries(double), array(timestamp)) -> timeseries(double)',
        lower: (context, s, t) => atTargets(context, knownPoints(context, s), t, linear),
      },
      {
        pattern: '(timeseries(double), timestamp) -> double',
        lower: (context, s, t) => atOne(context, knownPoints(context, s), t, linear),
      },
    ],
    examples: [
      {
        sql: `SELECT interpolate_linear(ts, ARRAY[${at(0)}, ${at(5)}, ${at(25)}]) FROM ${example}`,
        type: 'timeseries(double)',
        result: [inSeries(0, '0.0'), inSeries(5, '5.0')],
      },
      { sql: `SELECT interpolate_linear(ts, ${at(15)}) FROM ${example}`, type: 'double', result: '5.0' },
      { sql: `SELECT interpolate_linear(ts, ${at(21)}) FROM ${example}`, type: 'double', result: null },
    ],
  },
  {
    name: 'interpolate_locf',
    kind: 'scalar',
    family: 'time series',
    status: 'documented',
    summary: 'Values at the given times: the last sample before (or at) the time. Times before the first sample have no value.',
    source: documented,
    signatures: [
      {
        pattern: '(timeseries(T), array(timestamp)) -> timeseries(T)',
        lower: (context, s, t) => atTargets(context, knownPoints(context, s), t, locf),
      },
      { pattern: '(timeseries(T), timestamp) -> T', lower: (context, s, t) => atOne(context, knownPoints(context, s), t, locf) },
    ],
    examples: [
      {
        sql: `SELECT interpolate_locf(ts, ARRAY[${at(15)}, ${at(25)}]) FROM ${example}`,
        type: 'timeseries(double)',
        result: [inSeries(15, '10.0'), inSeries(25, '0.0')],
      },
      { sql: `SELECT interpolate_locf(ts, TIMESTAMP '2019-12-31 00:00:00') FROM ${example}`, type: 'double', result: null },
    ],
  },
  {
    name: 'interpolate_fill',
    kind: 'scalar',
    family: 'time series',
    status: 'documented',
    summary: 'Values at the given times: the sample of exactly that time, or else the constant.',
    source: documented,
    signatures: [
      {
        pattern: '(timeseries(double), array(timestamp), double) -> timeseries(double)',
        lower: (context, s, t, c) => filled(context, s, t, c),
      },
      {
        pattern: '(timeseries(double), timestamp, double) -> double',
        lower: (context, s, t, c) => atOne(context, knownPoints(context, s), t, fill(c)),
      },
      { pattern: '(timeseries(T), array(timestamp), T) -> timeseries(T)', lower: (context, s, t, c) => filled(context, s, t, c) },
      {
        pattern: '(timeseries(T), timestamp, T) -> T',
        lower: (context, s, t, c) => atOne(context, knownPoints(context, s), t, fill(c)),
      },
    ],
    examples: [
      {
        sql: `SELECT interpolate_fill(ts, ARRAY[${at(10)}, ${at(11)}], 7.0) FROM ${example}`,
        type: 'timeseries(double)',
        result: [inSeries(10, '10.0'), inSeries(11, '7.0')],
      },
      { sql: `SELECT interpolate_fill(ts, ${at(11)}, 7.0) FROM ${example}`, type: 'double', result: '7.0' },
    ],
  },
  {
    name: 'interpolate_spline_cubic',
    kind: 'scalar',
    family: 'time series',
    status: 'documented',
    summary: 'Values at the given times on the natural cubic spline through the samples. Times outside of the samples have no value.',
    source: documented,
    signatures: [
      {
        pattern: '(timeseries(double), array(timestamp)) -> timeseries(double)',
        lower: (context, s, t) => atTargets(context, curvature(context, s), t, spline),
      },
      {
        pattern: '(timeseries(double), timestamp) -> double',
        lower: (context, s, t) => atOne(context, curvature(context, s), t, spline),
      },
    ],
    examples: [
      { sql: `SELECT interpolate_spline_cubic(ts, ${at(5)}) FROM ${example}`, type: 'double', result: '6.875' },
      {
        sql: `SELECT interpolate_spline_cubic(ts, ARRAY[${at(10)}, ${at(15)}]) FROM ${example}`,
        type: 'timeseries(double)',
        result: [inSeries(10, '10.0'), inSeries(15, '6.875')],
      },
    ],
  },
]

const filled = (context: LowerCall, series: Node, targets: Node, constant: Node): Node =>
  context.let(constant, (value) => atTargets(context, knownPoints(context, series), targets, fill(value)))
