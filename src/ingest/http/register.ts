import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BodyBudget } from '../../base/body-budget.ts'
import type { Clock } from '../../base/clock.ts'
import { ServerError, type ErrorCode } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import { newRequestId } from '../../base/request-id.ts'
import type { AccessKey, Caller, Principal } from '../../database/caller.ts'
import type { Connector, ConnectorRoute, IngestAnswer, OpenConnector } from '../connector.ts'
import { type KeyFinder, keyOf } from './authenticate.ts'

export interface IngestHttpOptions {
  readonly connectors: readonly Connector[]
  readonly receiver: (type: string) => { readonly open: OpenConnector } | undefined
  readonly keys: KeyFinder
  /** Verifies AWS signatures. @throws ServerError */
  readonly verifySignature: (request: SignedIngestRequest) => AccessKey
  readonly budget: BodyBudget
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  readonly onCall?: (call: {
    readonly operation: string
    readonly status: number
    readonly durationMs: number
    readonly errorCode?: ErrorCode
  }) => void
}

export interface SignedIngestRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: FastifyRequest['headers']
  readonly body: Buffer
}

const nobody: Principal = { name: 'anonymous', accessKeyId: '', isRoot: false }

/** Serves the routes of all HTTP receivers, in a scope of their own; one that does not run answers 503. */
export function registerIngest(app: FastifyInstance, options: IngestHttpOptions): void {
  const { connectors, limits, budget } = options
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: limits.ingestBodyBytes }, (_request, body, done) => done(null, body))
    scope.addHook('onRequest', (request, reply, done) => {
      budget.reserve(request.raw, reply.raw, limits.ingestBodyBytes)
      done()
    })
    for (const connector of connectors) {
      for (const route of connector.routes ?? []) {
        scope.route({
          method: route.method,
          url: route.path,
          bodyLimit: limits.ingestBodyBytes,
          handler: (request, reply) => serve(options, connector, route, request, reply),
          errorHandler: (error: FastifyError, _request, reply) => {
            const open = options.receiver(connector.type)?.open
            send(reply, failureOf(open, requestError(error, limits), route))
          },
        })
      }
    }
  })
}

async function serve(
  options: IngestHttpOptions,
  connector: Connector,
  route: ConnectorRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { clock, log, onCall } = options
  const startMs = clock.monotonicMs()
  const requestId = newRequestId()
  const open = options.receiver(connector.type)?.open
  let caller: Caller | undefined
  let answer: IngestAnswer
  let error: ServerError | undefined
  try {
    if (open?.handle === undefined) throw new ServerError('SHUTTING_DOWN', `The connector ${connector.type} is stopped.`)
    const read = readRequest(request)
    caller = callerOf(options, route, request, read, requestId)
    answer = await open.handle({ route: route.name, caller, query: read.query, headers: request.headers, body: read.body })
  } catch (thrown) {
    error = thrown instanceof ServerError ? thrown : new ServerError('INTERNAL', 'Internal server error', { cause: thrown })
    answer = failureOf(open, error, route)
  }
  const durationMs = clock.monotonicMs() - startMs
  const operation = `${connector.type}.${route.name}`
  const data = {
    requestId,
    operation,
    status: answer.status,
    durationMs: Math.round(durationMs * 1000) / 1000,
    ...(caller && { principal: caller.principal.name }),
  }
  if (answer.status >= 500) log.error('ingest.call', { ...data, error: error?.message, cause: (error?.cause as Error | undefined)?.stack })
  else log.debug('ingest.call', { ...data, ...(error && { error: error.message }) })
  onCall?.({ operation, status: answer.status, durationMs, ...(error && { errorCode: error.code }) })
  return send(reply.header('x-request-id', requestId), answer)
}

function readRequest(request: FastifyRequest): SignedIngestRequest {
  const url = request.raw.url ?? '/'
  const mark = url.indexOf('?')
  return {
    method: request.method,
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers: request.headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  }
}

function callerOf(
  options: IngestHttpOptions,
  route: ConnectorRoute,
  request: FastifyRequest,
  read: SignedIngestRequest,
  requestId: string,
): Caller {
  const isSigned = request.headers.authorization?.startsWith('AWS4-') === true || read.query.has('X-Amz-Signature')
  const principal = route.open
    ? nobody
    : (isSigned ? options.verifySignature(read) : keyOf(read, options.keys, options.clock.nowMs())).principal
  const userAgent = request.headers['user-agent']
  return {
    principal,
    requestId,
    secureTransport: request.protocol === 'https',
    ...(request.ip && { sourceIp: request.ip }),
    ...(userAgent !== undefined && { userAgent }),
  }
}

function failureOf(open: OpenConnector | undefined, error: ServerError, route: ConnectorRoute): IngestAnswer {
  const special = open?.failure?.(error, route.name)
  if (special !== undefined) return special
  const message = error.definition.masked ? 'Internal server error' : error.message
  return { status: httpStatus(error), headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${message}\n` }
}

/** What clients of other databases expect: those that prove nobody get 401, a stopped server 503. */
export function httpStatus(error: ServerError): number {
  switch (error.code) {
    case 'MISSING_AUTHENTICATION_TOKEN':
    case 'UNRECOGNIZED_CLIENT':
    case 'INVALID_SIGNATURE':
    case 'INCOMPLETE_SIGNATURE':
    case 'EXPIRED_TOKEN':
      return 401
    case 'SHUTTING_DOWN':
      return 503
    case 'REJECTED_RECORDS':
      return 400
    default:
      return error.definition.status
  }
}

function send(reply: FastifyReply, { status, headers, body }: IngestAnswer): FastifyReply {
  reply.code(status)
  if (status === 401) reply.header('www-authenticate', 'Basic realm="tidemark"')
  if (status === 429) reply.header('retry-after', '1')
  for (const [name, value] of Object.entries(headers ?? {})) reply.header(name, value)
  return reply.send(body === undefined ? undefined : Buffer.from(body))
}

/** What the HTTP library refuses before there is a request to handle. */
function requestError(error: FastifyError | ServerError, limits: Limits): ServerError {
  if (error instanceof ServerError) return error
  if (error.statusCode === 413) return new ServerError('REQUEST_TOO_LARGE', `The body is larger than ${limits.ingestBodyBytes} bytes`)
  if (error.statusCode === 408) return new ServerError('REQUEST_TIMEOUT', 'The request did not arrive in time')
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new ServerError('SERIALIZATION', error.message)
  return new ServerError('INTERNAL', 'Internal server error', { cause: error })
}
