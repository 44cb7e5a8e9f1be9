import { describe, expect, it } from 'vitest'
import { presignedUrl, signedHeaders, type SigningOptions } from '../../../tests/api/sign-request.ts'
import type { AccessKey } from '../../database/caller.ts'
import type { SignedRequest } from './claim.ts'
import { SignatureVerifier } from './signature-v4.ts'

const nowMs = Date.UTC(2026, 10, 23, 0, 10)
const permanent: AccessKey = {
  accessKeyId: 'AKIDROOT',
  secretAccessKey: 'root/secret+key',
  principal: { name: 'root', accessKeyId: 'AKIDROOT', isRoot: true },
  status: 'active',
}
const temporary: AccessKey = { ...permanent, accessKeyId: 'ASIATEMP', sessionToken: 'a/token+of=many', expiresAtMs: nowMs + 1000 }
const revoked: AccessKey = { ...permanent, accessKeyId: 'AKIDGONE', status: 'revoked' }
const keys = [permanent, temporary, revoked]

const target = 'Timestream_20181101.Query'
const body = Buffer.from('{"QueryString":"SELECT \'ü\'"}')
const at = (offsetMs: number): Date => new Date(nowMs + offsetMs)

async function request(options: SigningOptions = {}, headers: Record<string, string> = {}): Promise<SignedRequest> {
  const signed = await signedHeaders({ target, body, headers }, { signingDate: at(0), ...options })
  return { method: 'POST', path: '/', query: new URLSearchParams(), headers: lowerCase(signed), body }
}

async function presigned(
  options: SigningOptions & { expiresIn?: number } = {},
  headers: Record<string, string> = {},
): Promise<SignedRequest> {
  const { url, headers: signed } = await presignedUrl({ target, body, headers }, { signingDate: at(0), ...options })
  return { method: 'POST', path: '/', query: new URLSearchParams(url.slice(2)), headers: lowerCase(signed), body }
}

const lowerCase = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

function verify(signed: SignedRequest, now = nowMs): AccessKey {
  return new SignatureVerifier((id) => keys.find((key) => key.accessKeyId === id)).verify(signed, now)
}

function refusal(signed: SignedRequest, now = nowMs): string {
  try {
    verify(signed, now)
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return `${code}: ${message}`
  }
  throw new Error('it was accepted')
}

const withAuthorization = (signed: SignedRequest, authorization: string): SignedRequest => ({
  ...signed,
  headers: { ...signed.headers, authorization },
})
const changed = (signed: SignedRequest, from: string | RegExp, to: string): SignedRequest =>
  withAuthorization(signed, signed.headers.authorization!.replace(from, to))

describe('a signature in the Authorization header', () => {
  it('is accepted when the SDK made it, in any region', async () => {
    expect(verify(await request())).toBe(permanent)
    expect(verify(await request({ region: 'eu-central-1' }))).toBe(permanent)
  })

  it('is accepted with further headers signed, spaces folded, and a token beside a permanent key', async () => {
    expect(
      verify(await request({ sessionToken: 'whatever' }, { 'x-amz-api-version': '2018-11-01', 'x-amz-user-agent': '  aws   sdk ' })),
    ).toBe(permanent)
  })

  it('is accepted without a declared hash of the body', async () => {
    const signed = await request({}, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' })
    expect(verify({ ...signed, body: Buffer.from('{}') })).toBe(permanent)
  })

  it('is accepted up to 15 minutes off, and refused beyond with the times in the message', async () => {
    expect(verify(await request({ signingDate: at(-15 * 60_000) }))).toBe(permanent)
    expect(verify(await request({ signingDate: at(15 * 60_000) }))).toBe(permanent)
    expect(refusal(await request({ signingDate: at(-15 * 60_000 - 1000) }))).toBe(
      'INVALID_SIGNATURE: Signature expired: 20261122T235459Z is now earlier than 20261122T235500Z (20261123T001000Z - 15 min.)',
    )
    expect(refusal(await request({ signingDate: at(15 * 60_000 + 1000) }))).toBe(
      'INVALID_SIGNATURE: Signature not yet current: 20261123T002501Z is still later than 20261123T002500Z (20261123T001000Z + 15 min.)',
    )
  })

  it('is refused when anything that it covers was changed', async () => {
    const signed = await request()
    const mismatch = /^INVALID_SIGNATURE: The request signature we calculated does not match the signature you provided\./
    expect(refusal({ ...signed, body: Buffer.from('{}') })).toMatch(/does not match what was computed/)
    expect(refusal({ ...signed, headers: { ...signed.headers, 'x-amz-content-sha256': undefined }, body: Buffer.from('{}') })).toMatch(
      mismatch,
    )
    expect(refusal({ ...signed, method: 'PUT' })).toMatch(mismatch)
    expect(refusal({ ...signed, path: '/x' })).toMatch(mismatch)
    expect(refusal({ ...signed, query: new URLSearchParams('a=b') })).toMatch(mismatch)
    expect(refusal({ ...signed, headers: { ...signed.headers, host: 'elsewhere' } })).toMatch(mismatch)
    expect(refusal({ ...signed, headers: { ...signed.headers, 'x-amz-target': 'Timestream_20181101.DeleteTable' } })).toMatch(mismatch)
    expect(refusal(changed(signed, /Signature=./, 'Signature=g'))).toMatch(mismatch)
    expect(refusal(changed(signed, /Signature=.*/, 'Signature=00'))).toMatch(mismatch)
    expect(refusal(await request({ secretAccessKey: 'wrong' }))).toMatch(mismatch)
  })

  it('is refused for keys that are unknown, revoked, or have lost their session', async () => {
    const invalidToken = 'UNRECOGNIZED_CLIENT: The security token included in the request is invalid.'
    expect(refusal(await request({ accessKeyId: 'AKIDNOBODY' }))).toBe(invalidToken)
    expect(refusal(await request({ accessKeyId: 'AKIDGONE' }))).toBe(invalidToken)
    expect(refusal(await request({ accessKeyId: 'ASIATEMP' }))).toBe(invalidToken)
    expect(refusal(await request({ accessKeyId: 'ASIATEMP', sessionToken: 'another' }))).toBe(invalidToken)
    const signed = await request({ accessKeyId: 'ASIATEMP', sessionToken: 'a/token+of=many' })
    expect(verify(signed)).toBe(temporary)
    expect(refusal(signed, nowMs + 1000)).toBe('EXPIRED_TOKEN: The security token included in the request is expired')
  })

  it('is refused when host or target are not covered', async () => {
    const signed = await request()
    expect(refusal(changed(signed, 'host;', ''))).toBe("INVALID_SIGNATURE: 'host' must be a 'SignedHeader' in the AWS Authorization.")
    expect(refusal(changed(signed, ';x-amz-target', ''))).toBe(
      "INVALID_SIGNATURE: 'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
    )
  })

  it('is refused for another service, terminator or day', async () => {
    expect(refusal(await request({ service: 's3' }))).toBe(
      "INVALID_SIGNATURE: Credential should be scoped to correct service: 'timestream'.",
    )
    const signed = await request()
    expect(refusal(changed(signed, 'aws4_request', 'aws5_request'))).toContain("valid terminator: 'aws4_request'")
    expect(refusal(changed(signed, '/20261123/', '/20261122/'))).toContain("'20261122' != '20261123', from '20261123T001000Z'")
    expect(refusal(changed(signed, '/us-east-1/', '/US EAST/'))).toContain('valid region')
  })

  it.each([
    [{}, 'MISSING_AUTHENTICATION_TOKEN: Missing Authentication Token'],
    [{ authorization: '' }, 'MISSING_AUTHENTICATION_TOKEN: Missing Authentication Token'],
    [
      { authorization: 'Bearer secret' },
      "INCOMPLETE_SIGNATURE: Unsupported AWS 'algorithm': 'Bearer'. Only 'AWS4-HMAC-SHA256' is supported.",
    ],
    [
      { authorization: 'AWS4-HMAC-SHA256' },
      "INCOMPLETE_SIGNATURE: Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    ],
    [
      { authorization: 'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0', 'x-amz-date': '20261123T001000Z' },
      'INCOMPLETE_SIGNATURE: Credential must have exactly 5',
    ],
    [
      { authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=Host, Signature=0', 'x-amz-date': '20261123T001000Z' },
      "INCOMPLETE_SIGNATURE: 'SignedHeaders' must be",
    ],
    [
      { authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0', 'x-amz-date': 'yesterday' },
      "INCOMPLETE_SIGNATURE: Date must be in ISO-8601 'basic format'",
    ],
    [
      { authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0', 'x-amz-date': '20261399T001000Z' },
      'INCOMPLETE_SIGNATURE: Date must be',
    ],
  ])('is refused when it is incomplete: %j', (headers, message) => {
    expect(refusal({ method: 'POST', path: '/', query: new URLSearchParams(), headers, body })).toContain(message)
  })
})

describe('a presigned query string', () => {
  it('is accepted until it expires', async () => {
    const signed = await presigned({ expiresIn: 3600 })
    expect(verify(signed, nowMs + 3_600_000)).toBe(permanent)
    expect(refusal(signed, nowMs + 3_601_000)).toBe(
      'INVALID_SIGNATURE: Signature expired: 20261123T011000Z is now earlier than 20261123T011001Z',
    )
    expect(refusal(signed, nowMs - 16 * 60_000)).toContain('Signature not yet current')
  })

  it('carries the session token', async () => {
    expect(verify(await presigned({ accessKeyId: 'ASIATEMP', sessionToken: 'a/token+of=many' }))).toBe(temporary)
  })

  it('is refused when a parameter or the body was changed', async () => {
    const signed = await presigned()
    const query = new URLSearchParams(signed.query)
    query.set('X-Amz-Expires', '301')
    expect(refusal({ ...signed, query })).toMatch(/^INVALID_SIGNATURE: The request signature/)
    expect(refusal({ ...signed, body: Buffer.from('{}') })).toMatch(/^INVALID_SIGNATURE: The request signature/)
  })

  it.each([
    ['X-Amz-Expires', '0', /^INCOMPLETE_SIGNATURE: 'X-Amz-Expires'/],
    ['X-Amz-Expires', '604801', /^INCOMPLETE_SIGNATURE: 'X-Amz-Expires'/],
    ['X-Amz-Expires', '-1', /^INCOMPLETE_SIGNATURE: 'X-Amz-Expires'/],
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA1', /^INCOMPLETE_SIGNATURE: Unsupported AWS 'algorithm'/],
    ['X-Amz-Credential', '', /^INCOMPLETE_SIGNATURE: AWS query-string parameters must include 'X-Amz-Credential'\./],
  ])('is refused with %s=%s', async (name, value, message) => {
    const signed = await presigned()
    const query = new URLSearchParams(signed.query)
    query.set(name, value)
    expect(refusal({ ...signed, query })).toMatch(message)
  })
})
