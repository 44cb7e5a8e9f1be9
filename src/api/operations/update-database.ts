import type { UpdateDatabaseRequest, UpdateDatabaseResponse } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { encodeDatabase, type OnWire } from '../resources/encode.ts'
import { kmsKeyId } from '../resources/shapes.ts'
import { required, string, structure } from '../shape.ts'

export const updateDatabase = operation<UpdateDatabaseRequest, OnWire<UpdateDatabaseResponse>>({
  name: 'UpdateDatabase',
  service: 'write',
  action: 'timestream:UpdateDatabase',
  summary: 'Changes the KMS key of a database.',
  input: structure<UpdateDatabaseRequest>({ DatabaseName: required(string()), KmsKeyId: required(kmsKeyId) }),
  handle: async ({ DatabaseName: databaseName, KmsKeyId: keyId }, { database, caller }) => ({
    Database: encodeDatabase(await database.updateDatabase(caller, { databaseName, kmsKeyId: keyId })),
  }),
})
