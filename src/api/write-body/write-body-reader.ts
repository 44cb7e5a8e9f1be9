import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { DimensionInput, RecordInput } from '../../database/write/record.ts'
import { checkShape } from '../check-shape.ts'
import { recordShape, writeRecords } from '../operations/write-records.ts'
import { parseText } from '../../base/parse-json.ts'
import { RecentMap, ownText } from './recent-map.ts'
import { type LaidOutRecord, type LayoutContext, type RecordLayout, learnLayout, readLaidOut } from './record-layout.ts'

const layoutsKept = 32
/** Of dimension lists and measure names, by their text. */
const charsKept = 8 * 1024 * 1024
/** Learning costs many times what reading does: it may take a fixed share of the characters that came. */
const learningFactor = 64
const mostCredit = 4 * 1024 * 1024
const maxTimeChars = 256
/** Nobody outside can know it, so no body can hold it. */
const standIn = randomUUID()

const recordsStart = /[ \t\n\r]*:[ \t\n\r]*\[[ \t\n\r]*/y
const betweenRecords = /[ \t\n\r]*([,\]])[ \t\n\r]*/y

/**
 * Reads the bodies of WriteRecords. The records of a writer are alike: texts that differ in a few values. The first one is parsed
 * and checked, and its layout learned; the others are read by matching that.
 */
export class WriteBodyReader {
  readonly #limits: Limits
  readonly #context: LayoutContext
  readonly #layouts: RecordLayout[] = []
  /** Which layout came after which: writers send their kinds of records in turn. */
  readonly #successors = new WeakMap<RecordLayout, RecordLayout>()
  #previous: RecordLayout | undefined
  readonly #dimensions = new RecentMap<readonly DimensionInput[]>(charsKept)
  readonly #names = new RecentMap<string>(charsKept)
  #credit = mostCredit

  constructor(limits: Limits) {
    this.#limits = limits
    this.#context = {
      dimensions: (text) => this.#dimensions.get(text) ?? this.#readDimensions(text),
      intern: (text) => this.#names.get(text) ?? this.#keepName(text),
      maxTimeChars,
      maxValueChars: limits.measureValueBytes,
    }
  }

  /** What `parseBody` and `checkShape` make of the body. Undefined when it is unusual or has a fault: then they must read it. */
  read(body: Buffer): object | undefined {
    if (!isUtf8(body)) return undefined
    const text = body.toString('utf8')
    this.#credit = Math.min(mostCredit, this.#credit + text.length)
    const name = text.indexOf('"Records"')
    if (name < 0) return undefined
    recordsStart.lastIndex = name + '"Records"'.length
    if (!recordsStart.test(text)) return undefined
    const found = this.#readRecords(text, recordsStart.lastIndex)
    if (found === undefined) return undefined
    const rest = `${text.slice(0, name)}"Records":["${standIn}"]${text.slice(found.end)}`
    return this.#readRest(rest, found.records)
  }

  /** From the first record to behind the bracket that closes the list. */
  #readRecords(text: string, start: number): { readonly records: readonly RecordInput[]; readonly end: number } | undefined {
    const records: RecordInput[] = []
    let at = start
    for (;;) {
      const found = this.#readRecord(text, at)
      if (found === undefined || records.length === this.#limits.recordsPerWrite) return undefined
      records.push(found.record)
      betweenRecords.lastIndex = found.end
      const mark = betweenRecords.exec(text)?.[1]
      if (mark === undefined) return undefined
      at = betweenRecords.lastIndex
      if (mark === ']') return { records, end: at }
    }
  }

  #readRecord(text: string, at: number): LaidOutRecord | undefined {
    const previous = this.#previous
    const expected = previous && (this.#successors.get(previous) ?? previous)
    if (expected !== undefined) {
      const found = readLaidOut(expected, text, at, this.#context)
      this.#previous = expected
      if (found !== undefined) return found
    }
    for (const layout of this.#layouts) {
      const found = layout === expected ? undefined : readLaidOut(layout, text, at, this.#context)
      if (found === undefined) continue
      if (previous !== undefined) this.#successors.set(previous, layout)
      this.#previous = layout
      return found
    }
    const learned = this.#learn(text, at)
    return learned && readLaidOut(learned, text, at, this.#context)
  }

  #learn(text: string, at: number): RecordLayout | undefined {
    if (this.#credit <= 0) return undefined
    const learned = learnLayout(text, at, (record) => this.#quietly(() => this.#checked(record)))
    this.#credit -= learningFactor * ((learned?.end ?? text.length) - at)
    if (learned === undefined) return undefined
    this.#layouts.unshift(learned.layout)
    if (this.#layouts.length > layoutsKept) this.#layouts.pop()
    return learned.layout
  }

  #readDimensions(text: string): readonly DimensionInput[] | undefined {
    const list = this.#quietly(() => this.#checked(`{"Dimensions":${text}}`).Dimensions)
    if (list === undefined) return undefined
    for (const dimension of list) Object.freeze(dimension)
    this.#dimensions.set(text, Object.freeze(list))
    return list
  }

  #keepName(text: string): string {
    const own = ownText(text)
    this.#names.set(own, own)
    return own
  }

  /** @throws ServerError */
  #checked(record: string): RecordInput {
    return checkShape(recordShape, parseText(record), this.#limits)
  }

  /** The body without its records, which take the place of their stand-in. */
  #readRest(text: string, records: readonly RecordInput[]): object | undefined {
    return this.#quietly(() => {
      const input = parseText(text) as { Records?: unknown }
      // the name stood elsewhere, or there were two of it
      if (!Array.isArray(input?.Records) || input.Records[0] !== standIn) return undefined
      input.Records = [{}]
      checkShape(writeRecords.input, input, this.#limits)
      input.Records = records
      return input
    })
  }

  #quietly<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (error instanceof ServerError) return undefined
      throw error
    }
  }
}
