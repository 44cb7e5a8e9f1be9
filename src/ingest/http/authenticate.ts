import { timingSafeEqual, createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ServerError } from '../../base/errors.ts'
import type { AccessKey } from '../../database/caller.ts'

export interface HttpCredentials {
  readonly headers: IncomingHttpHeaders
  readonly query: URLSearchParams
}

export interface KeyFinder {
  findAccessKey(accessKeyId: string, sessionToken?: string): AccessKey | undefined
}

/**
 * Whose key a request brings, as clients of other databases send them: Basic (access key id, secret), `Token ID:SECRET` and `Bearer ID:SECRET`
 * (the token may follow as a third part for temporary credentials), or `u` and `p` in the query as InfluxDB 1 takes them.
 * @throws ServerError MISSING_AUTHENTICATION_TOKEN, UNRECOGNIZED_CLIENT, EXPIRED_TOKEN
 */
export function keyOf({ headers, query }: HttpCredentials, keys: KeyFinder, nowMs: number): AccessKey {
  const { id, rest } = claimOf(headers.authorization, query)
  const colon = rest.indexOf(':')
  const key = keys.findAccessKey(id, rest.slice(colon + 1))
  // compared even when there is no such key, so that the time does not tell
  const expected = key?.sessionToken === undefined ? (key?.secretAccessKey ?? '') : `${key.secretAccessKey}:${key.sessionToken}`
  if (!sameText(rest, expected) || key === undefined || key.status !== 'active') {
    throw new ServerError('UNRECOGNIZED_CLIENT', 'The access key id or its secret is wrong.')
  }
  if (key.expiresAtMs !== undefined && nowMs >= key.expiresAtMs) throw new ServerError('EXPIRED_TOKEN', 'The security token has expired.')
  return key
}

interface Claim {
  readonly id: string
  /** The secret, and for temporary credentials a colon and the token behind it. */
  readonly rest: string
}

function claimOf(authorization: string | undefined, query: URLSearchParams): Claim {
  if (authorization === undefined) {
    const id = query.get('u')
    if (id !== null) return { id, rest: query.get('p') ?? '' }
    throw new ServerError(
      'MISSING_AUTHENTICATION_TOKEN',
      'Who is asking is missing: send Authorization: Basic (access key id and secret), Token ID:SECRET, or a signature.',
    )
  }
  const [, scheme = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(authorization) ?? []
  const text = scheme.toLowerCase() === 'basic' ? Buffer.from(rest, 'base64').toString() : rest
  if (!['basic', 'token', 'bearer'].includes(scheme.toLowerCase())) {
    throw new ServerError('MISSING_AUTHENTICATION_TOKEN', 'Authorization must be Basic, Token, Bearer or AWS4-HMAC-SHA256.')
  }
  const colon = text.indexOf(':')
  return colon < 0 ? { id: text, rest: '' } : { id: text.slice(0, colon), rest: text.slice(colon + 1) }
}

function sameText(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}
