import protobuf from 'protobufjs'
import { compressSync, uncompressSync } from 'snappy'

/** The messages of remote_write and remote_read, as their specifications give them. */
const { root } = protobuf.parse(
  `
syntax = "proto3";
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
message Histogram { uint64 count_int = 1; double sum = 3; int64 timestamp = 15; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
message MetricMetadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }

message ExemplarV2 { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
message MetadataV2 { int32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
message SampleV2 { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
message TimeSeriesV2 {
  repeated uint32 labels_refs = 1; repeated SampleV2 samples = 2; repeated Histogram histograms = 3; repeated ExemplarV2 exemplars = 4; MetadataV2 metadata = 5;
}
message RequestV2 { repeated string symbols = 4; repeated TimeSeriesV2 timeseries = 5; }

message LabelMatcher { int32 type = 1; string name = 2; string value = 3; }
message ReadQuery { int64 start_timestamp_ms = 1; int64 end_timestamp_ms = 2; repeated LabelMatcher matchers = 3; }
message ReadRequest { repeated ReadQuery queries = 1; repeated int32 accepted_response_types = 2; }
message QueryResult { repeated TimeSeries timeseries = 1; }
message ReadResponse { repeated QueryResult results = 1; }
message Chunk { int64 min_time_ms = 1; int64 max_time_ms = 2; int32 type = 3; bytes data = 4; }
message ChunkedSeries { repeated Label labels = 1; repeated Chunk chunks = 2; }
message ChunkedReadResponse { repeated ChunkedSeries chunked_series = 1; int64 query_index = 2; }
`,
  { keepCase: true },
)

const encode = (type: string, value: object): Buffer => {
  const found = root.lookupType(type)
  return Buffer.from(found.encode(found.fromObject(value)).finish())
}

export interface TestSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly samples?: readonly (readonly [timestamp: number, value: number])[]
  readonly histograms?: number
  readonly exemplars?: number
}

const pairs = (labels: Readonly<Record<string, string>>) => Object.entries(labels).map(([name, value]) => ({ name, value }))
const samplesOf = ({ samples = [] }: TestSeries) => samples.map(([timestamp, value]) => ({ timestamp, value }))
const times = <T>(count: number | undefined, make: () => T): T[] => Array.from({ length: count ?? 0 }, make)

export const writeRequest = (...series: readonly TestSeries[]): Buffer =>
  compressSync(
    encode('WriteRequest', {
      timeseries: series.map((each) => ({
        labels: pairs(each.labels),
        samples: samplesOf(each),
        histograms: times(each.histograms, () => ({ count_int: 1, sum: 1, timestamp: 1 })),
        exemplars: times(each.exemplars, () => ({ value: 1, timestamp: 1 })),
      })),
    }),
  )

export const metadataRequest = (): Buffer =>
  compressSync(encode('WriteRequest', { metadata: [{ type: 1, metric_family_name: 'up', help: 'h' }] }))

export function writeRequestV2(...series: readonly TestSeries[]): Buffer {
  const symbols = ['']
  const reference = (text: string): number => {
    const found = symbols.indexOf(text)
    return found >= 0 ? found : symbols.push(text) - 1
  }
  const timeseries = series.map((each) => ({
    labels_refs: Object.entries(each.labels).flatMap(([name, value]) => [reference(name), reference(value)]),
    samples: samplesOf(each).map((sample) => ({ ...sample, start_timestamp: 1 })),
    histograms: times(each.histograms, () => ({ count_int: 1, sum: 1, timestamp: 1 })),
    exemplars: times(each.exemplars, () => ({ value: 1, timestamp: 1 })),
    metadata: { type: 1, help_ref: reference('help') },
  }))
  return compressSync(encode('RequestV2', { symbols, timeseries }))
}

export interface TestMatcher {
  readonly type: number
  readonly name: string
  readonly value: string
}

export const readRequest = (form: number, startMs: number, endMs: number, ...matchers: readonly TestMatcher[]): Buffer =>
  compressSync(
    encode('ReadRequest', {
      queries: [{ start_timestamp_ms: startMs, end_timestamp_ms: endMs, matchers }],
      accepted_response_types: [form],
    }),
  )

interface AnsweredSeries {
  readonly labels: readonly { readonly name: string; readonly value: string }[]
  readonly samples: readonly { readonly value: number; readonly timestamp: unknown }[]
}

/** Series as `{label="value"}` with their samples. */
export function readSamples(body: Buffer): Readonly<Record<string, readonly (readonly [number, number])[]>> {
  const plain = uncompressSync(body, { asBuffer: true }) as Buffer
  const { results } = root.lookupType('ReadResponse').decode(plain) as unknown as {
    readonly results: readonly { readonly timeseries: readonly AnsweredSeries[] }[]
  }
  return Object.fromEntries(
    results.flatMap(({ timeseries }) =>
      timeseries.map(({ labels, samples }) => [
        `{${labels.map(({ name, value }) => `${name}="${value}"`).join(',')}}`,
        samples.map(({ timestamp, value }) => [Number(timestamp), value] as const),
      ]),
    ),
  )
}

export interface Frame {
  readonly checksum: number
  readonly bytes: Buffer
  readonly series: readonly {
    readonly labels: readonly { readonly name: string; readonly value: string }[]
    readonly chunks: readonly {
      readonly type: number
      readonly min_time_ms: unknown
      readonly max_time_ms: unknown
      readonly data: Uint8Array
    }[]
  }[]
}

export function readFrames(body: Buffer): readonly Frame[] {
  const frames: Frame[] = []
  const reader = protobuf.Reader.create(body)
  while (reader.pos < reader.len) {
    const length = reader.uint32()
    const checksum = body.readUInt32BE(reader.pos)
    const bytes = body.subarray(reader.pos + 4, reader.pos + 4 + length)
    reader.pos += 4 + length
    const { chunked_series: series } = root.lookupType('ChunkedReadResponse').decode(bytes) as unknown as {
      readonly chunked_series: Frame['series']
    }
    frames.push({ checksum, bytes, series })
  }
  return frames
}
