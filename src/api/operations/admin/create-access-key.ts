import { operation } from '../../operation.ts'
import { required, string, structure } from '../../shape.ts'

interface Input {
  UserName: string | undefined
}

interface Output {
  readonly AccessKey: {
    readonly AccessKeyId: string
    readonly SecretAccessKey: string
    readonly UserName: string
    readonly Status: 'active' | 'revoked'
  }
}

export const createAccessKey = operation<Input, Output>({
  name: 'CreateAccessKey',
  service: 'tidemark',
  action: 'tidemark:CreateAccessKey',
  summary: 'Makes an access key for a user; the only answer that ever shows its secret.',
  input: structure<Input>({ UserName: required(string({ min: 1, max: 64, pattern: '[a-zA-Z0-9+=,.@_-]+' })) }),
  handle: async (input, { database, caller }) => {
    const key = await database.createAccessKey(caller, input.UserName)
    return {
      AccessKey: {
        AccessKeyId: key.accessKeyId,
        SecretAccessKey: key.secretAccessKey,
        UserName: key.principal.name,
        Status: key.status,
      },
    }
  },
})
