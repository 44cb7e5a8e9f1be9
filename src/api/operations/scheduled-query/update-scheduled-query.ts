import type { UpdateScheduledQueryRequest } from '@aws-sdk/client-timestream-query'
import { operation } from '../../operation.ts'
import { required, structure } from '../../shape.ts'
import { scheduledQueryArn, state } from './shapes.ts'

export const updateScheduledQuery = operation<UpdateScheduledQueryRequest, object>({
  name: 'UpdateScheduledQuery',
  service: 'query',
  action: 'timestream:UpdateScheduledQuery',
  summary: 'Enables or disables a scheduled query.',
  input: structure<UpdateScheduledQueryRequest>({ ScheduledQueryArn: required(scheduledQueryArn), State: required(state) }),
  handle: async (input, { database, caller }) => {
    await database.scheduledQueries.update(caller, input.ScheduledQueryArn, input.State)
    return {}
  },
})
