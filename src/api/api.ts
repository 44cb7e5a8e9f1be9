import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../base/clock.ts'
import type { BodyBudget } from '../base/body-budget.ts'
import { ServerError, type ErrorCode } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import { newRequestId } from '../base/request-id.ts'
import type { AccessKey, Caller } from '../database/caller.ts'
import type { Database } from '../database/database.ts'
import { authenticate, call, findOperation, type ApiRequest, type Dispatcher } from './dispatch.ts'
import { asServerError, encodeError } from './encode-error.ts'
import { SignatureVerifier } from './signature/signature-v4.ts'
import { answerSts, isStsRequest, stsContentType, stsOperation } from './sts/sts.ts'
import { WriteBodyReader } from './write-body/write-body-reader.ts'

export interface ApiOptions {
  readonly database: Database
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  /** Bounds the bytes of all bodies, shared with other edges. */
  readonly budget: BodyBudget
  readonly verifier: SignatureVerifier
  /** Called once for every request to the API, after its answer is made. */
  readonly onCall?: (call: ApiCall) => void
  /** Called for a request whose signature proves nobody. */
  readonly onUnauthenticated?: (attempt: UnauthenticatedCall) => void
}

export interface UnauthenticatedCall {
  readonly requestId: string
  readonly operation: string
  /** As it was claimed. */
  readonly accessKeyId?: string
  readonly sourceIp?: string
  readonly userAgent?: string
  readonly errorCode: ErrorCode
}

export interface ApiCall {
  /** `Unknown` for a request that names no operation. */
  readonly operation: string
  readonly status: number
  readonly durationMs: number
  readonly errorCode?: ErrorCode
}

interface Answer {
  readonly operation: string
  readonly status: number
  readonly body: string
  /** AWS JSON 1.0 when absent. */
  readonly contentType?: string
  readonly exception?: string
  readonly error?: ServerError
  readonly principal?: string
}

const welcome = `Tidemark answers the AWS JSON 1.0 protocol of Timestream here (write and query).
Point an AWS SDK or the AWS CLI at this address, for instance:
  aws timestream-query query --endpoint-url http://HOST:PORT --query-string 'SELECT 1'
`

/**
 * Serves the API on `POST /`. Everything lives in its own scope of `app`: body parser and error handler touch no other route.
 * What the HTTP server itself must limit (headers, timeouts) is in http-limits.ts.
 */
export function registerApi(app: FastifyInstance, options: ApiOptions): void {
  const { database, clock, limits, log, budget, verifier, onCall, onUnauthenticated } = options
  const dispatcher: Dispatcher = {
    database,
    limits,
    verifier,
    writeBodies: new WriteBodyReader(limits),
    nowMs: () => clock.nowMs(),
  }

  const findAccessKey = (accessKeyId: string, token?: string): AccessKey | undefined => database.findAccessKey(accessKeyId, token)
  const sts = { verifier: new SignatureVerifier(findAccessKey, 'sts'), nowMs: dispatcher.nowMs }

  const finish = (reply: FastifyReply, requestId: string, startMs: number, answer: Answer): FastifyReply => {
    const durationMs = clock.monotonicMs() - startMs
    const { operation, status, error, principal } = answer
    const { code: errorCode } = error ?? {}
    const data = {
      requestId,
      operation,
      status,
      durationMs: Math.round(durationMs * 1000) / 1000,
      ...(principal && { principal }),
      ...(errorCode && { errorCode }),
    }
    if (status >= 500) log.error('api.call', { ...data, error: error?.message, cause: stackOf(error) })
    else log.info('api.call', data)
    if (error && status < 500) log.debug('api.refused', { requestId, message: error.message })
    onCall?.({ operation, status, durationMs, ...(errorCode && { errorCode }) })
    if (answer.exception !== undefined) reply.header('x-amzn-ErrorType', answer.exception)
    // Bytes: to a string Fastify would add a charset.
    return reply
      .code(status)
      .header('content-type', answer.contentType ?? 'application/x-amz-json-1.0')
      .header('x-amzn-RequestId', requestId)
      .send(Buffer.from(answer.body))
  }

  const answerError = (operation: string, thrown: unknown, principal?: string): Answer => {
    const error = asServerError(thrown)
    return { operation, error, ...encodeError(error), ...(principal !== undefined && { principal }) }
  }

  const identify = (operation: string, request: ApiRequest, by: Pick<Dispatcher, 'verifier' | 'nowMs'> = dispatcher): Caller => {
    try {
      return authenticate(by, request)
    } catch (error) {
      onUnauthenticated?.({ ...claimOf(request), operation, errorCode: asServerError(error).code })
      throw error
    }
  }

  const answerCall = async (request: ApiRequest): Promise<Answer> => {
    let operation = 'Unknown'
    let principal: string | undefined
    try {
      const found = findOperation(request)
      operation = found.name
      const caller = identify(found.name, request)
      principal = caller.principal.name
      return { operation, status: 200, body: await call(dispatcher, found, caller, request), principal }
    } catch (error) {
      return answerError(operation, error, principal)
    }
  }

  const answerStsCall = async (request: ApiRequest): Promise<Answer> => {
    const operation = stsOperation(request)
    const answer = await answerSts(database.access, request, () => identify(operation, request, sts))
    return { ...answer, operation, contentType: stsContentType }
  }

  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: limits.requestBodyBytes }, (_request, body, done) => done(null, body))

    scope.addHook('onRequest', (request, reply, done) => {
      budget.reserve(request.raw, reply.raw)
      done()
    })

    scope.setErrorHandler((error: FastifyError, _request, reply) =>
      finish(reply, newRequestId(), clock.monotonicMs(), answerError('Unknown', asRequestError(error, limits))),
    )

    scope.get('/', async (_request, reply) =>
      reply.type('text/plain; charset=utf-8').header('x-amzn-RequestId', newRequestId()).send(welcome),
    )

    scope.route({
      method: ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      url: '/',
      bodyLimit: limits.requestBodyBytes,
      handler: async (request, reply) => {
        const startMs = clock.monotonicMs()
        const requestId = newRequestId()
        const asked = asApiRequest(request, requestId)
        return finish(reply, requestId, startMs, await (isStsRequest(asked) ? answerStsCall(asked) : answerCall(asked)))
      },
    })
  })
}

function asApiRequest(request: FastifyRequest, requestId: string): ApiRequest {
  const url = request.raw.url ?? '/'
  const mark = url.indexOf('?')
  return {
    requestId,
    method: request.method,
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers: request.headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    scheme: request.protocol === 'https' ? 'https' : 'http',
    ...(request.ip && { sourceIp: request.ip }),
  }
}

/** What an unproven request says about itself. */
function claimOf({ requestId, headers, query, sourceIp }: ApiRequest): Omit<UnauthenticatedCall, 'operation' | 'errorCode'> {
  const credential =
    /Credential=([\w.-]{1,128})\//.exec(headers.authorization ?? '')?.[1] ?? /^[\w.-]{1,128}/.exec(query.get('X-Amz-Credential') ?? '')?.[0]
  const userAgent = headers['user-agent']
  return {
    requestId,
    ...(credential !== undefined && { accessKeyId: credential }),
    ...(sourceIp !== undefined && { sourceIp }),
    ...(userAgent !== undefined && { userAgent }),
  }
}

/** What the HTTP library refuses before there is a request to dispatch. */
function asRequestError(error: FastifyError, limits: Limits): unknown {
  if (error.statusCode === 413) return new ServerError('REQUEST_TOO_LARGE', `The body is larger than ${limits.requestBodyBytes} bytes`)
  if (error.statusCode === 408) return new ServerError('REQUEST_TIMEOUT', 'The request did not arrive in time')
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new ServerError('SERIALIZATION', error.message)
  return error
}

function stackOf(error: ServerError | undefined): string | undefined {
  if (!error) return undefined
  return error.cause instanceof Error ? error.cause.stack : error.stack
}
