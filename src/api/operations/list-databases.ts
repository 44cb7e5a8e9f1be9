import type { ListDatabasesRequest, ListDatabasesResponse } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { decodePage } from '../resources/decode.ts'
import { encodeDatabase, type OnWire } from '../resources/encode.ts'
import { maxResults, nextToken } from '../resources/shapes.ts'
import { structure } from '../shape.ts'

export const listDatabases = operation<ListDatabasesRequest, OnWire<ListDatabasesResponse>>({
  name: 'ListDatabases',
  service: 'write',
  action: 'timestream:ListDatabases',
  summary: 'Lists databases, in pages.',
  input: structure<ListDatabasesRequest>({ NextToken: nextToken, MaxResults: maxResults }),
  handle: async (input, { database, caller }) => {
    const page = await database.listDatabases(caller, decodePage(input))
    return { Databases: page.items.map(encodeDatabase), NextToken: page.nextToken }
  },
})
