import { dateOfDays } from '../../clickhouse/date.ts'
import { int64, string, when, call } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { negate } from '../expression.ts'
import { addMonths, addNs, unitNs } from './calendar.ts'

const source = 'developer guide, "Date / time functions"'
const now = (context: LowerCall) => int64(context.nowNs)
const sinceMidnight = (context: LowerCall) => int64(((context.nowNs % unitNs.day) + unitNs.day) % unitNs.day)

export const nowFunctions: readonly FunctionDefinition[] = [
  {
    name: 'now',
    aliases: ['current_timestamp', 'localtimestamp'],
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The time at which the query began, the same wherever it stands in it.',
    source,
    signatures: [{ pattern: '() -> timestamp', lower: now }],
    examples: [
      { sql: 'now() = current_timestamp', type: 'boolean', result: 'true' },
      { sql: 'now(1)', error: 'TYPE_MISMATCH' },
    ],
  },
  {
    name: 'current_date',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The day on which the query began (UTC).',
    source,
    signatures: [
      {
        pattern: '() -> date',
        lower: (context) => dateOfDays(int64((context.nowNs - (((context.nowNs % unitNs.day) + unitNs.day) % unitNs.day)) / unitNs.day)),
      },
    ],
    examples: [
      { sql: "current_date = date_trunc('day', now())", type: 'boolean', result: 'true' },
      { sql: 'date(now()) = current_date', type: 'boolean', result: 'true' },
    ],
  },
  {
    name: 'current_time',
    aliases: ['localtime'],
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The time of day at which the query began (UTC).',
    source,
    signatures: [{ pattern: '() -> time', lower: sinceMidnight }],
    examples: [
      { sql: 'hour(current_time) = hour(now())', type: 'boolean', result: 'true' },
      { sql: 'current_time = localtime', type: 'boolean', result: 'true' },
    ],
  },
  {
    name: 'current_timezone',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The time zone of queries: always UTC.',
    source,
    signatures: [{ pattern: '() -> varchar', lower: () => string('UTC') }],
    examples: [
      { sql: 'current_timezone()', type: 'varchar', result: 'UTC' },
      { sql: 'current_timezone(1)', error: 'TYPE_MISMATCH' },
    ],
  },
  {
    name: 'ago',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The time that long before now().',
    source,
    signatures: [
      {
        pattern: '(interval day to second) -> timestamp',
        lower: (context, interval) => {
          const constant = context.constant(0)
          if (typeof constant === 'bigint' && constant !== -(2n ** 63n)) {
            const past = context.nowNs - constant
            if (past >= -(2n ** 63n) && past < 2n ** 63n) return int64(past)
          }
          return context.let(interval, (length) =>
            when(call('isNull', length), { kind: 'null' }, addNs(context, now(context), negate(call('toInt128', length)))),
          )
        },
      },
      {
        pattern: '(interval year to month) -> timestamp',
        lower: (context, interval) =>
          context.let(interval, (months) =>
            when(call('isNull', months), { kind: 'null' }, addMonths(context, now(context), negate(call('toInt64', months)))),
          ),
      },
    ],
    examples: [
      { sql: 'ago(2h) = now() - 2h', type: 'boolean', result: 'true' },
      { sql: 'ago(CAST(NULL AS interval day to second))', type: 'timestamp', result: null },
      { sql: "ago(INTERVAL '400' YEAR)", error: 'NUMERIC_VALUE_OUT_OF_RANGE' },
    ],
  },
]
