import type { IncomingHttpHeaders } from 'node:http'

/**
 * The text that a version 4 signature covers. Source: "Create a signed AWS API request", step 1.
 * `signedHeaders` are names in lower case in the order in which the signer listed them.
 */
export function canonicalRequest(
  method: string,
  path: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const headerLines = signedHeaders.map((name) => `${name}:${canonicalValue(headers[name])}\n`).join('')
  return [method, canonicalPath(path), canonicalQuery(query), headerLines, signedHeaders.join(';'), payloadHash].join('\n')
}

function canonicalValue(value: string | readonly string[] | undefined): string {
  const text = typeof value === 'object' ? value.join(',') : (value ?? '')
  return text.trim().replace(/\s+/g, ' ')
}

/** The path as it came, each segment encoded once more. */
function canonicalPath(path: string): string {
  return path.split('/').map(uriEncode).join('/')
}

/** Sorted by encoded name, then value; the signature itself is not part of what it signs. */
function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** RFC 3986: all but letters, digits and `-._~`. */
const uriEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
