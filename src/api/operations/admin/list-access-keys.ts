import { operation } from '../../operation.ts'
import { structure } from '../../shape.ts'

interface Output {
  readonly AccessKeys: readonly {
    readonly AccessKeyId: string
    readonly UserName: string
    readonly Status: 'active' | 'revoked'
    /** Seconds since the epoch. */
    readonly CreateDate: number
  }[]
}

export const listAccessKeys = operation<object, Output>({
  name: 'ListAccessKeys',
  service: 'tidemark',
  action: 'tidemark:ListAccessKeys',
  summary: 'Lists the access keys without their secrets.',
  input: structure<object>({}),
  handle: async (_input, { database, caller }) => ({
    AccessKeys: (await database.listAccessKeys(caller)).map((key) => ({
      AccessKeyId: key.accessKeyId,
      UserName: key.userName,
      Status: key.status,
      CreateDate: key.createdAtMs / 1000,
    })),
  }),
})
