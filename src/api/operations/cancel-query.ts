import type { CancelQueryRequest, CancelQueryResponse } from '@aws-sdk/client-timestream-query'
import { operation } from '../operation.ts'
import { required, string, structure } from '../shape.ts'

export const cancelQuery = operation<CancelQueryRequest, CancelQueryResponse>({
  name: 'CancelQuery',
  service: 'query',
  action: 'timestream:CancelQuery',
  summary: 'Stops a running query.',
  input: structure<CancelQueryRequest>({ QueryId: required(string({ min: 1, max: 64, pattern: '[a-zA-Z0-9]+' })) }),
  handle: async (input, { database, caller }) => ({ CancellationMessage: await database.cancelQuery(caller, input.QueryId) }),
})
