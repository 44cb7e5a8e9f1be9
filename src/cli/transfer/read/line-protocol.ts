import { systemClock } from '../../../base/clock.ts'
import type { MeasureValue as ReadValue, MeasureValueType, RowRecord } from '../../../csv/model-types.ts'
import { type DecodedLines, LineDecoder } from '../../../ingest/connectors/influx/line-decoder.ts'
import { fileBytes } from './file-bytes.ts'
import type { FileFormat, FileRow, ReadOptions } from './file-format.ts'
import { readLines } from './lines.ts'

/**
 * Line protocol of InfluxDB, times in nanoseconds: a multi-measure record a line, whose name is the measurement; no data model is asked for. Lines that begin with #
 * are passed over.
 */
export const lineProtocolFormat: FileFormat = { endings: ['.lp', '.line', '.influx'], isStream: true, read: readLineProtocol }

async function* readLineProtocol(path: string, options: ReadOptions): AsyncGenerator<FileRow[]> {
  const decoder = new LineDecoder()
  for await (const lines of readLines(fileBytes(path, options.onBytes))) {
    const rows: FileRow[] = []
    for (const { line, bytes } of lines) {
      const decoded = decoder.decode(bytes, { unitNs: 1n, nowNs: systemClock.nowNs() })
      const [fault] = decoded.faults
      if (fault !== undefined) rows.push({ line, records: `The line is no line protocol: ${fault.reason}.` })
      else if (decoded.measurements.length > 0) rows.push({ line, records: recordsOf(decoded, options.version) })
    }
    yield rows
  }
}

function recordsOf({ measurements }: DecodedLines, version: number): readonly RowRecord[] {
  return measurements.flatMap(({ records }) =>
    records.flatMap(({ timeNs, measureName, dimensions: { names, values }, value }): readonly RowRecord[] => {
      if (value.kind !== 'multi') return []
      return [
        {
          Dimensions: names.map((Name, i) => ({ Name, Value: values[i]! })),
          MeasureName: measureName,
          MeasureValueType: 'MULTI',
          MeasureValues: value.shape.names.map((Name, i): ReadValue => ({
            Name,
            Value: String(value.values[i]),
            Type: value.shape.types[i]!.toUpperCase() as MeasureValueType,
          })),
          Time: timeNs.toString(),
          TimeUnit: 'NANOSECONDS',
          Version: version,
        },
      ]
    }),
  )
}
