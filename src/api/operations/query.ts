import type { ColumnInfo, QueryInsights, QueryRequest, QueryResponse, Type as WireType } from '@aws-sdk/client-timestream-query'
import { unreachable } from '../../base/assert.ts'
import { ServerError } from '../../base/errors.ts'
import type { QueryInsights as Insights, ResultColumn } from '../../database/database.ts'
import type { ScalarName, Type } from '../../sql/types/type.ts'
import { JsonText } from '../json-text.ts'
import { operation } from '../operation.ts'
import { integer, oneOf, required, string, structure } from '../shape.ts'

type Output = Omit<QueryResponse, 'Rows' | 'QueryInsightsResponse'> & {
  readonly Rows: JsonText
  readonly QueryInsightsResponse?: ReturnType<typeof insightsResponse>
}

export const query = operation<QueryRequest, Output>({
  name: 'Query',
  service: 'query',
  action: 'timestream:Select',
  summary: 'Runs a query, or fetches its next page.',
  input: structure<QueryRequest>({
    QueryString: required(string({ min: 1, max: 'queryTextChars', sensitive: true })),
    ClientToken: string({ min: 32, max: 128, sensitive: true }),
    NextToken: string({ min: 1, max: 2048 }),
    MaxRows: integer({ min: 1, max: 'pageRows' }),
    QueryInsights: structure<QueryInsights>({ Mode: required(oneOf('ENABLED_WITH_RATE_CONTROL', 'DISABLED')) }),
  }),
  handle: async (input, { database, caller }) => {
    const { QueryString: queryString, ClientToken: clientToken, NextToken: nextToken, MaxRows: maxRows, QueryInsights: insights } = input
    const page = await database.query(caller, {
      queryString,
      ...(clientToken !== undefined && { clientToken }),
      ...(nextToken !== undefined && { nextToken }),
      ...(maxRows !== undefined && { maxRows }),
      insights: insights?.Mode === 'ENABLED_WITH_RATE_CONTROL',
    })
    return {
      QueryId: page.queryId,
      NextToken: page.nextToken,
      Rows: new JsonText(page.rowsJson),
      ColumnInfo: page.columns.map(columnInfo),
      QueryStatus: {
        ProgressPercentage: page.progressPercentage,
        CumulativeBytesScanned: page.cumulativeBytesScanned,
        CumulativeBytesMetered: page.cumulativeBytesMetered,
      },
      ...(page.insights && { QueryInsightsResponse: insightsResponse(page.insights) }),
    }
  },
})

/** Nanoseconds keep all their digits: they are written as a bigint. */
const insightsResponse = ({ tableCount, temporal, spatial, outputRows, outputBytes }: Insights) => ({
  ...(spatial && {
    QuerySpatialCoverage: { Max: { Value: spatial.value, TableArn: spatial.tableArn, PartitionKey: spatial.partitionKey } },
  }),
  ...(temporal && { QueryTemporalRange: { Max: { Value: temporal.valueNs, TableArn: temporal.tableArn } } }),
  QueryTableCount: tableCount,
  OutputRows: outputRows,
  OutputBytes: outputBytes,
})

const columnInfo = ({ name, type }: ResultColumn): ColumnInfo => ({ Name: name, Type: wireType(type) })

/** Types without a name of their own on the wire: varbinary is shown as text (base-64), a map as an array of (key, value) rows. */
const scalarTypes = {
  boolean: 'BOOLEAN',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  varchar: 'VARCHAR',
  varbinary: 'VARCHAR',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  'interval day to second': 'INTERVAL_DAY_TO_SECOND',
  'interval year to month': 'INTERVAL_YEAR_TO_MONTH',
  unknown: 'UNKNOWN',
} as const satisfies Record<ScalarName, WireType['ScalarType']>

export function wireType(type: Type): WireType {
  switch (type.kind) {
    case 'scalar':
      return { ScalarType: scalarTypes[type.name] }
    case 'array':
      return { ArrayColumnInfo: { Type: wireType(type.element) } }
    case 'timeseries':
      return { TimeSeriesMeasureValueColumnInfo: { Type: wireType(type.value) } }
    case 'row':
      // Grafana's plugin reads the name of every field; fields without one are numbered.
      return { RowColumnInfo: type.fields.map((field, index) => ({ Name: field.name ?? `field${index}`, Type: wireType(field.type) })) }
    case 'map':
      return {
        ArrayColumnInfo: {
          Type: {
            RowColumnInfo: [
              { Name: 'key', Type: wireType(type.key) },
              { Name: 'value', Type: wireType(type.value) },
            ],
          },
        },
      }
    case 'function':
      throw new ServerError('INTERNAL', 'a result column cannot hold a function')
    default:
      return unreachable(type)
  }
}
