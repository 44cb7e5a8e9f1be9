import { operation } from '../../operation.ts'
import { required, string, structure } from '../../shape.ts'

interface Input {
  AccessKeyId: string | undefined
}

export const revokeAccessKey = operation<Input, object>({
  name: 'RevokeAccessKey',
  service: 'tidemark',
  action: 'tidemark:RevokeAccessKey',
  summary: 'Revokes an access key; requests signed with it are refused from then on.',
  input: structure<Input>({ AccessKeyId: required(string({ min: 1, max: 128 })) }),
  handle: async (input, { database, caller }) => {
    await database.revokeAccessKey(caller, input.AccessKeyId)
    return {}
  },
})
