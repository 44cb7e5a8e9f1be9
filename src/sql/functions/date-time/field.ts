import { call, integer, int64 } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { Example, FunctionDefinition, Signature } from '../definition.ts'
import { floorModulo, modulo, quotient, toInt64 } from '../expression.ts'
import { moment, unitNs } from './calendar.ts'

const source = 'developer guide, "Date / time functions"'

const calendarField = (engineName: string): readonly Signature[] => [
  { pattern: '(timestamp) -> bigint', lower: (_, x) => toInt64(call(engineName, moment(x))) },
  { pattern: '(date) -> bigint', lower: (_, x) => toInt64(call(engineName, x)) },
]

/** Of intervals: the whole months or nanoseconds, cut to the field; negative intervals have negative fields. */
const ofMonths = (body: (months: Node) => Node): Signature => ({
  pattern: '(interval year to month) -> bigint',
  lower: (_, x) => toInt64(body(x)),
})
const ofInterval = (divisor: bigint, of?: number): Signature => ({
  pattern: '(interval day to second) -> bigint',
  lower: (_, x) =>
    toInt64(of === undefined ? quotient(x, int64(divisor)) : quotient(modulo(x, int64(divisor * BigInt(of))), int64(divisor))),
})

/** A part of the time of day, of timestamps, times and intervals. */
function clockField(divisor: bigint, of: number): readonly Signature[] {
  const part = (x: Node): Node => toInt64(quotient(floorModulo(x, int64(divisor * BigInt(of))), int64(divisor)))
  return [
    { pattern: '(timestamp) -> bigint', lower: (_, x) => part(x) },
    { pattern: '(time) -> bigint', lower: (_, x) => part(x) },
    ofInterval(divisor, of),
  ]
}

const sample = "TIMESTAMP '2019-10-12 23:10:34.162000000'"

function field(
  name: string,
  aliases: readonly string[],
  summary: string,
  signatures: readonly Signature[],
  result: string,
  ...more: readonly Example[]
): FunctionDefinition {
  return {
    name,
    ...(aliases.length > 0 && { aliases }),
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary,
    source,
    signatures,
    examples: [
      { sql: `${name}(${sample})`, type: 'bigint', result },
      { sql: `${name}(CAST(NULL AS timestamp))`, type: 'bigint', result: null },
      ...more,
    ],
  }
}

export const fieldFunctions: readonly FunctionDefinition[] = [
  field(
    'year',
    [],
    'The year.',
    [...calendarField('toYear'), ofMonths((x) => quotient(x, integer(12)))],
    '2019',
    { sql: "year('2019-10-12 23:10:34.000000000')", type: 'bigint', result: '2019' },
    { sql: "year(INTERVAL '30' MONTH)", type: 'bigint', result: '2' },
  ),
  field('quarter', [], 'The quarter of the year, 1 to 4.', calendarField('toQuarter'), '4', {
    sql: "quarter(TIME '01:00')",
    error: 'TYPE_MISMATCH',
  }),
  field('month', [], 'The month of the year, 1 to 12.', [...calendarField('toMonth'), ofMonths((x) => modulo(x, integer(12)))], '10'),
  field('week', ['week_of_year'], 'The ISO week of the year, 1 to 53.', calendarField('toISOWeek'), '41', {
    sql: "week(DATE '2018-12-31')",
    type: 'bigint',
    result: '1',
  }),
  field('year_of_week', ['yow'], 'The year that the ISO week belongs to.', calendarField('toISOYear'), '2019', {
    sql: "yow(DATE '2018-12-31')",
    type: 'bigint',
    result: '2019',
  }),
  field('day', ['day_of_month'], 'The day of the month, 1 to 31.', [...calendarField('toDayOfMonth'), ofInterval(unitNs.day)], '12', {
    sql: 'day(36h)',
    type: 'bigint',
    result: '1',
  }),
  field('day_of_week', ['dow'], 'The day of the week, from 1 (Monday) to 7 (Sunday).', calendarField('toDayOfWeek'), '6'),
  field('day_of_year', ['doy'], 'The day of the year, 1 to 366.', calendarField('toDayOfYear'), '285'),
  field('hour', [], 'The hour of the day, 0 to 23.', clockField(unitNs.hour, 24), '23', {
    sql: "hour('2019-10-12 23:10:34.000000000')",
    type: 'bigint',
    result: '23',
  }),
  field('minute', [], 'The minute of the hour, 0 to 59.', clockField(unitNs.minute, 60), '10', {
    sql: 'minute(64m)',
    type: 'bigint',
    result: '4',
  }),
  field('second', [], 'The second of the minute, 0 to 59.', clockField(unitNs.second, 60), '34'),
  field('millisecond', [], 'The milliseconds of the second.', clockField(unitNs.millisecond, 1000), '162', {
    sql: "millisecond(TIME '12:34:56.1')",
    type: 'bigint',
    result: '100',
  }),
  field('nanosecond', [], 'The nanoseconds of the second.', clockField(unitNs.nanosecond, 1_000_000_000), '162000000'),
]
