import type { ServerError } from '../../../base/errors.ts'
import type { IngestAnswer } from '../../connector.ts'
import { httpStatus } from '../../http/register.ts'
import type { LineFault } from './line-decoder.ts'
import type { WrittenPoints } from './write-points.ts'

/** InfluxDB 1 answers `{"error": …}`; 2 and 3 answer `{"code": …, "message": …}`. */
export type Dialect = 1 | 2

/** Clients look at this header to know what they talk to. */
const headers = { 'content-type': 'application/json', 'x-influxdb-version': '1.8.10', 'x-influxdb-build': 'Tidemark' }
const shownFaults = 10

export const noContent: IngestAnswer = { status: 204, headers: { 'x-influxdb-version': headers['x-influxdb-version'] } }

export function errorAnswer(dialect: Dialect, status: number, message: string): IngestAnswer {
  const body = dialect === 1 ? { error: message } : { code: codeOf(status), message }
  return {
    status,
    headers: { ...headers, 'x-influxdb-error': message.replace(/[^\u0020-\u007e]/g, '?').slice(0, 500) },
    body: JSON.stringify(body),
  }
}

export const answerJson = (status: number, body: object): IngestAnswer => ({ status, headers, body: `${JSON.stringify(body)}\n` })

export function failureAnswer(dialect: Dialect, error: ServerError): IngestAnswer {
  const [, databaseName] = /^The database (.*) does not exist\.$/.exec(error.message) ?? []
  if (databaseName !== undefined) {
    // the words that clients look for to make it
    return errorAnswer(dialect, 404, dialect === 1 ? `database not found: "${databaseName}"` : `bucket "${databaseName}" not found`)
  }
  return errorAnswer(dialect, httpStatus(error), error.definition.masked ? 'internal error' : error.message)
}

/** 204, or 400 with the text of a partial write that clients know: what could be stored is stored. */
export function writeAnswer(dialect: Dialect, { accepted, dropped, reason }: WrittenPoints, faults: readonly LineFault[]): IngestAnswer {
  if (faults.length === 0 && dropped === 0) return noContent
  const parse = faults.slice(0, shownFaults).map(({ text, reason: why, line }) => `unable to parse '${text}': ${why} (line ${line})`)
  if (accepted === 0 && dropped === 0) return errorAnswer(dialect, 400, parse.join('\n'))
  const late = reason?.includes('outside the time range') === true ? 'points beyond retention policy: ' : ''
  const conflict = /has the type \w+ in the table/.test(reason ?? '') ? 'field type conflict: ' : ''
  const why = [...parse, ...(reason === undefined ? [] : [`${late}${conflict}${reason}`])].join('\n')
  return errorAnswer(dialect, 400, `partial write: ${why} dropped=${dropped + faults.length}`)
}

function codeOf(status: number): string {
  switch (status) {
    case 401:
      return 'unauthorized'
    case 403:
      return 'forbidden'
    case 404:
      return 'not found'
    case 413:
      return 'request too large'
    case 429:
      return 'too many requests'
    case 503:
      return 'unavailable'
    default:
      return status >= 500 ? 'internal error' : 'invalid'
  }
}
