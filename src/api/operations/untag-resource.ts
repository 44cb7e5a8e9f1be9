import type { UntagResourceRequest } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { resourceArn } from '../resources/shapes.ts'
import { list, required, string, structure } from '../shape.ts'

export const untagResource = operation<UntagResourceRequest, object>({
  name: 'UntagResource',
  service: 'both',
  action: 'timestream:UntagResource',
  summary: 'Removes tags from a database or table.',
  input: structure<UntagResourceRequest>({
    ResourceARN: required(resourceArn),
    TagKeys: required(list(string({ min: 1, max: 128 }), { max: 200 })),
  }),
  handle: async (input, { database, caller }) => {
    await database.untagResource(caller, input.ResourceARN, input.TagKeys)
    return {}
  },
})
