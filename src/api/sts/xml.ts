import type { ErrorCode, ServerError } from '../../base/errors.ts'

/** A text, or elements by name. */
export type XmlValue = string | { readonly [name: string]: XmlValue }

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

export function elementText(action: string, result: XmlValue, requestId: string): string {
  const inner = `${element(`${action}Result`, result)}${element('ResponseMetadata', { RequestId: requestId })}`
  return `<${action}Response xmlns="${namespace}">${inner}</${action}Response>`
}

/** Where STS names an error otherwise than the JSON services do. Source: AWS STS API reference, "Common Error Types". */
const codes: Readonly<Partial<Record<ErrorCode, readonly [code: string, status: number]>>> = {
  VALIDATION: ['ValidationError', 400],
  RESOURCE_NOT_FOUND: ['AccessDenied', 403],
  ACCESS_DENIED: ['AccessDenied', 403],
  MALFORMED_POLICY_DOCUMENT: ['MalformedPolicyDocument', 400],
  UNKNOWN_OPERATION: ['InvalidAction', 400],
  MISSING_AUTHENTICATION_TOKEN: ['MissingAuthenticationToken', 403],
  UNRECOGNIZED_CLIENT: ['InvalidClientTokenId', 403],
  INVALID_SIGNATURE: ['SignatureDoesNotMatch', 403],
  INCOMPLETE_SIGNATURE: ['IncompleteSignature', 400],
  EXPIRED_TOKEN: ['ExpiredToken', 403],
}

export function errorText(
  error: ServerError,
  requestId: string,
): { readonly status: number; readonly exception: string; readonly body: string } {
  const { exception, status: ownStatus, blame, masked } = error.definition
  const [code, status] = codes[error.code] ?? [exception.replace(/Exception$/, ''), ownStatus]
  const message = masked ? 'Internal server error' : error.message
  const details = { Type: blame === 'client' ? 'Sender' : 'Receiver', Code: code, Message: message }
  const body = `<ErrorResponse xmlns="${namespace}">${element('Error', details)}${element('RequestId', requestId)}</ErrorResponse>`
  return { status, exception: code, body }
}

function element(name: string, value: XmlValue): string {
  const inner =
    typeof value === 'string'
      ? escaped(value)
      : Object.entries(value)
          .map(([child, each]) => element(child, each))
          .join('')
  return `<${name}>${inner}</${name}>`
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
/** Control characters have no place in XML 1.0. */
const escaped = (text: string): string => text.replace(/(?![\t\n\r])\p{Cc}/gu, '?').replace(/[&<>"]/g, (c) => escapes[c]!)
