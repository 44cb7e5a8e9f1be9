import type { CreateTableRequest, CreateTableResponse } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { decodeTableProperties, decodeTags } from '../resources/decode.ts'
import { encodeTable, type OnWire } from '../resources/encode.ts'
import { magneticStoreWriteProperties, newName, retentionProperties, schema, tagList } from '../resources/shapes.ts'
import { required, structure } from '../shape.ts'

export const createTable = operation<CreateTableRequest, OnWire<CreateTableResponse>>({
  name: 'CreateTable',
  service: 'write',
  action: 'timestream:CreateTable',
  summary: 'Creates a table in a database.',
  input: structure<CreateTableRequest>({
    DatabaseName: required(newName),
    TableName: required(newName),
    RetentionProperties: retentionProperties,
    Tags: tagList,
    MagneticStoreWriteProperties: magneticStoreWriteProperties,
    Schema: schema,
  }),
  handle: async (input, { database, caller }) => ({
    Table: encodeTable(
      await database.createTable(caller, {
        databaseName: input.DatabaseName,
        tableName: input.TableName,
        ...decodeTableProperties(input),
        ...(input.Tags && { tags: decodeTags(input.Tags) }),
      }),
    ),
  }),
})
