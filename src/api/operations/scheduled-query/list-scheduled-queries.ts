import type { ListScheduledQueriesRequest, ListScheduledQueriesResponse } from '@aws-sdk/client-timestream-query'
import { operation } from '../../operation.ts'
import { decodePage } from '../../resources/decode.ts'
import type { OnWire } from '../../resources/encode.ts'
import { nextToken } from '../../resources/shapes.ts'
import { integer, structure } from '../../shape.ts'
import { encodeScheduledQuery } from './encode.ts'

export const listScheduledQueries = operation<ListScheduledQueriesRequest, OnWire<ListScheduledQueriesResponse>>({
  name: 'ListScheduledQueries',
  service: 'query',
  action: 'timestream:ListScheduledQueries',
  summary: 'Lists scheduled queries, in pages.',
  input: structure<ListScheduledQueriesRequest>({ MaxResults: integer({ min: 1, max: 1000 }), NextToken: nextToken }),
  handle: async (input, { database, caller }) => {
    const { items, nextToken: token } = await database.scheduledQueries.list(caller, decodePage(input))
    return { ScheduledQueries: items.map(encodeScheduledQuery), NextToken: token }
  },
})
