import type { ScheduledQueryRunSummary } from '@aws-sdk/client-timestream-query'
import { operation } from '../../operation.ts'
import type { OnWire } from '../../resources/encode.ts'
import { required, structure } from '../../shape.ts'
import { encodeRun } from './encode.ts'
import { scheduledQueryArn } from './shapes.ts'

interface Request {
  ScheduledQueryArn: string
}

interface Response {
  readonly Runs: readonly OnWire<ScheduledQueryRunSummary>[]
}

export const listScheduledQueryRuns = operation<Request, Response>({
  name: 'ListScheduledQueryRuns',
  service: 'tidemark',
  action: 'timestream:DescribeScheduledQuery',
  summary: 'Lists the last runs of a scheduled query, newest first.',
  input: structure<Request>({ ScheduledQueryArn: required(scheduledQueryArn) }),
  handle: async (input, { database, caller }) => ({
    Runs: (await database.scheduledQueries.history(caller, input.ScheduledQueryArn)).map(encodeRun),
  }),
})
