import type { TagResourceRequest } from '@aws-sdk/client-timestream-write'
import { operation } from '../operation.ts'
import { decodeTags } from '../resources/decode.ts'
import { resourceArn, tagList } from '../resources/shapes.ts'
import { required, structure } from '../shape.ts'

export const tagResource = operation<TagResourceRequest, object>({
  name: 'TagResource',
  service: 'both',
  action: 'timestream:TagResource',
  summary: 'Sets tags of a database, a table or a scheduled query.',
  input: structure<TagResourceRequest>({ ResourceARN: required(resourceArn), Tags: required(tagList) }),
  handle: async (input, { database, caller }) => {
    await database.tagResource(caller, input.ResourceARN, decodeTags(input.Tags))
    return {}
  },
})
