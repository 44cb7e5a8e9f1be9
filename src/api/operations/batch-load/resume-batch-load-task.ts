import type { ResumeBatchLoadTaskRequest, ResumeBatchLoadTaskResponse } from '@aws-sdk/client-timestream-write'
import { operation } from '../../operation.ts'
import { required, structure } from '../../shape.ts'
import { taskId } from './shapes.ts'

export const resumeBatchLoadTask = operation<ResumeBatchLoadTaskRequest, ResumeBatchLoadTaskResponse>({
  name: 'ResumeBatchLoadTask',
  service: 'write',
  action: 'timestream:ResumeBatchLoadTask',
  summary: 'Goes on with a batch load that has stopped.',
  input: structure<ResumeBatchLoadTaskRequest>({ TaskId: required(taskId) }),
  handle: async ({ TaskId }, { database, caller }) => {
    await database.batchLoads.resume(caller, TaskId)
    return {}
  },
})
