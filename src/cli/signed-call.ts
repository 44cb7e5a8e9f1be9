import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Connection } from './connection.ts'
import { ServiceFailure, unreachable } from './failure.ts'

/** The services of AWS, and what Tidemark adds to them. */
const targets = { aws: 'Timestream_20181101', tidemark: 'Tidemark_20261101' } as const

/** SHA-256, keyed or not, in the form that the signer asks for. */
class Sha256 {
  #hash: Hash | Hmac
  readonly #create: () => Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret === undefined || typeof secret === 'string' ? secret : bytesOf(secret)
    this.#create = key === undefined ? () => createHash('sha256') : () => createHmac('sha256', key)
    this.#hash = this.#create()
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {
    this.#hash = this.#create()
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}

/** Calls an operation of the server: AWS JSON 1.0, signed. Throws ServiceFailure, or the signal's reason. */
export async function signedCall<Output>(
  connection: Connection,
  service: keyof typeof targets,
  operation: string,
  input: object,
  signal?: AbortSignal,
): Promise<Output> {
  const url = new URL(connection.endpoint)
  const body = JSON.stringify(input)
  const signer = new SignatureV4({ service: 'timestream', region: connection.region, credentials: connection.credentials, sha256: Sha256 })
  const signed = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    query: {},
    headers: { host: url.host, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `${targets[service]}.${operation}` },
    body,
  })
  const { host: _host, ...headers } = signed.headers
  const response = await fetch(`${connection.endpoint}/`, { method: 'POST', headers, body, signal: signal ?? null }).catch(
    (error: unknown) => {
      signal?.throwIfAborted()
      throw unreachable(connection.endpoint, error)
    },
  )
  const text = await response.text()
  if (!response.ok) throw serviceFailure(response.status, text)
  return JSON.parse(text) as Output
}

function serviceFailure(status: number, text: string): ServiceFailure {
  try {
    const body = JSON.parse(text) as { readonly __type?: string; readonly Message?: string; readonly message?: string }
    return new ServiceFailure(body.__type?.replace(/^.*#/, '') ?? `status ${status}`, body.Message ?? body.message ?? '', body)
  } catch {
    return new ServiceFailure(`status ${status}`, 'the answer is not that of a Tidemark server')
  }
}
