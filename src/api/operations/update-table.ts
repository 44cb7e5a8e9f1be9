import type { UpdateTableRequest, UpdateTableResponse } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { decodeTableProperties } from '../resources/decode.ts'
import { encodeTable, type OnWire } from '../resources/encode.ts'
import { magneticStoreWriteProperties, retentionProperties, schema } from '../resources/shapes.ts'
import { required, string, structure } from '../shape.ts'

export const updateTable = operation<UpdateTableRequest, OnWire<UpdateTableResponse>>({
  name: 'UpdateTable',
  service: 'write',
  action: 'timestream:UpdateTable',
  summary: 'Changes retention, magnetic store writes or the enforcement of the partition key.',
  input: structure<UpdateTableRequest>({
    DatabaseName: required(string()),
    TableName: required(string()),
    RetentionProperties: retentionProperties,
    MagneticStoreWriteProperties: magneticStoreWriteProperties,
    Schema: schema,
  }),
  handle: async (input, { database, caller }) => ({
    Table: encodeTable(
      await database.updateTable(caller, {
        databaseName: input.DatabaseName,
        tableName: input.TableName,
        ...decodeTableProperties(input),
      }),
    ),
  }),
})
