import type { ListBatchLoadTasksRequest, ListBatchLoadTasksResponse } from '@aws-sdk/client-timestream-write'
import { operation } from '../../operation.ts'
import { decodePage } from '../../resources/decode.ts'
import type { OnWire } from '../../resources/encode.ts'
import { nextToken } from '../../resources/shapes.ts'
import { integer, structure } from '../../shape.ts'
import { taskStatus } from './shapes.ts'

export const listBatchLoadTasks = operation<ListBatchLoadTasksRequest, OnWire<ListBatchLoadTasksResponse>>({
  name: 'ListBatchLoadTasks',
  service: 'write',
  action: 'timestream:ListBatchLoadTasks',
  summary: 'Lists batch loads, in pages.',
  input: structure<ListBatchLoadTasksRequest>({ NextToken: nextToken, MaxResults: integer({ min: 1, max: 100 }), TaskStatus: taskStatus }),
  handle: async (input, { database, caller }) => {
    const { TaskStatus: status } = input
    const page = await database.batchLoads.list(caller, { ...decodePage(input), ...(status && { status }) })
    return {
      NextToken: page.nextToken,
      BatchLoadTasks: page.items.map((task) => ({
        TaskId: task.taskId,
        TaskStatus: task.status,
        DatabaseName: task.input.databaseName,
        TableName: task.input.tableName,
        CreationTime: task.creationTimeMs / 1000,
        LastUpdatedTime: task.lastUpdatedTimeMs / 1000,
        ResumableUntil: task.resumableUntilMs === undefined ? undefined : task.resumableUntilMs / 1000,
      })),
    }
  },
})
