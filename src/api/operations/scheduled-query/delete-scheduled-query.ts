import type { DeleteScheduledQueryRequest } from '@aws-sdk/client-timestream-query'
import { operation } from '../../operation.ts'
import { required, structure } from '../../shape.ts'
import { scheduledQueryArn } from './shapes.ts'

export const deleteScheduledQuery = operation<DeleteScheduledQueryRequest, object>({
  name: 'DeleteScheduledQuery',
  service: 'query',
  action: 'timestream:DeleteScheduledQuery',
  summary: 'Deletes a scheduled query; what it has written stays.',
  input: structure<DeleteScheduledQueryRequest>({ ScheduledQueryArn: required(scheduledQueryArn) }),
  handle: async (input, { database, caller }) => {
    await database.scheduledQueries.delete(caller, input.ScheduledQueryArn)
    return {}
  },
})
