import type { IngestRecord } from '../../../database/write/ingest-record.ts'
import { SharedNames } from '../../mapping/shared-names.ts'
import { FieldReader } from './field-value.ts'
import { type KnownFields, type Measurement, type Series, SeriesCache, unescape } from './series.ts'

/** The points of one measurement. */
export interface MeasurementPoints {
  readonly measurement: string
  readonly records: IngestRecord[]
  /** Line of each of them, from 1. */
  readonly lines: number[]
}

export interface LineFault {
  readonly line: number
  /** Its beginning. */
  readonly text: string
  readonly reason: string
}

export interface DecodedLines {
  readonly measurements: readonly MeasurementPoints[]
  readonly faults: readonly LineFault[]
}

export interface LinePrecision {
  /** Of a timestamp's unit. */
  readonly unitNs: bigint
  /** For points without a timestamp. */
  readonly nowNs: bigint
}

const rememberedFields = 8
const shownChars = 120

/**
 * Line protocol to records: one object a point, none for each field; series and sets of fields that were seen before are recognised by their bytes.
 * A line that is wrong keeps none of the others from being read. Source: InfluxDB, "Line protocol".
 */
export class LineDecoder {
  readonly #names = new SharedNames()
  readonly #series = new SeriesCache(this.#names)
  readonly #field = new FieldReader()
  #lastSeries: Series | undefined
  /** The next quote of the body, at `start` or behind it: looked for again only when it is passed. */
  #quoteAt = -1
  #timeText = ''
  #timeUnit = 0n
  #timeNs = 0n

  decode(bytes: Buffer, precision: LinePrecision): DecodedLines {
    const measurements = new Map<Measurement, MeasurementPoints>()
    const faults: LineFault[] = []
    this.#quoteAt = -1
    let last: Measurement | undefined
    let points: MeasurementPoints | undefined
    for (let start = 0, line = 1; start < bytes.length; line++) {
      let end = this.#endOfLine(bytes, start)
      const next = end + 1
      if (bytes[end - 1] === carriageReturn) end--
      while (start < end && (bytes[start] === space || bytes[start] === tab)) start++
      if (start < end && bytes[start] !== hash) {
        const read = this.#readLine(bytes, start, end, precision)
        if (typeof read === 'string') {
          faults.push({ line, text: bytes.toString('utf8', start, Math.min(end, start + shownChars)), reason: read })
        } else if (read !== undefined) {
          const { measurement } = this.#lastSeries!
          if (measurement !== last || points === undefined) {
            last = measurement
            points = measurements.get(measurement)
            if (points === undefined) measurements.set(measurement, (points = { measurement: measurement.name, records: [], lines: [] }))
          }
          points.records.push(read)
          points.lines.push(line)
        }
      }
      start = next
    }
    return { measurements: [...measurements.values()], faults }
  }

  /** A newline inside quotes belongs to the value. */
  #endOfLine(bytes: Buffer, start: number): number {
    const newline = bytes.indexOf(lineFeed, start)
    const end = newline < 0 ? bytes.length : newline
    if (this.#quoteAt < start) this.#quoteAt = positionOf(quote, bytes, start)
    if (this.#quoteAt >= end || bytes[start] === hash) return end
    let isInside = false
    let hasSpace = false
    for (let i = start; i < bytes.length; i++) {
      const code = bytes[i]!
      if (code === backslash) i++
      else if (code === space && !isInside) hasSpace = true
      else if (code === quote && hasSpace) isInside = !isInside
      else if (code === lineFeed && !isInside) return i
    }
    // no end of the quotes: the line is wrong, and ends where lines end
    return isInside ? end : bytes.length
  }

  /** The record; a text: what is wrong; undefined: it has only empty values, nothing to store. */
  #readLine(bytes: Buffer, start: number, end: number, precision: LinePrecision): IngestRecord | string | undefined {
    let at = start
    while (at < end && bytes[at] !== space) at += bytes[at] === backslash ? 2 : 1
    if (at >= end) return 'missing fields'
    const series = this.#series.find(bytes.toString('latin1', start, at), bytes, start, at)
    if (typeof series === 'string') return series
    this.#lastSeries = series
    while (at < end && bytes[at] === space) at++
    if (at >= end) return 'missing fields'
    const { measurement, dimensions } = series
    const value = this.#readKnown(measurement.fields[0], bytes, at, end) ?? this.#readFields(measurement, bytes, at, end)
    if (typeof value === 'string') return value
    const timeNs = this.#readTime(bytes, this.#field.end, end, precision)
    if (typeof timeNs === 'string') return timeNs
    return value.shape.names.length === 0 ? undefined : { timeNs, measureName: measurement.name, dimensions, value }
  }

  /** Undefined when the fields are not the expected ones. */
  #readKnown(known: KnownFields | undefined, bytes: Buffer, start: number, end: number) {
    if (known === undefined) return undefined
    const { shape, keys } = known
    const field = this.#field
    const values: (number | bigint | boolean | string)[] = []
    let at = start
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!
      for (let k = 0; k < key.length; k++) if (bytes[at + k] !== key[k]) return undefined
      if (!field.read(bytes, at + key.length, end) || field.type !== shape.types[i] || field.value === '') return undefined
      values.push(field.value)
      at = field.end
      if (i + 1 < keys.length && bytes[at++] !== comma) return undefined
    }
    return at < end && bytes[at] !== space ? undefined : ({ kind: 'multi', shape, values } as const)
  }

  #readFields(measurement: Measurement, bytes: Buffer, start: number, end: number) {
    const found = new Map<string, { readonly type: typeof field.type; readonly value: typeof field.value }>()
    const keys: Buffer[] = []
    const field = this.#field
    for (let at = start; ; at = field.end + 1) {
      let equals = at
      while (equals < end && bytes[equals] !== equalsSign && bytes[equals] !== space && bytes[equals] !== comma) {
        equals += bytes[equals] === backslash ? 2 : 1
      }
      if (bytes[equals] !== equalsSign || equals >= end) return at >= end ? 'missing field key' : 'missing field value'
      if (equals === at) return 'missing field key'
      if (!field.read(bytes, equals + 1, end)) return field.fault
      found.set(unescape(bytes.toString('utf8', at, equals)), { type: field.type, value: field.value })
      keys.push(Buffer.from(bytes.subarray(at, equals + 1)))
      if (field.end >= end || bytes[field.end] === space) break
      if (bytes[field.end] !== comma) return 'invalid field format'
    }
    const stored = [...found].filter(([, { value }]) => value !== '')
    const shape = this.#names.shape(
      stored.map(([name]) => name),
      stored.map(([, { type }]) => type),
    )
    const isPlain = stored.length === keys.length
    if (isPlain) remember(measurement.fields, { shape, keys })
    return { kind: 'multi', shape, values: stored.map(([, { value }]) => value) } as const
  }

  #readTime(bytes: Buffer, from: number, end: number, { unitNs, nowNs }: LinePrecision): bigint | string {
    let start = from
    let stop = end
    while (start < stop && bytes[start] === space) start++
    while (stop > start && bytes[stop - 1] === space) stop--
    if (start === stop) return nowNs
    const text = bytes.toString('latin1', start, stop)
    if (text === this.#timeText && unitNs === this.#timeUnit) return this.#timeNs
    if (!/^-?\d{1,19}$/.test(text)) return 'bad timestamp'
    this.#timeNs = BigInt(text) * unitNs
    this.#timeText = text
    this.#timeUnit = unitNs
    return this.#timeNs
  }
}

/** The end of the bytes when there is none. */
function positionOf(code: number, bytes: Buffer, from: number): number {
  const at = bytes.indexOf(code, from)
  return at < 0 ? bytes.length : at
}

/** The one that was needed now is tried first. */
function remember(list: KnownFields[], fields: KnownFields): void {
  const known = list.findIndex(({ shape }) => shape === fields.shape)
  if (known >= 0) list.splice(known, 1)
  list.unshift(fields)
  if (list.length > rememberedFields) list.pop()
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const tab = 0x09
const hash = 0x23
const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const equalsSign = 0x3d
