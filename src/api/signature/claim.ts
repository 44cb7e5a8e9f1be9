import type { IncomingHttpHeaders } from 'node:http'
import { ServerError } from '../../base/errors.ts'

/** What a signature covers, as it came. */
export interface SignedRequest {
  readonly method: string
  /** Path without query, still encoded. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/** What a request says about its signature; nothing of it is proven yet. */
export interface SignatureClaim {
  readonly accessKeyId: string
  /** The parts of the credential scope. */
  readonly shortDate: string
  readonly region: string
  readonly service: string
  readonly terminator: string
  /** Lower case, in the signer's order. */
  readonly signedHeaders: readonly string[]
  /** 64 hexadecimal digits. */
  readonly signature: string
  /** `20150830T123600Z` */
  readonly dateText: string
  readonly dateMs: number
  /** Of presigned requests only. */
  readonly expiresMs?: number
  readonly sessionToken?: string
  /** The hash of the body as the signer declares it. */
  readonly contentHash?: string
}

const algorithm = 'AWS4-HMAC-SHA256'

/** @throws ServerError MISSING_AUTHENTICATION_TOKEN, INCOMPLETE_SIGNATURE, INVALID_SIGNATURE */
export function readSignature(request: SignedRequest): SignatureClaim {
  const { authorization } = request.headers
  if (authorization !== undefined && authorization !== '') return readHeader(authorization, request)
  if (request.query.has('X-Amz-Algorithm') || request.query.has('X-Amz-Signature')) return readQuery(request)
  throw new ServerError('MISSING_AUTHENTICATION_TOKEN', 'Missing Authentication Token')
}

function readHeader(authorization: string, request: SignedRequest): SignatureClaim {
  const [scheme = '', ...rest] = authorization.trim().split(/\s+/)
  if (scheme !== algorithm) throw unsupportedAlgorithm(scheme)
  const parameters = new Map(
    rest
      .join('')
      .split(',')
      .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const),
  )
  const dateHeader = header(request, 'x-amz-date') ?? header(request, 'date')
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !parameters.get(name))
    .map((name) => `Authorization header requires '${name}' parameter.`)
  if (dateHeader === undefined) missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  if (missing.length > 0) throw new ServerError('INCOMPLETE_SIGNATURE', missing.join(' '))
  const sessionToken = header(request, 'x-amz-security-token')
  const contentHash = header(request, 'x-amz-content-sha256')
  return {
    ...readCredential(parameters.get('Credential')!),
    ...readDate(dateHeader!),
    signedHeaders: readSignedHeaders(parameters.get('SignedHeaders')!),
    signature: readDigest(parameters.get('Signature')!),
    ...(sessionToken !== undefined && { sessionToken }),
    ...(contentHash !== undefined && { contentHash }),
  }
}

function readQuery(request: SignedRequest): SignatureClaim {
  const { query } = request
  const names = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date', 'X-Amz-Expires'] as const
  const missing = names.filter((name) => !query.get(name)).map((name) => `AWS query-string parameters must include '${name}'.`)
  if (missing.length > 0) throw new ServerError('INCOMPLETE_SIGNATURE', missing.join(' '))
  const [requestAlgorithm, credential, signature, signedHeaders, date, expires] = names.map((name) => query.get(name)!) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  if (requestAlgorithm !== algorithm) throw unsupportedAlgorithm(requestAlgorithm)
  const sessionToken = query.get('X-Amz-Security-Token')
  const contentHash = query.get('X-Amz-Content-Sha256') ?? header(request, 'x-amz-content-sha256')
  return {
    ...readCredential(credential),
    ...readDate(date),
    signedHeaders: readSignedHeaders(signedHeaders),
    signature: readDigest(signature),
    expiresMs: /^\d{1,9}$/.test(expires) ? Number(expires) * 1000 : Number.NaN,
    ...(sessionToken !== null && { sessionToken }),
    ...(contentHash !== undefined && { contentHash }),
  }
}

function readCredential(text: string): Pick<SignatureClaim, 'accessKeyId' | 'shortDate' | 'region' | 'service' | 'terminator'> {
  const parts = text.split('/')
  const [accessKeyId, shortDate, region, service, terminator] = parts
  if (parts.length !== 5 || !accessKeyId || !shortDate || !region || !service || !terminator) {
    throw new ServerError(
      'INCOMPLETE_SIGNATURE',
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term: 'keyid/20150830/us-east-1/timestream/aws4_request'.",
    )
  }
  return { accessKeyId, shortDate, region, service, terminator }
}

/** ISO 8601 basic format, or the format of the Date header. */
function readDate(text: string): Pick<SignatureClaim, 'dateText' | 'dateMs'> {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  const dateMs = Date.parse(match ? `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z` : text)
  if (Number.isNaN(dateMs) || (!match && !/^[A-Z][a-z]{2}, /.test(text))) {
    throw new ServerError('INCOMPLETE_SIGNATURE', "Date must be in ISO-8601 'basic format': 'YYYYMMDDTHHMMSSZ'.")
  }
  return { dateMs, dateText: match ? text : new Date(dateMs).toISOString().replace(/[-:]|\.\d+/g, '') }
}

function readSignedHeaders(text: string): readonly string[] {
  const names = text.split(';')
  if (names.length > 100 || names.some((name) => !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name))) {
    throw new ServerError('INCOMPLETE_SIGNATURE', "'SignedHeaders' must be header names in lower case with ';' between them.")
  }
  return names
}

function readDigest(text: string): string {
  return /^[0-9a-fA-F]{64}$/.test(text) ? text : ''
}

function header(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

function unsupportedAlgorithm(name: string): ServerError {
  const shown = /^[\w-]{1,40}$/.test(name) ? `: '${name}'` : ''
  return new ServerError('INCOMPLETE_SIGNATURE', `Unsupported AWS 'algorithm'${shown}. Only '${algorithm}' is supported.`)
}
