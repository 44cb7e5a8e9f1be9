import { type ErrorDefinition, errorDefinitions } from '../src/base/errors.ts'
import { code, page, table } from './reference-text.ts'

/** docs/reference/errors.md */
export function errorPage(): string {
  const rows = Object.entries<ErrorDefinition>(errorDefinitions).map(
    ([name, { exception, status, sqlState, blame, retryable, masked }]) => [
      code(name),
      code(exception),
      String(status),
      code(sqlState),
      blame,
      retryable ? 'yes' : 'no',
      masked ? 'no: logged with the request id instead' : 'yes',
    ],
  )
  return page([
    '# Errors',
    'Every error has a code of ours; the API answers it as an exception of AWS with an HTTP status, PostgreSQL clients get the SQLSTATE. Messages about SQL begin ' +
      "with `line L:C: `, the place in the text, both counted from 1. An error whose blame is the client's will come again when the request does; after one that is " +
      'worth a retry, clients wait a little longer each time, as the SDKs do by themselves.',
    table(['code', 'exception', 'HTTP status', 'SQLSTATE', 'blame', 'worth a retry', 'message shown'], rows),
  ])
}
