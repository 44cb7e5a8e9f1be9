import type { DimensionInput, MeasureValueInput, RecordInput } from '../../database/write/record.ts'
import { ownText } from './recent-map.ts'

/** A record that has been read, and where it ends. */
export interface LaidOutRecord {
  readonly record: RecordInput
  readonly end: number
}

/** How the text of a record is read that differs from a known one in its values only. */
export interface RecordLayout {
  /** Anchored (sticky), with a capture for each value. */
  readonly pattern: RegExp
  /** The record that the layout was learned from: what has no capture is equal in all. */
  readonly sample: RecordInput
  /** Which capture holds what; 0 for a member that the records do not have. */
  readonly captures: Readonly<Record<Hole, number>>
  readonly valueIsText: boolean
  readonly measures: readonly MeasureHole[]
}

type Hole = 'Dimensions' | 'MeasureName' | 'MeasureValue' | 'Time' | 'Version'

/** An element of MeasureValues. `isText`: its value stays text, and the captured piece would keep the whole body in memory. */
interface MeasureHole extends Pick<MeasureValueInput, 'Name' | 'Type'> {
  readonly capture: number
  readonly isText: boolean
}

export interface LayoutContext {
  /** The list that a JSON text stands for, frozen; undefined when it is none that a record may have. */
  dimensions(text: string): readonly DimensionInput[] | undefined
  /** One string for all equal ones. */
  intern(text: string): string
  readonly maxTimeChars: number
  readonly maxValueChars: number
}

/** Longer records are not learned from. */
const mostLayoutChars = 32_768

/** Reads the record at `start`; undefined when it is laid out otherwise or a value is not one that the shape allows. */
export function readLaidOut(layout: RecordLayout, text: string, start: number, context: LayoutContext): LaidOutRecord | undefined {
  const { pattern, sample, captures, measures } = layout
  pattern.lastIndex = start
  const match = pattern.exec(text)
  if (match === null) return undefined
  const record: { -readonly [K in keyof RecordInput]: RecordInput[K] } = { ...sample }
  if (captures.Dimensions > 0) {
    const dimensions = context.dimensions(match[captures.Dimensions]!)
    if (dimensions === undefined) return undefined
    record.Dimensions = dimensions
  }
  if (captures.Time > 0) {
    record.Time = match[captures.Time]!
    if (record.Time.length > context.maxTimeChars) return undefined
  }
  if (captures.MeasureName > 0) record.MeasureName = context.intern(match[captures.MeasureName]!)
  if (captures.Version > 0) record.Version = Number(match[captures.Version])
  if (captures.MeasureValue > 0) {
    const value = match[captures.MeasureValue]!
    if (value.length > context.maxValueChars) return undefined
    record.MeasureValue = layout.valueIsText ? ownText(value) : value
  }
  if (measures.length > 0) {
    const values: MeasureValueInput[] = []
    for (const { Name, Type, capture, isText } of measures) {
      const value = match[capture]!
      if (value.length > context.maxValueChars) return undefined
      values.push({ Name, Value: isText ? ownText(value) : value, Type })
    }
    record.MeasureValues = values
  }
  return { record, end: pattern.lastIndex }
}

/**
 * The layout of the record at `start`, and its end. Undefined for every record with something unusual: escapes, members that are unknown
 * or occur twice, null, a version with sign, fraction or more than 15 digits.
 * @param readSample makes of the record's text the record, or undefined when its shape is not allowed
 */
export function learnLayout(
  text: string,
  start: number,
  readSample: (text: string) => RecordInput | undefined,
): { readonly layout: RecordLayout; readonly end: number } | undefined {
  const scan = new LayoutScan(text, start)
  if (!scan.record() || scan.end - start > mostLayoutChars) return undefined
  const sample = readSample(text.slice(start, scan.end))
  if (sample === undefined) return undefined
  const measures = scan.measures.map((capture, i): MeasureHole => {
    const { Name, Type } = sample.MeasureValues![i]!
    return { Name, Type, capture, isText: staysText(Type) }
  })
  const pattern = new RegExp(scan.source, 'y')
  return { layout: { pattern, sample, captures: scan.captures, valueIsText: staysText(sample.MeasureValueType), measures }, end: scan.end }
}

const staysText = (type: string | undefined): boolean => type === undefined || type === 'VARCHAR'

/** White space, then a sign of punctuation, a string without escapes, or digits. `[ !#-[\]-\uffff]`: no control character, quote, backslash. */
const tokenPattern = /[ \t\n\r]*(?:([{}[\]:,])|("[ !#-[\]-\uffff]*")|(\d+))/y
const patterns = {
  text: String.raw`([ !#-[\]-\uffff]+)`,
  digits: String.raw`(0|[1-9]\d{0,14})`,
  list: String.raw`(\[[^\]]*\])`,
} as const

/** One walk over a record, which collects the pattern: what is between the holes literally, and a capture for each hole. */
class LayoutScan {
  /** As in RecordLayout. */
  readonly captures: Record<Hole, number> = { Dimensions: 0, MeasureName: 0, MeasureValue: 0, Time: 0, Version: 0 }
  /** The capture of each measure's value. */
  readonly measures: number[] = []
  source = ''
  #captureCount = 0
  end: number
  readonly #text: string
  #literalStart: number

  constructor(text: string, start: number) {
    this.#text = text
    this.#literalStart = start
    this.end = start
  }

  record(): boolean {
    if (!this.#members((name) => this.#member(name))) return false
    this.#literalUpTo(this.end)
    return true
  }

  #member(name: string): boolean {
    switch (name) {
      case 'Time':
      case 'MeasureName':
      case 'MeasureValue':
        this.captures[name] = this.#captureCount + 1
        return this.#textHole()
      case 'MeasureValueType':
      case 'TimeUnit':
        return this.#string() !== undefined
      case 'Version':
        return this.#version()
      case 'Dimensions':
        return this.#dimensions()
      case 'MeasureValues':
        return this.#measureValues()
      default:
        return false
    }
  }

  #dimensions(): boolean {
    if (this.#next() !== '[') return false
    const close = this.#text.indexOf(']', this.end)
    if (close < 0) return false
    this.captures.Dimensions = this.#hole(patterns.list, this.end - 1, close + 1)
    this.end = close + 1
    return true
  }

  #measureValues(): boolean {
    if (this.#next() !== '[') return false
    for (let index = 0; ; index++) {
      const hasMembers = this.#members((name) => {
        if (name !== 'Value') return (name === 'Name' || name === 'Type') && this.#string() !== undefined
        this.measures[index] = this.#captureCount + 1
        return this.#textHole()
      })
      if (!hasMembers) return false
      const mark = this.#next()
      if (mark === ']') return true
      if (mark !== ',') return false
    }
  }

  /** An object whose members `read` knows, each at most once. */
  #members(read: (name: string) => boolean): boolean {
    if (this.#next() !== '{') return false
    const seen = new Set<string>()
    for (;;) {
      const name = this.#string()
      if (name === undefined || seen.has(name) || this.#next() !== ':' || !read(name)) return false
      seen.add(name)
      const mark = this.#next()
      if (mark === '}') return true
      if (mark !== ',') return false
    }
  }

  #textHole(): boolean {
    const content = this.#string()
    if (content === undefined) return false
    this.#hole(patterns.text, this.end - 1 - content.length, this.end - 1)
    return true
  }

  #version(): boolean {
    const digits = this.#next()
    if (digits === undefined || !/^\d/.test(digits)) return false
    this.captures.Version = this.#hole(patterns.digits, this.end - digits.length, this.end)
    return true
  }

  /** Answers the number of the capture. */
  #hole(pattern: string, start: number, end: number): number {
    this.#literalUpTo(start)
    this.source += pattern
    this.#literalStart = end
    return ++this.#captureCount
  }

  #literalUpTo(end: number): void {
    this.source += this.#text.slice(this.#literalStart, end).replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
  }

  #string(): string | undefined {
    const token = this.#next()
    return token?.startsWith('"') === true ? token.slice(1, -1) : undefined
  }

  #next(): string | undefined {
    tokenPattern.lastIndex = this.end
    const match = tokenPattern.exec(this.#text)
    if (match === null) return undefined
    this.end = tokenPattern.lastIndex
    return match[1] ?? match[2] ?? match[3]
  }
}
