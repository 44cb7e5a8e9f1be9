import { ServerError } from '../../../base/errors.ts'
import { DecodedWrite, type Mapping } from './decoded-write.ts'
import type { MetricSeriesCache } from './metric-series.ts'
import { endOf, fields, int64, nested, type ProtoReader, readMessage } from './proto-reader.ts'

/**
 * `io.prometheus.write.v2.Request` (remote_write 2.0): 4 symbols, 5 timeseries { 1 labels_refs, 2 samples { 1 value, 2 timestamp }, 3 histograms, 4 exemplars }.
 * Metadata and start timestamps are passed over. @throws ServerError SERIALIZATION
 */
export function decodeWriteV2(bytes: Buffer, series: MetricSeriesCache, mapping: Mapping): DecodedWrite {
  const decoded = new DecodedWrite(mapping)
  readMessage(bytes, (reader) => {
    const symbols: string[] = []
    const places: { readonly start: number; readonly end: number }[] = []
    fields(reader, reader.len, (number, wireType) => {
      if (wireType !== 2) return false
      if (number === 4) symbols.push(reader.string())
      else if (number === 5) {
        const end = endOf(reader)
        places.push({ start: reader.pos, end })
        reader.pos = end
      } else return false
      return true
    })
    if (places.length > 0 && symbols[0] !== '') throw new ServerError('SERIALIZATION', 'the first of the symbols must be the empty text')
    for (const { start, end } of places) {
      reader.pos = start
      readSeries(reader, end, symbols, series, decoded)
    }
  })
  return decoded
}

function readSeries(reader: ProtoReader, end: number, symbols: readonly string[], series: MetricSeriesCache, decoded: DecodedWrite): void {
  const labels: string[] = []
  const samples: number[] = []
  let histograms = 0
  let fault: string | undefined
  const label = (): void => {
    const reference = reader.uint32()
    const text = symbols[reference]
    if (text === undefined) fault ??= `there is no symbol ${reference}`
    labels.push(text ?? '')
  }
  fields(reader, end, (number, wireType) => {
    if (number === 1 && wireType === 2) {
      const stop = endOf(reader)
      while (reader.pos < stop) label()
    } else if (number === 1 && wireType === 0) label()
    else if (number === 2 && wireType === 2) {
      let value = 0
      let timeMs = 0
      nested(reader, (inner, innerType) => {
        if (inner === 1 && innerType === 1) value = reader.double()
        else if (inner === 2 && innerType === 0) timeMs = int64(reader)
        else return false
        return true
      })
      samples.push(timeMs, value)
    } else {
      if (number === 3) histograms++
      if (number === 4) decoded.exemplars++
      return false
    }
    return true
  })
  const count = samples.length / 2
  decoded.samples += count
  decoded.histograms += histograms
  if (labels.length % 2 === 1) fault ??= 'the references of labels are no pairs'
  const found = fault ?? series.find(`2\0${labels.join('\0')}`, () => labels)
  if (typeof found === 'string') {
    decoded.invalid += count
    decoded.fault(found)
    return
  }
  if (count === 0 && histograms === 0) decoded.fault(`the series ${found.measureName} has neither samples nor histograms`)
  for (let i = 0; i < samples.length; i += 2) decoded.add(found, samples[i]!, samples[i + 1]!)
}
