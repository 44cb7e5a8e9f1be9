import { gunzipSync } from 'node:zlib'
import { ServerError } from '../../base/errors.ts'
import { parseBody } from '../../base/parse-json.ts'
import { CsvScanner } from '../../csv/csv-scanner.ts'
import type { IngestRecord } from '../../database/write/ingest-record.ts'
import { LineDecoder } from '../connectors/influx/line-decoder.ts'
import { type ConnectorOptionValues, choice, listOf, object, onOrOff, type OptionValue, text } from '../option.ts'
import { PartlyDecoded } from '../partly-decoded.ts'
import type { TableRecords } from '../record-sink.ts'
import { createEventMapper, type EventMapper } from './event-mapper.ts'
import { readTimestreamParameters } from './timestream-parameters.ts'

const precisions = { ns: 1n, us: 1000n, ms: 1_000_000n, s: 1_000_000_000n } as const

/** What all connectors are told whose messages are JSON, CSV or line protocol. */
export const payloadOptions = {
  format: {
    summary: 'What messages hold: json (an event, a list of events, or a line each), csv, line-protocol',
    fallback: 'json',
    read: choice(['json', 'csv', 'line-protocol']),
  },
  database: { summary: 'Database of the records', required: true, read: text },
  table: { summary: 'Table of the records; line protocol: a table for each measurement when absent', read: text },
  timestreamParameters: {
    summary: 'How json and csv become records: the TimestreamParameters of EventBridge Pipes; columns of csv are `$.COLUMN`',
    read: (value: OptionValue): EventMapper => createEventMapper(readTimestreamParameters(object(value))),
  },
  columns: { summary: 'Names of the columns of csv; the first line of each message when absent', read: listOf(text) },
  csvSeparator: { summary: 'Between the fields of csv', fallback: ',', read: choice([',', ';', '\t', '|', ' ']) },
  precision: { summary: 'Unit of the timestamps of line protocol: ns, us, ms or s', fallback: 'ns', read: choice(['ns', 'us', 'ms', 's']) },
  gzip: { summary: 'Messages that gzip has packed are unpacked', fallback: true, read: onOrOff },
} as const

export type PayloadDecoder = (payload: Buffer, receivedAtMs: number) => readonly TableRecords[]

const unpackedBytes = 64 * 1024 * 1024
const rowBytes = 1024 * 1024

/** @throws ServerError VALIDATION for options that do not go together; what it answers throws it (or PartlyDecoded) for payloads that are wrong */
export function createPayloadDecoder(options: ConnectorOptionValues<typeof payloadOptions>): PayloadDecoder {
  const decode = options.format === 'line-protocol' ? lineProtocol(options) : events(options)
  return (payload, receivedAtMs) => decode(options.gzip ? unpacked(payload) : payload, receivedAtMs)
}

function unpacked(payload: Buffer): Buffer {
  if (payload[0] !== 0x1f || payload[1] !== 0x8b) return payload
  try {
    return gunzipSync(payload, { maxOutputLength: unpackedBytes })
  } catch (error) {
    throw new ServerError('VALIDATION', `The message cannot be unpacked: ${error instanceof Error ? error.message : 'gzip'}.`)
  }
}

function lineProtocol({ database: databaseName, table, precision }: ConnectorOptionValues<typeof payloadOptions>): PayloadDecoder {
  const decoder = new LineDecoder()
  return (payload, receivedAtMs) => {
    const { measurements, faults } = decoder.decode(payload, { unitNs: precisions[precision], nowNs: BigInt(receivedAtMs) * 1_000_000n })
    const tables = measurements.map(({ measurement, records }) => ({ databaseName, tableName: table ?? measurement, records }))
    const [first] = faults
    if (first === undefined) return tables
    throw new PartlyDecoded(`Line ${first.line}: ${first.reason}${faults.length > 1 ? `; ${faults.length} lines are wrong` : ''}.`, tables)
  }
}

function events(options: ConnectorOptionValues<typeof payloadOptions>): PayloadDecoder {
  const { format, database: databaseName, table: tableName, timestreamParameters: map, columns, csvSeparator } = options
  if (tableName === undefined) throw new ServerError('VALIDATION', `the option table is missing: ${format} needs it`)
  if (map === undefined) throw new ServerError('VALIDATION', `the option timestreamParameters is missing: ${format} needs it`)
  const read = format === 'json' ? jsonEvents : (payload: Buffer) => csvEvents(payload, columns, csvSeparator)
  return (payload) => {
    const records: IngestRecord[] = []
    let failed = 0
    let reason = ''
    const fail = (place: number, message: string): void => {
      if (failed++ === 0) reason = `${place}: ${message}`
    }
    read(payload).forEach((event, i) => {
      if (event instanceof ServerError) return fail(i + 1, event.message)
      try {
        for (const record of map(event)) records.push(record)
      } catch (error) {
        if (!(error instanceof ServerError)) throw error
        fail(i + 1, error.message)
      }
    })
    const tables = records.length === 0 ? [] : [{ databaseName, tableName, records }]
    if (failed === 0) return tables
    throw new PartlyDecoded(`Event ${reason}${failed > 1 ? ` (${failed} events are wrong)` : ''}`, tables)
  }
}

/** One event, a list of them, or one a line. */
function jsonEvents(payload: Buffer): readonly unknown[] {
  try {
    return listed(parseBody(payload))
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    const lines = payload
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
    if (lines.length < 2) throw new ServerError('VALIDATION', error.message)
    return lines.map(parsedLine)
  }
}

const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

function parsedLine(line: string): unknown {
  try {
    return parseBody(Buffer.from(line))
  } catch (error) {
    if (error instanceof ServerError) return error
    throw error
  }
}

function csvEvents(payload: Buffer, columns: readonly string[] | undefined, separator: string): readonly unknown[] {
  const scanner = new CsvScanner({ ColumnSeparator: separator }, rowBytes)
  scanner.feed(payload)
  let names = columns
  const found: unknown[] = []
  for (let row = scanner.next(true); row !== undefined; row = scanner.next(true)) {
    const { fields, failure } = row
    if (failure !== undefined) found.push(new ServerError('VALIDATION', failure))
    else if (names === undefined) names = fields.map((field) => field ?? '')
    else if (fields.length !== names.length)
      found.push(new ServerError('VALIDATION', `The row has ${fields.length} fields, not ${names.length}.`))
    else found.push(Object.fromEntries(names.map((name, i) => [name, fields[i]])))
  }
  return found
}
