import { operation } from '../../operation.ts'
import { integer, structure } from '../../shape.ts'
import { own, policyText, principalName } from './shapes.ts'

interface Input {
  UserName?: string | undefined
  DurationSeconds?: number | undefined
  Policy?: string | undefined
}

interface Output {
  readonly Credentials: {
    readonly AccessKeyId: string
    readonly SecretAccessKey: string
    readonly SessionToken: string
    /** Seconds since the epoch. */
    readonly Expiration: number
  }
}

export const createSession = operation<Input, Output>({
  ...own('CreateSession'),
  summary: 'Makes temporary credentials for the caller, or for a user, narrowed by a policy if one is given.',
  input: structure<Input>({ UserName: principalName, DurationSeconds: integer({ min: 1, max: 129_600 }), Policy: policyText }),
  handle: async ({ UserName, DurationSeconds, Policy }, { database, caller }) => {
    const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = await database.access.createSession(caller, {
      ...(UserName !== undefined && { userName: UserName }),
      ...(DurationSeconds !== undefined && { durationSeconds: DurationSeconds }),
      ...(Policy !== undefined && { policy: Policy }),
    })
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: expiresAtMs / 1000,
      },
    }
  },
})
