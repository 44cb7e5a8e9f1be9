import type { IncomingHttpHeaders } from 'node:http'
import { ServerError } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import type { Caller } from '../database/caller.ts'
import type { Database } from '../database/database.ts'
import { checkShape } from './check-shape.ts'
import { jsonText } from './json-text.ts'
import type { CallContext, Operation } from './operation.ts'
import { operations } from './operations/list.ts'
import { writeRecords } from './operations/write-records.ts'
import { parseBody } from '../base/parse-json.ts'
import type { SignatureVerifier } from './signature/signature-v4.ts'
import type { WriteBodyReader } from './write-body/write-body-reader.ts'

export interface ApiRequest {
  readonly requestId: string
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly scheme: 'http' | 'https'
  readonly sourceIp?: string
}

export interface Dispatcher {
  readonly database: Database
  readonly limits: Limits
  readonly verifier: SignatureVerifier
  readonly writeBodies: WriteBodyReader
  readonly nowMs: () => number
}

/** Target prefixes: both AWS services share the first, the second is our own. */
const prefixes = { aws: 'Timestream_20181101', tidemark: 'Tidemark_20261101' } as const
const contentTypes: ReadonlySet<string> = new Set(['application/x-amz-json-1.0', 'application/x-amz-json-1.1'])

const byTarget: ReadonlyMap<string, Operation> = new Map(
  operations.map((operation) => [`${operation.service === 'tidemark' ? prefixes.tidemark : prefixes.aws}.${operation.name}`, operation]),
)

/** The operation that a request asks for. @throws ServerError UNKNOWN_OPERATION */
export function findOperation(request: ApiRequest): Operation {
  const { method, headers, query } = request
  if (method !== 'POST') throw new ServerError('UNKNOWN_OPERATION', `Operations are called with POST, not ${method}`)
  const target = headers['x-amz-target'] ?? query.get('X-Amz-Target') ?? undefined
  if (typeof target !== 'string') {
    throw new ServerError('UNKNOWN_OPERATION', `The header X-Amz-Target is missing; it names the operation, e.g. ${prefixes.aws}.Query`)
  }
  const operation = byTarget.get(target)
  if (!operation) throw new ServerError('UNKNOWN_OPERATION', `Unknown operation: X-Amz-Target '${target.slice(0, 100)}'`)
  const contentType = headers['content-type'] ?? ''
  if (!contentTypes.has(contentType.split(';')[0]!.trim().toLowerCase())) {
    throw new ServerError('UNKNOWN_OPERATION', `Content-Type must be application/x-amz-json-1.0, not '${contentType.slice(0, 100)}'`)
  }
  return operation
}

/** Who asks: proven by the signature. @throws ServerError */
export function authenticate({ verifier, nowMs }: Pick<Dispatcher, 'verifier' | 'nowMs'>, request: ApiRequest): Caller {
  const { principal } = verifier.verify(request, nowMs())
  return {
    principal,
    requestId: request.requestId,
    secureTransport: request.scheme === 'https',
    userAgent: userAgentOf(request.headers),
    ...(request.sourceIp !== undefined && { sourceIp: request.sourceIp }),
  }
}

/** Answers the text of the response body. @throws ServerError */
export async function call(dispatcher: Dispatcher, operation: Operation, caller: Caller, request: ApiRequest): Promise<string> {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw new ServerError('SERIALIZATION', `Content-Encoding '${encoding.slice(0, 40)}' is not supported`)
  return jsonText(await begin(dispatcher, operation, caller, request))
}

/** Not async: no frame keeps the input while the operation waits for disks. */
function begin(dispatcher: Dispatcher, operation: Operation, caller: Caller, request: ApiRequest): Promise<object> {
  const context: CallContext = {
    database: dispatcher.database,
    limits: dispatcher.limits,
    caller,
    request: { scheme: request.scheme, host: request.headers.host ?? '', userAgent: userAgentOf(request.headers) },
  }
  return operation.handle(readInput(dispatcher, operation, request.body), context)
}

function readInput({ limits, writeBodies }: Dispatcher, operation: Operation, body: Buffer): object {
  const quick = operation === writeRecords ? writeBodies.read(body) : undefined
  return quick ?? checkShape(operation.input, parseBody(body), limits)
}

function userAgentOf(headers: IncomingHttpHeaders): string {
  return [headers['user-agent'], headers['x-amz-user-agent']].flat().join(' ')
}
