import type { CreateDatabaseRequest, CreateDatabaseResponse } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { decodeTags } from '../resources/decode.ts'
import { encodeDatabase, type OnWire } from '../resources/encode.ts'
import { kmsKeyId, newName, tagList } from '../resources/shapes.ts'
import { required, structure } from '../shape.ts'

export const createDatabase = operation<CreateDatabaseRequest, OnWire<CreateDatabaseResponse>>({
  name: 'CreateDatabase',
  service: 'write',
  action: 'timestream:CreateDatabase',
  summary: 'Creates a database.',
  input: structure<CreateDatabaseRequest>({ DatabaseName: required(newName), KmsKeyId: kmsKeyId, Tags: tagList }),
  handle: async ({ DatabaseName: databaseName, KmsKeyId: keyId, Tags: tags }, { database, caller }) => ({
    Database: encodeDatabase(
      await database.createDatabase(caller, {
        databaseName,
        ...(keyId !== undefined && { kmsKeyId: keyId }),
        ...(tags && { tags: decodeTags(tags) }),
      }),
    ),
  }),
})
