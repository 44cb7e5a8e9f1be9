import { ServerError } from '../../base/errors.ts'
import type { Access, CreateSessionInput } from '../../database/access/access.ts'
import type { Caller } from '../../database/caller.ts'
import type { XmlValue } from './xml.ts'

interface Context {
  readonly access: Access
  readonly caller: Caller
}

type Action = (form: URLSearchParams, context: Context) => XmlValue | Promise<XmlValue>

const defaultSessionSeconds = 43_200
const defaultRoleSeconds = 3600
const leastSeconds = 900
const mostSessionSeconds = 129_600
const mostRoleSeconds = 43_200

export const stsActions: Readonly<Record<string, Action>> = {
  GetCallerIdentity: (_form, { access, caller }) => {
    const { arn, accountId, userName } = access.identity(caller)
    return { Arn: arn, UserId: userName === 'root' ? accountId : userName, Account: accountId }
  },

  GetSessionToken: async (form, { access, caller }) => {
    if (form.has('SerialNumber') || form.has('TokenCode')) {
      throw new ServerError('VALIDATION', 'There are no MFA devices here: leave out SerialNumber and TokenCode')
    }
    return {
      Credentials: await credentials(access, caller, { durationSeconds: duration(form, defaultSessionSeconds, mostSessionSeconds) }),
    }
  },

  /** A role is the user of its name: whoever may make credentials for that user assumes it. */
  AssumeRole: async (form, { access, caller }) => {
    const [, account = '', roleName = ''] =
      /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:[\w+=,.@/-]+\/)?([\w+=,.@-]{1,64})$/.exec(required(form, 'RoleArn')) ?? []
    const sessionName = required(form, 'RoleSessionName')
    if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
      throw new ServerError('VALIDATION', 'RoleSessionName must have from 2 to 64 letters, digits or +=,.@-_')
    const { accountId } = access.identity(caller)
    if (roleName === '' || account !== accountId) {
      throw new ServerError('VALIDATION', `RoleArn must be arn:aws:iam::${accountId}:role/USER, with a user of this server`)
    }
    const policy = form.get('Policy')
    const session = await credentials(access, caller, {
      userName: roleName,
      durationSeconds: duration(form, defaultRoleSeconds, mostRoleSeconds),
      ...(policy !== null && { policy }),
    })
    return {
      Credentials: session,
      AssumedRoleUser: {
        AssumedRoleId: `${roleName}:${sessionName}`,
        Arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
      },
    }
  },
}

async function credentials(access: Access, caller: Caller, input: CreateSessionInput): Promise<XmlValue> {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = await access.createSession(caller, input)
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: `${new Date(expiresAtMs).toISOString().slice(0, 19)}Z`,
  }
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name)
  if (value === null || value === '') throw new ServerError('VALIDATION', `${name} is missing`)
  return value
}

function duration(form: URLSearchParams, fallback: number, most: number): number {
  const text = form.get('DurationSeconds')
  if (text === null) return fallback
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (seconds >= leastSeconds && seconds <= most) return seconds
  throw new ServerError('VALIDATION', `DurationSeconds must be from ${leastSeconds} to ${most}, not ${JSON.stringify(text.slice(0, 40))}`)
}
