import type { DescribeScheduledQueryRequest, DescribeScheduledQueryResponse } from '@aws-sdk/client-timestream-query'
import { operation } from '../../operation.ts'
import type { OnWire } from '../../resources/encode.ts'
import { required, structure } from '../../shape.ts'
import { encodeDescription } from './encode.ts'
import { scheduledQueryArn } from './shapes.ts'

export const describeScheduledQuery = operation<DescribeScheduledQueryRequest, OnWire<DescribeScheduledQueryResponse>>({
  name: 'DescribeScheduledQuery',
  service: 'query',
  action: 'timestream:DescribeScheduledQuery',
  summary: 'Describes a scheduled query, its last run and its last failures.',
  input: structure<DescribeScheduledQueryRequest>({ ScheduledQueryArn: required(scheduledQueryArn) }),
  handle: async (input, { database, caller }) => ({
    ScheduledQuery: encodeDescription(await database.scheduledQueries.describe(caller, input.ScheduledQueryArn)),
  }),
})
