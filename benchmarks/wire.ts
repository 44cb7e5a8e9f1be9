import { createHash, createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'

/** A signed call, ready to be sent as often as wanted while its signature is fresh: signing is not part of what is measured. */
export interface PreparedCall {
  readonly headers: Record<string, string>
  readonly body: Buffer
}

export interface Target {
  readonly endpoint: URL
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()

/** Signature version 4 over the headers that the SDKs sign. */
export class Signer {
  readonly #target: Target
  #key: { readonly date: string; readonly bytes: Buffer } | undefined

  constructor(target: Target) {
    this.#target = target
  }

  /** Of a request with a body of that SHA-256. */
  headers(operation: string, bodyHash: string): Record<string, string> {
    const { endpoint, accessKeyId, region } = this.#target
    const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
    const date = amzDate.slice(0, 8)
    const signed: Record<string, string> = {
      'content-type': 'application/x-amz-json-1.0',
      host: endpoint.host,
      'x-amz-date': amzDate,
      'x-amz-target': `Timestream_20181101.${operation}`,
    }
    const names = Object.keys(signed).join(';')
    const canonical = ['POST', '/', '', ...Object.entries(signed).map(([k, v]) => `${k}:${v}`), '', names, bodyHash].join('\n')
    const scope = `${date}/${region}/timestream/aws4_request`
    const signature = hmac(this.#keyOf(date), ['AWS4-HMAC-SHA256', amzDate, scope, sha256(canonical)].join('\n')).toString('hex')
    return {
      ...signed,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    }
  }

  #keyOf(date: string): Buffer {
    if (this.#key?.date === date) return this.#key.bytes
    const { region, secretAccessKey } = this.#target
    const bytes = [region, 'timestream', 'aws4_request'].reduce((key, part) => hmac(key, part), hmac(`AWS4${secretAccessKey}`, date))
    this.#key = { date, bytes }
    return bytes
  }
}

export function prepare(target: Target, operation: string, input: object, signer = new Signer(target)): PreparedCall {
  const body = Buffer.from(JSON.stringify(input))
  return {
    body,
    headers: { ...signer.headers(operation, sha256(body)), 'content-length': String(body.length) },
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 })

/** Sends; resolves with the answer's text, throws unless it is 200. */
export const send = async (target: Target, prepared: PreparedCall): Promise<string> => (await sendForBytes(target, prepared)).toString()

function sendForBytes(target: Target, prepared: PreparedCall): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        method: 'POST',
        path: '/',
        hostname: target.endpoint.hostname,
        port: target.endpoint.port,
        headers: prepared.headers,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
          if (response.statusCode === 200) resolve(bytes)
          else reject(new Error(`${response.statusCode}: ${bytes.toString('utf8', 0, 500)}`))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(prepared.body)
  })
}

export const call = async <T>(target: Target, operation: string, input: object): Promise<T> =>
  JSON.parse(await send(target, prepare(target, operation, input))) as T

const nextToken = /"NextToken":"([^"]+)"/
const rowStart = Buffer.from('{"Data":[')
/** The token stands before the rows or behind them. */
const edgeBytes = 4000

/** Follows NextToken to the end, counting rows (of scalars) without decoding them; answers their number. */
export async function queryAll(target: Target, queryString: string, maxRows?: number): Promise<number> {
  const signer = new Signer(target)
  let rows = 0
  let token: string | undefined
  do {
    const input = {
      QueryString: queryString,
      ...(token !== undefined && { NextToken: token }),
      ...(maxRows !== undefined && { MaxRows: maxRows }),
    }
    const page = await sendForBytes(target, prepare(target, 'Query', input, signer))
    for (let at = page.indexOf(rowStart); at >= 0; at = page.indexOf(rowStart, at + rowStart.length)) rows++
    token =
      nextToken.exec(page.toString('latin1', 0, edgeBytes))?.[1] ??
      nextToken.exec(page.toString('latin1', Math.max(0, page.length - edgeBytes)))?.[1]
  } while (token !== undefined)
  return rows
}

/** Runs `count` calls of `work(i)` with at most `width` under way. */
export async function inParallel(count: number, width: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await work(next++)
    }),
  )
}
