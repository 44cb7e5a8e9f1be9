import type { DescribeTableRequest, DescribeTableResponse } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { encodeTable, type OnWire } from '../resources/encode.ts'
import { required, string, structure } from '../shape.ts'

export const describeTable = operation<DescribeTableRequest, OnWire<DescribeTableResponse>>({
  name: 'DescribeTable',
  service: 'write',
  action: 'timestream:DescribeTable',
  summary: 'Describes a table.',
  input: structure<DescribeTableRequest>({ DatabaseName: required(string()), TableName: required(string()) }),
  handle: async (input, { database, caller }) => ({
    Table: encodeTable(await database.describeTable(caller, input.DatabaseName, input.TableName)),
  }),
})
