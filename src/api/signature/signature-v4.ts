import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ServerError } from '../../base/errors.ts'
import type { AccessKey } from '../../database/caller.ts'
import { canonicalRequest } from './canonical-request.ts'
import { readSignature, type SignatureClaim, type SignedRequest } from './claim.ts'
import { SigningKeys } from './signing-keys.ts'

const algorithm = 'AWS4-HMAC-SHA256'
const clockSkewMs = 15 * 60_000
const longestPresignMs = 7 * 24 * 3_600_000
const unsignedPayload = 'UNSIGNED-PAYLOAD'

const invalidToken = 'The security token included in the request is invalid.'
const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

/**
 * Verifies AWS signatures version 4, in the Authorization header or presigned in the query string. Failures are those that AWS answers.
 * Source: "AWS Signature Version 4 for API requests"; message texts as AWS services send them.
 */
export class SignatureVerifier {
  readonly #findAccessKey: (accessKeyId: string, sessionToken?: string) => AccessKey | undefined
  readonly #service: string
  readonly #signingKeys = new SigningKeys()

  /** `service`: which the credentials must be scoped to. */
  constructor(findAccessKey: (accessKeyId: string, sessionToken?: string) => AccessKey | undefined, service = 'timestream') {
    this.#findAccessKey = findAccessKey
    this.#service = service
  }

  /** Answers the key that signed. @throws ServerError of the group "who is asking". */
  verify(request: SignedRequest, nowMs: number): AccessKey {
    const claim = readSignature(request)
    checkScope(claim, this.#service)
    checkTime(claim, nowMs)
    checkSignedHeaders(claim, request)
    const key = this.#findAccessKey(claim.accessKeyId, claim.sessionToken)
    if (!key || key.status !== 'active') throw new ServerError('UNRECOGNIZED_CLIENT', invalidToken)
    this.#checkSignature(claim, request, key)
    checkSession(claim, key, nowMs)
    return key
  }

  #checkSignature(claim: SignatureClaim, request: SignedRequest, key: AccessKey): void {
    const { method, path, query, headers } = request
    const canonical = canonicalRequest(method, path, query, headers, claim.signedHeaders, payloadHash(claim, request.body))
    const scope = `${claim.shortDate}/${claim.region}/${claim.service}/${claim.terminator}`
    const stringToSign = `${algorithm}\n${claim.dateText}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
    const signingKey = this.#signingKeys.derive(key, claim.shortDate, claim.region, this.#service)
    const expected = createHmac('sha256', signingKey).update(stringToSign).digest()
    const given = Buffer.from(claim.signature, 'hex')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new ServerError('INVALID_SIGNATURE', mismatch)
    this.#signingKeys.keep(key, claim.shortDate, claim.region, signingKey)
  }
}

/** The hash of the body, which a declared hash must equal; or the word that leaves the body unsigned. */
function payloadHash(claim: SignatureClaim, body: Uint8Array): string {
  if (claim.contentHash === unsignedPayload) return unsignedPayload
  const hash = createHash('sha256').update(body).digest('hex')
  if (claim.contentHash !== undefined && claim.contentHash !== hash) {
    throw new ServerError('INVALID_SIGNATURE', "The provided 'x-amz-content-sha256' header does not match what was computed.")
  }
  return hash
}

function checkScope(claim: SignatureClaim, service: string): void {
  const problems: string[] = []
  if (claim.service !== service) problems.push(`Credential should be scoped to correct service: '${service}'.`)
  if (claim.terminator !== 'aws4_request') problems.push("Credential should be scoped with a valid terminator: 'aws4_request'.")
  if (!/^[a-z0-9-]{1,40}$/.test(claim.region)) problems.push('Credential should be scoped to a valid region.')
  if (claim.shortDate !== claim.dateText.slice(0, 8)) {
    problems.push(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.shortDate}' != '${claim.dateText.slice(0, 8)}', from '${claim.dateText}'.`,
    )
  }
  if (problems.length > 0) throw new ServerError('INVALID_SIGNATURE', problems.join(' '))
}

function checkTime(claim: SignatureClaim, nowMs: number): void {
  const { dateMs, dateText, expiresMs } = claim
  if (dateMs > nowMs + clockSkewMs) {
    throw new ServerError(
      'INVALID_SIGNATURE',
      `Signature not yet current: ${dateText} is still later than ${basicTime(nowMs + clockSkewMs)} (${basicTime(nowMs)} + 15 min.)`,
    )
  }
  if (expiresMs === undefined) {
    if (dateMs >= nowMs - clockSkewMs) return
    throw new ServerError(
      'INVALID_SIGNATURE',
      `Signature expired: ${dateText} is now earlier than ${basicTime(nowMs - clockSkewMs)} (${basicTime(nowMs)} - 15 min.)`,
    )
  }
  if (!(expiresMs > 0 && expiresMs <= longestPresignMs)) {
    throw new ServerError('INCOMPLETE_SIGNATURE', "'X-Amz-Expires' must be a number of seconds from 1 to 604800 (one week).")
  }
  if (nowMs > dateMs + expiresMs) {
    throw new ServerError(
      'INVALID_SIGNATURE',
      `Signature expired: ${basicTime(dateMs + expiresMs)} is now earlier than ${basicTime(nowMs)}`,
    )
  }
}

/** Host says which server was meant, the target which operation: neither may be changed on the way. */
function checkSignedHeaders(claim: SignatureClaim, request: SignedRequest): void {
  const must = ['host', ...(request.headers['x-amz-target'] === undefined ? [] : ['x-amz-target'])]
  for (const name of must) {
    if (claim.signedHeaders.includes(name)) continue
    throw new ServerError('INVALID_SIGNATURE', `'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
  }
}

/** Temporary credentials come with their token; a token beside a permanent key is signed but says nothing. */
function checkSession(claim: SignatureClaim, key: AccessKey, nowMs: number): void {
  if (key.sessionToken !== undefined && !sameText(claim.sessionToken ?? '', key.sessionToken)) {
    throw new ServerError('UNRECOGNIZED_CLIENT', invalidToken)
  }
  if (key.expiresAtMs !== undefined && nowMs >= key.expiresAtMs) {
    throw new ServerError('EXPIRED_TOKEN', 'The security token included in the request is expired')
  }
}

function sameText(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}

/** ISO 8601 basic format: `20150830T123600Z`. */
function basicTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-:]|\.\d+/g, '')
}
