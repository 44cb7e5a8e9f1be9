import type { ListTablesRequest, ListTablesResponse } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { decodePage } from '../resources/decode.ts'
import { encodeTable, type OnWire } from '../resources/encode.ts'
import { maxResults, nextToken } from '../resources/shapes.ts'
import { string, structure } from '../shape.ts'

export const listTables = operation<ListTablesRequest, OnWire<ListTablesResponse>>({
  name: 'ListTables',
  service: 'write',
  action: 'timestream:ListTables',
  summary: 'Lists the tables of a database, or of all, in pages.',
  input: structure<ListTablesRequest>({ DatabaseName: string(), NextToken: nextToken, MaxResults: maxResults }),
  handle: async (input, { database, caller }) => {
    const page = await database.listTables(caller, input.DatabaseName, decodePage(input))
    return { Tables: page.items.map(encodeTable), NextToken: page.nextToken }
  },
})
