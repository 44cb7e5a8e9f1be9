import { ServerError, type ErrorCode } from '../base/errors.ts'
import { jsonText } from './json-text.ts'

export interface EncodedError {
  readonly status: number
  /** Without namespace, for the header `x-amzn-ErrorType`. */
  readonly exception: string
  readonly body: string
}

/** Exceptions of AWS's HTTP front end; all others belong to the service's own model. */
const frontEndExceptions: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SERIALIZATION',
  'UNKNOWN_OPERATION',
  'REQUEST_TOO_LARGE',
  'REQUEST_TIMEOUT',
  'MISSING_AUTHENTICATION_TOKEN',
  'UNRECOGNIZED_CLIENT',
  'INVALID_SIGNATURE',
  'INCOMPLETE_SIGNATURE',
  'EXPIRED_TOKEN',
])

/** The answer of AWS JSON 1.0 for an error. What is masked shows nothing but that it happened. */
export function encodeError(error: ServerError): EncodedError {
  const { exception, status, masked } = error.definition
  const namespace = frontEndExceptions.has(error.code) ? 'com.amazon.coral.service' : 'com.amazonaws.timestream.v20181101'
  const message = masked ? 'Internal server error' : error.message
  return { status, exception, body: jsonText({ __type: `${namespace}#${exception}`, Message: message, ...error.members }) }
}

/** Anything thrown as an operating error: a programmer's error becomes INTERNAL and keeps its cause for the log. */
export function asServerError(error: unknown): ServerError {
  return error instanceof ServerError ? error : new ServerError('INTERNAL', 'Internal server error', { cause: error })
}
