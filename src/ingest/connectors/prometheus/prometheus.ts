import { connector, type IngestAnswer, type IngestRequest } from '../../connector.ts'
import { creationOf, creationOptions } from '../../creation-options.ts'
import { httpStatus } from '../../http/register.ts'
import { choice, text, wholeNumber, type ConnectorOptions } from '../../option.ts'
import { decodeWriteV1 } from './decode-write-v1.ts'
import { decodeWriteV2 } from './decode-write-v2.ts'
import type { DecodedWrite } from './decoded-write.ts'
import { encodeChunks, encodeSamples } from './encode-read.ts'
import { MetricSeriesCache } from './metric-series.ts'
import { decodeReadRequest } from './read-request.ts'
import { readSeries } from './read-series.ts'
import { tableToRead } from './read-table.ts'
import { packSnappy, unpackSnappy } from './snappy-body.ts'
import { protocolOf } from './write-protocol.ts'
import { type WrittenSamples, writeSamples } from './write-samples.ts'

const definitions = {
  ...creationOptions,
  createDatabases: { ...creationOptions.createDatabases, fallback: true },
  database: { summary: 'Database of requests that name none (?database=)', fallback: 'prometheus', read: text },
  table: { summary: 'Table of requests that name none (?table=)', fallback: 'metrics', read: text },
  mapping: {
    summary:
      "single: a single-measure record a sample, in one table, as AWS's connector stores it; multi: a table for each first word of metric names, with an attribute `value`",
    fallback: 'single',
    read: choice(['single', 'multi']),
  },
  readSamples: { summary: 'Samples that one remote_read may answer', fallback: 5_000_000, read: wholeNumber(1, 100_000_000) },
} as const satisfies ConnectorOptions

/** remote_write 1.0 and 2.0, remote_read. */
export const prometheus = connector({
  type: 'prometheus',
  summary: 'remote_write 1.0 and 2.0 and remote_read of Prometheus',
  options: definitions,
  routes: [
    { name: 'write', method: 'POST', path: '/api/v1/write' },
    { name: 'read', method: 'POST', path: '/api/v1/read' },
  ],
  open: (options, { database, sink, limits }) => {
    const creation = creationOf(options)
    const series = new MetricSeriesCache()
    const placeOf = ({ query }: IngestRequest) => ({
      databaseName: query.get('database') ?? options.database,
      tableName: query.get('table') ?? options.table,
    })

    const write = async (request: IngestRequest): Promise<IngestAnswer> => {
      const version = protocolOf(request.headers)
      if (version === undefined) return { status: 415, body: 'Content-Type or Content-Encoding is not one of remote_write\n' }
      const body = await unpackSnappy(request.body, limits.ingestBodyBytes)
      const decoded = version === 1 ? decodeWriteV1(body, series, options.mapping) : decodeWriteV2(body, series, options.mapping)
      const written = await writeSamples(sink, request.caller, decoded, { ...placeOf(request), mapping: options.mapping, creation })
      if (written.error !== undefined) throw written.error
      return writeAnswer(decoded, written)
    }

    const read = async (request: IngestRequest): Promise<IngestAnswer> => {
      const { queries, form } = decodeReadRequest(await unpackSnappy(request.body, limits.ingestBodyBytes))
      const results = []
      for (const query of queries) {
        const { databaseName, tableName } = tableToRead(placeOf(request), query.matchers, options.mapping)
        results.push(await readSeries(database, request.caller, query, { databaseName, tableName, mostSamples: options.readSamples }))
      }
      if (form === 'chunks') {
        const headers = { 'content-type': 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse' }
        return { status: 200, headers, body: encodeChunks(results) }
      }
      const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }
      return { status: 200, headers, body: await packSnappy(encodeSamples(results)) }
    }

    return {
      handle: (request) => (request.route === 'write' ? write(request) : read(request)),
      failure: (error) => {
        // Prometheus drops what is answered with 429 unless it is told not to; what is answered with 503 it sends again
        const status = error.code === 'THROTTLING' ? 503 : httpStatus(error)
        const body = `${error.definition.masked ? 'internal error' : error.message}\n`
        return {
          status,
          headers: { 'content-type': 'text/plain; charset=utf-8', ...counts(0), ...(status === 503 && { 'retry-after': '1' }) },
          body,
        }
      },
    }
  },
})

function writeAnswer(decoded: DecodedWrite, written: WrittenSamples): IngestAnswer {
  const { histograms, exemplars } = decoded
  const problems = [...decoded.faults, ...written.problems]
  if (histograms > 0) problems.push(`${histograms} native histograms cannot be stored`)
  if (exemplars > 0) problems.push(`${exemplars} exemplars cannot be stored`)
  const headers = counts(written.samples)
  if (problems.length === 0) return { status: 204, headers }
  return { status: 400, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: `${problems.join('\n')}\n` }
}

const counts = (samples: number): Readonly<Record<string, string>> => ({
  'x-prometheus-remote-write-samples-written': String(samples),
  'x-prometheus-remote-write-histograms-written': '0',
  'x-prometheus-remote-write-exemplars-written': '0',
})
