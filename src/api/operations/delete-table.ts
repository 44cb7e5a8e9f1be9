import type { DeleteTableRequest } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { required, string, structure } from '../shape.ts'

export const deleteTable = operation<DeleteTableRequest, object>({
  name: 'DeleteTable',
  service: 'write',
  action: 'timestream:DeleteTable',
  summary: 'Deletes a table with all its records.',
  input: structure<DeleteTableRequest>({ DatabaseName: required(string()), TableName: required(string()) }),
  handle: async (input, { database, caller }) => {
    await database.deleteTable(caller, input.DatabaseName, input.TableName)
    return {}
  },
})
