import { ServerError } from '../../../base/errors.ts'
import { connector, type IngestAnswer, type IngestRequest } from '../../connector.ts'
import { creationOf, creationOptions } from '../../creation-options.ts'
import { unpackBody } from '../../http/body.ts'
import { httpStatus } from '../../http/register.ts'
import { SharedNames } from '../../mapping/shared-names.ts'
import { listOf, text, type ConnectorOptions } from '../../option.ts'
import { type DecodedMetrics, decodeMetrics } from './decode-metrics.ts'
import { decodeMessage, encodeMessage, type OtlpObject } from './messages.ts'

const shownReasons = 3
/** Codes of google.rpc.Status. */
const invalidArgument = 3
const unavailable = 14

const definitions = {
  ...creationOptions,
  createDatabases: { ...creationOptions.createDatabases, fallback: true },
  database: {
    summary: 'Database of requests that name none (?database= or the header x-tidemark-database)',
    fallback: 'opentelemetry',
    read: text,
  },
  table: { summary: 'Table of requests that name none (?table= or the header x-tidemark-table)', fallback: 'metrics', read: text },
  resourceAttributes: {
    summary: 'Attributes of the resource that become dimensions; `*` for all',
    fallback: ['service.name', 'service.namespace', 'service.instance.id'],
    read: listOf(text),
  },
} as const satisfies ConnectorOptions

/** OTLP/HTTP metrics, in protobuf and in JSON. */
export const otlp = connector({
  type: 'otlp',
  summary: 'Metrics of OpenTelemetry over HTTP (OTLP), in protobuf and JSON',
  options: definitions,
  routes: [{ name: 'metrics', method: 'POST', path: '/v1/metrics' }],
  open: (options, { sink, limits }) => {
    const creation = creationOf(options)
    const names = new SharedNames()

    const write = async ({ query, headers, body, caller }: IngestRequest): Promise<IngestAnswer> => {
      const isJson = isJsonRequest({ headers })
      if (!isJson && !/^application\/x-protobuf\b/i.test(headers['content-type'] ?? '')) {
        return { status: 415, body: 'Content-Type must be application/x-protobuf or application/json\n' }
      }
      const request = readRequest(await unpackBody(body, headers['content-encoding'], limits.ingestBodyBytes), isJson)
      const decoded = decodeMetrics(request, { resourceAttributes: options.resourceAttributes, names })
      const named = (name: string): string | undefined => query.get(name) ?? headers[`x-tidemark-${name}`]?.toString()
      const target = { databaseName: named('database') ?? options.database, tableName: named('table') ?? options.table }
      const { records } = decoded
      const [outcome] = records.length === 0 ? [] : await sink.write(caller, [{ ...target, records }], creation)
      if (outcome?.error !== undefined) throw outcome.error
      const refused = (outcome?.rejected ?? []).map(({ index, reason }) => `${records[index]!.measureName}: ${reason}`)
      return answer(isJson, decoded, refused)
    }

    return {
      handle: async (request) => {
        try {
          return await write(request)
        } catch (error) {
          if (!(error instanceof ServerError)) throw error
          return failureAnswer(error, isJsonRequest(request))
        }
      },
      // before the request is read, its encoding is not known
      failure: (error) => failureAnswer(error, true),
    }
  },
})

const isJsonRequest = ({ headers }: Pick<IngestRequest, 'headers'>): boolean => /^application\/json\b/i.test(headers['content-type'] ?? '')

function failureAnswer(error: ServerError, isJson: boolean): IngestAnswer {
  const code = error.definition.retryable ? unavailable : invalidArgument
  const status = { code, message: error.definition.masked ? 'internal error' : error.message }
  return encoded(httpStatus(error), isJson, 'Status', status)
}

const encoded = (status: number, isJson: boolean, type: string, message: object): IngestAnswer =>
  isJson
    ? { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(message) }
    : { status, headers: { 'content-type': 'application/x-protobuf' }, body: encodeMessage(type, message) }

function answer(isJson: boolean, { rejected, reasons }: DecodedMetrics, refused: readonly string[]): IngestAnswer {
  const count = rejected + refused.length
  const errorMessage = [...reasons, ...new Set(refused)].slice(0, shownReasons).join('\n')
  const body = count === 0 ? {} : { partialSuccess: { rejectedDataPoints: String(count), errorMessage } }
  return encoded(200, isJson, 'ExportMetricsServiceResponse', body)
}

/** @throws ServerError SERIALIZATION */
function readRequest(body: Buffer, isJson: boolean): OtlpObject {
  try {
    const request: unknown = isJson ? JSON.parse(body.toString()) : decodeMessage('ExportMetricsServiceRequest', body)
    if (typeof request === 'object' && request !== null && !Array.isArray(request)) return request as OtlpObject
  } catch (error) {
    throw new ServerError(
      'SERIALIZATION',
      `the body is no ExportMetricsServiceRequest: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  throw new ServerError('SERIALIZATION', 'the body is no ExportMetricsServiceRequest')
}
