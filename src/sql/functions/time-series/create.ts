import { call, identifier, lambda } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { unequal } from '../expression.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { documented, timeOf } from './point.ts'

/**
 * Times and values are gathered apart (twice as fast as pairs). Gathering leaves NULLs out, so lists of different length tell of one.
 */
function create(context: LowerCall, time: Node, value: Node): Node {
  const each = context.variable()
  return context.let(context.aggregate('groupArray', [time]), (times) =>
    context.let(context.aggregate('groupArray', [value]), (values) => {
      const paired = call('arrayZip', times, call('arrayResize', values, call('length', times)))
      const series = call('arraySort', lambda([each], timeOf(identifier(each))), paired)
      const known = context.failIf(
        unequal(call('length', times), call('length', values)),
        'INVALID_FUNCTION_ARGUMENT',
        'create_time_series does not take NULL as a time or a value; filter them out before',
        context.wrap(series),
      )
      return call('if', call('and', call('empty', times), call('empty', values)), call('array'), known)
    }),
  )
}

const types = ['double', 'bigint', 'integer', 'boolean', 'varchar'] as const

export const createFunctions: readonly FunctionDefinition[] = [
  {
    name: 'create_time_series',
    kind: 'aggregate',
    family: 'time series',
    status: 'documented',
    summary: 'The time series of the times and values of a group, ascending in time. Values may not be NULL; over no rows it is NULL.',
    source: documented,
    signatures: types.map((type) => ({
      pattern: `(timestamp, ${type}) -> timeseries(${type})`,
      lower: (context, time, value) => create(context, time, value),
    })),
    examples: [
      {
        sql: "SELECT create_time_series(t, v) FROM (VALUES (TIMESTAMP '2020-01-01 00:00:02', 2), (TIMESTAMP '2020-01-01 00:00:01', 1)) AS x(t, v)",
        type: 'timeseries(integer)',
        result: [
          ['2020-01-01 00:00:01.000000000', '1'],
          ['2020-01-01 00:00:02.000000000', '2'],
        ],
      },
      {
        sql: "SELECT create_time_series(t, v) FROM (VALUES (TIMESTAMP '2020-01-01', 1)) AS x(t, v) WHERE v > 1",
        type: 'timeseries(integer)',
        result: null,
      },
      {
        sql: "SELECT create_time_series(t, v) FROM (VALUES (TIMESTAMP '2020-01-01', NULLIF(1, 1))) AS x(t, v)",
        error: 'INVALID_FUNCTION_ARGUMENT',
      },
    ],
  },
]
