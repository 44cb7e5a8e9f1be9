import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'

export interface UnsignedRequest {
  readonly target?: string
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export interface SigningOptions {
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly sessionToken?: string
  readonly region?: string
  readonly service?: string
  readonly signingDate?: Date
}

/** The hash that the signer wants, over node's own. */
class Sha256 {
  readonly #hash

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key =
      typeof secret === 'string' || secret === undefined ? secret : Buffer.from(ArrayBuffer.isView(secret) ? secret.buffer : secret)
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest())
  }

  reset(): void {
    throw new Error('a hash is used once')
  }
}

function signer(options: SigningOptions): SignatureV4 {
  const {
    accessKeyId = 'AKIDROOT',
    secretAccessKey = 'root/secret+key',
    sessionToken,
    region = 'us-east-1',
    service = 'timestream',
  } = options
  return new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    region,
    service,
    sha256: Sha256,
  })
}

function httpRequest({ target, body, headers = {} }: UnsignedRequest) {
  return {
    method: 'POST',
    protocol: 'http:',
    hostname: 'localhost',
    port: 8470,
    path: '/',
    query: {},
    headers: {
      host: 'localhost:8470',
      'content-type': 'application/x-amz-json-1.0',
      ...(target !== undefined && { 'x-amz-target': target }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  }
}

/** The headers with a signature that the AWS SDK's own signer made. */
export async function signedHeaders(request: UnsignedRequest, options: SigningOptions = {}): Promise<Record<string, string>> {
  const signed = await signer(options).sign(httpRequest(request), { signingDate: options.signingDate ?? new Date() })
  return signed.headers
}

/** A presigned query string and the headers that belong to it. */
export async function presignedUrl(request: UnsignedRequest, options: SigningOptions & { readonly expiresIn?: number } = {}) {
  const { signingDate = new Date(), expiresIn = 300 } = options
  const signed = await signer(options).presign(httpRequest(request), {
    signingDate,
    expiresIn,
    unhoistableHeaders: new Set(['x-amz-target']),
  })
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  )
  return { url: `/?${query.join('&')}`, headers: signed.headers }
}
