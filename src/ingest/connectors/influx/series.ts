import type { AttributeShape, SeriesDimensions } from '../../../database/write/ingest-record.ts'
import type { SharedNames } from '../../mapping/shared-names.ts'

/** Fields that came in one order and with one set of types, as bytes: the next line most likely has the same. */
export interface KnownFields {
  readonly shape: AttributeShape
  /** The keys as they are written, with `=` behind each. */
  readonly keys: readonly Buffer[]
}

/** What is known of a measurement between lines and between requests. */
export interface Measurement {
  readonly name: string
  /** Most recently used first. */
  readonly fields: KnownFields[]
}

export interface Series {
  readonly measurement: Measurement
  readonly dimensions: SeriesDimensions
}

const rememberedSeries = 100_000
const rememberedMeasurements = 10_000

/** Series by the text that names them (`cpu,host=a,region=b`), each read once. */
export class SeriesCache {
  readonly #names: SharedNames
  readonly #series = new Map<string, Series | string>()
  readonly #measurements = new Map<string, Measurement>()

  constructor(names: SharedNames) {
    this.#names = names
  }

  /** The series, or what is wrong with its text. @param key the bytes as Latin-1, of which the text is made when it is not known */
  find(key: string, bytes: Buffer, start: number, end: number): Series | string {
    const known = this.#series.get(key)
    if (known !== undefined) return known
    const series = this.#read(bytes.toString('utf8', start, end))
    if (this.#series.size >= rememberedSeries) this.#series.clear()
    this.#series.set(key, series)
    return series
  }

  #read(text: string): Series | string {
    const [first = '', ...tags] = splitUnescaped(text, ',')
    const measurement = unescape(first)
    if (measurement === '') return 'missing measurement'
    const names: string[] = []
    const values: string[] = []
    for (const tag of tags) {
      const [name = '', value, ...more] = splitUnescaped(tag, '=')
      if (name === '') return 'missing tag key'
      if (value === undefined || value === '') return 'missing tag value'
      if (more.length > 0) return 'invalid tag format'
      names.push(unescape(name))
      values.push(unescape(value))
    }
    if (new Set(names).size !== names.length) return 'duplicate tags'
    return { measurement: this.#measurement(measurement), dimensions: { names: this.#names.list(names), values, isKept: true } }
  }

  #measurement(name: string): Measurement {
    const known = this.#measurements.get(name)
    if (known !== undefined) return known
    if (this.#measurements.size >= rememberedMeasurements) {
      this.#measurements.clear()
      this.#series.clear()
    }
    const measurement: Measurement = { name, fields: [] }
    this.#measurements.set(name, measurement)
    return measurement
  }
}

function splitUnescaped(text: string, separator: string): readonly string[] {
  const parts: string[] = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === separator) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

/** A backslash takes the meaning from a comma, an equals sign or a space behind it; before anything else it is itself. */
export const unescape = (text: string): string => (text.includes('\\') ? text.replace(/\\([,= ])/g, '$1') : text)
