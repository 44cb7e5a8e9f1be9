import type { PrepareQueryRequest, PrepareQueryResponse } from '@aws-sdk/client-timestream-query'
import { ServerError } from '../../base/errors.ts'
import { operation } from '../operation.ts'
import { boolean, required, string, structure } from '../shape.ts'
import { wireType } from '../../database/query/encode/column-info.ts'

export const prepareQuery = operation<PrepareQueryRequest, PrepareQueryResponse>({
  name: 'PrepareQuery',
  service: 'query',
  action: 'timestream:PrepareQuery',
  summary: 'Checks a query with parameters: answers its columns and the types of its parameters.',
  input: structure<PrepareQueryRequest>({
    QueryString: required(string({ min: 1, max: 'queryTextChars', sensitive: true })),
    ValidateOnly: boolean,
  }),
  handle: async ({ QueryString: queryString, ValidateOnly: isValidation }, { database, caller }) => {
    if (isValidation !== true) throw new ServerError('VALIDATION', 'ValidateOnly must be true: a query is prepared only to be validated')
    const { columns, parameters } = await database.prepareQuery(caller, queryString)
    return {
      QueryString: queryString,
      Columns: columns.map(({ name, type, origin, isAliased }) => ({
        Name: name,
        Type: wireType(type),
        ...(origin && { DatabaseName: origin.database, TableName: origin.table }),
        Aliased: isAliased,
      })),
      Parameters: parameters.map(({ name, type }) => ({ Name: name, Type: wireType(type) })),
    }
  },
})
