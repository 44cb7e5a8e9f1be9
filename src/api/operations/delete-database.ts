import type { DeleteDatabaseRequest } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { required, string, structure } from '../shape.ts'

export const deleteDatabase = operation<DeleteDatabaseRequest, object>({
  name: 'DeleteDatabase',
  service: 'write',
  action: 'timestream:DeleteDatabase',
  summary: 'Deletes a database that has no tables.',
  input: structure<DeleteDatabaseRequest>({ DatabaseName: required(string()) }),
  handle: async (input, { database, caller }) => {
    await database.deleteDatabase(caller, input.DatabaseName)
    return {}
  },
})
