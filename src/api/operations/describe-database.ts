import type { DescribeDatabaseRequest, DescribeDatabaseResponse } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { encodeDatabase, type OnWire } from '../resources/encode.ts'
import { required, string, structure } from '../shape.ts'

export const describeDatabase = operation<DescribeDatabaseRequest, OnWire<DescribeDatabaseResponse>>({
  name: 'DescribeDatabase',
  service: 'write',
  action: 'timestream:DescribeDatabase',
  summary: 'Describes a database.',
  input: structure<DescribeDatabaseRequest>({ DatabaseName: required(string()) }),
  handle: async (input, { database, caller }) => ({
    Database: encodeDatabase(await database.describeDatabase(caller, input.DatabaseName)),
  }),
})
