import type { QueryInsights, QueryRequest, QueryResponse } from '@aws-sdk/client-timestream-query'
import type { QueryInsights as Insights } from '../../database/database.ts'
import { columnInfo } from '../../database/query/encode/column-info.ts'
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
const insightsResponse = ({ tableCount, temporal, spatial, outputRows, outputBytes, unload }: Insights) => ({
  ...(spatial && {
    QuerySpatialCoverage: { Max: { Value: spatial.value, TableArn: spatial.tableArn, PartitionKey: spatial.partitionKey } },
  }),
  ...(temporal && { QueryTemporalRange: { Max: { Value: temporal.valueNs, TableArn: temporal.tableArn } } }),
  QueryTableCount: tableCount,
  OutputRows: outputRows,
  OutputBytes: outputBytes,
  ...(unload && { UnloadPartitionCount: unload.partitions, UnloadWrittenRows: unload.rows, UnloadWrittenBytes: unload.bytes }),
})
