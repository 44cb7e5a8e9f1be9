import type { ExecuteScheduledQueryRequest, ScheduledQueryInsights } from '@aws-sdk/client-timestream-query'
import { operation } from '../../operation.ts'
import { oneOf, required, structure, timestamp } from '../../shape.ts'
import { clientToken, scheduledQueryArn } from './shapes.ts'

/** On the wire a time is a number, seconds since the epoch. */
type Input = Omit<ExecuteScheduledQueryRequest, 'InvocationTime'> & { InvocationTime: number }

export const executeScheduledQuery = operation<Input, object>({
  name: 'ExecuteScheduledQuery',
  service: 'query',
  action: 'timestream:ExecuteScheduledQuery',
  summary: 'Runs a scheduled query for a time of your choice, in the background.',
  input: structure<ExecuteScheduledQueryRequest>({
    ScheduledQueryArn: required(scheduledQueryArn),
    InvocationTime: required(timestamp),
    ClientToken: clientToken,
    QueryInsights: structure<ScheduledQueryInsights>({ Mode: required(oneOf('ENABLED_WITH_RATE_CONTROL', 'DISABLED')) }),
  }),
  handle: async (input, { database, caller }) => {
    const { ScheduledQueryArn: arn, InvocationTime: seconds, ClientToken: token, QueryInsights: insights } = input
    await database.scheduledQueries.execute(caller, {
      arn,
      invocationMs: Math.round(seconds * 1000),
      ...(token !== undefined && { clientToken: token }),
      insights: insights?.Mode === 'ENABLED_WITH_RATE_CONTROL',
    })
    return {}
  },
})
