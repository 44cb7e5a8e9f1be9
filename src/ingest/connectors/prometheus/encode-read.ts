import { BytesWriter, varintBytes } from './bytes-writer.ts'
import { crc32c } from './crc32c.ts'
import type { SampleSeries } from './read-series.ts'
import { samplesPerChunk, XorChunk } from './xor-chunk.ts'

/** `prometheus.ReadResponse`: one result for each query, 1 results { 1 timeseries { 1 labels, 2 samples { 1 value, 2 timestamp } } }. */
export function encodeSamples(results: readonly (readonly SampleSeries[])[]): Buffer {
  const out = new BytesWriter()
  const result = new BytesWriter()
  const one = new BytesWriter()
  for (const series of results) {
    result.clear()
    for (const { labels, timesMs, values } of series) {
      one.clear()
      writeLabels(one, labels)
      for (let i = 0; i < timesMs.length; i++) {
        one.byte(0x12)
        one.byte(10 + varintBytes(timesMs[i]!))
        one.byte(0x09)
        one.double(values[i]!)
        one.byte(0x10)
        one.varint(timesMs[i]!)
      }
      result.field(0x0a, one.view())
    }
    out.field(0x0a, result.view())
  }
  return Buffer.from(out.view())
}

const frameBytes = 900_000

/**
 * Frames of `prometheus.ChunkedReadResponse`: length, CRC32-C, 1 chunked_series { 1 labels, 2 chunks { 1 min_time_ms, 2 max_time_ms, 3 type, 4 data } }, 2 query_index.
 * A series that is longer than a frame goes on in the next one.
 */
export function encodeChunks(results: readonly (readonly SampleSeries[])[]): Buffer {
  const out = new BytesWriter()
  const one = new BytesWriter()
  const chunk = new BytesWriter()
  const frame = new BytesWriter()
  const flush = (queryIndex: number): void => {
    frame.clear()
    frame.field(0x0a, one.view())
    if (queryIndex > 0) {
      frame.byte(0x10)
      frame.varint(queryIndex)
    }
    out.varint(frame.length)
    out.uint32BigEndian(crc32c(frame.view()))
    out.bytes(frame.view())
  }
  for (const [queryIndex, series] of results.entries()) {
    for (const { labels, timesMs, values } of series) {
      one.clear()
      writeLabels(one, labels)
      for (let from = 0; from < timesMs.length; from += samplesPerChunk) {
        if (one.length > frameBytes) {
          flush(queryIndex)
          one.clear()
          writeLabels(one, labels)
        }
        const to = Math.min(from + samplesPerChunk, timesMs.length)
        chunk.clear()
        chunk.byte(0x08)
        chunk.varint(timesMs[from]!)
        chunk.byte(0x10)
        chunk.varint(timesMs[to - 1]!)
        chunk.byte(0x18)
        chunk.byte(1)
        chunk.field(0x22, new XorChunk().encode(timesMs, values, from, to))
        one.field(0x12, chunk.view())
      }
      flush(queryIndex)
    }
  }
  return Buffer.from(out.view())
}

function writeLabels(out: BytesWriter, labels: readonly string[]): void {
  for (let i = 0; i < labels.length; i += 2) {
    const name = Buffer.from(labels[i]!)
    const value = Buffer.from(labels[i + 1]!)
    out.byte(0x0a)
    out.varint(2 + varintBytes(name.length) + name.length + varintBytes(value.length) + value.length)
    out.field(0x0a, name)
    out.field(0x12, value)
  }
}
