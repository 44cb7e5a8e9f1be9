import { DecodedWrite, type Mapping } from './decoded-write.ts'
import type { MetricSeriesCache } from './metric-series.ts'
import { endOf, fields, int64, nested, type ProtoReader, readMessage } from './proto-reader.ts'

/**
 * `prometheus.WriteRequest` (remote_write 1.0): 1 timeseries { 1 labels { 1 name, 2 value }, 2 samples { 1 value, 2 timestamp }, 3 exemplars, 4 histograms }.
 * Metadata is passed over. @throws ServerError SERIALIZATION
 */
export function decodeWriteV1(bytes: Buffer, series: MetricSeriesCache, mapping: Mapping): DecodedWrite {
  const decoded = new DecodedWrite(mapping)
  readMessage(bytes, (reader) =>
    fields(reader, reader.len, (number, wireType) => {
      if (number !== 1 || wireType !== 2) return false
      readSeries(reader, bytes, series, decoded)
      return true
    }),
  )
  return decoded
}

function readSeries(reader: ProtoReader, bytes: Buffer, series: MetricSeriesCache, decoded: DecodedWrite): void {
  const end = endOf(reader)
  const start = reader.pos
  // labels come first: their bytes name the series
  while (reader.pos < end && bytes[reader.pos] === labelTag) {
    reader.pos++
    reader.pos = endOf(reader)
  }
  const labelsEnd = reader.pos
  const found = series.find(bytes.toString('latin1', start, labelsEnd), () => readLabels(bytes.subarray(start, labelsEnd)))
  let count = 0
  fields(reader, end, (number, wireType) => {
    if (wireType !== 2) return false
    if (number === 2) {
      let value = 0
      let timeMs = 0
      nested(reader, (inner, innerType) => {
        if (inner === 1 && innerType === 1) value = reader.double()
        else if (inner === 2 && innerType === 0) timeMs = int64(reader)
        else return false
        return true
      })
      count++
      if (typeof found !== 'string') decoded.add(found, timeMs, value)
      return true
    }
    if (number === 4) decoded.histograms++
    return false
  })
  decoded.samples += count
  if (typeof found !== 'string') return
  decoded.invalid += count
  decoded.fault(found)
}

const labelTag = 0x0a

function readLabels(bytes: Buffer): readonly string[] {
  const labels: string[] = []
  readMessage(bytes, (reader) =>
    fields(reader, reader.len, () => {
      let name = ''
      let value = ''
      nested(reader, (number, wireType) => {
        if (wireType !== 2 || number > 2) return false
        if (number === 1) name = reader.string()
        else value = reader.string()
        return true
      })
      labels.push(name, value)
      return true
    }),
  )
  return labels
}
