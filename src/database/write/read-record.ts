import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { SingleMeasureType } from '../../storage/table-record.ts'
import type { Cell, DimensionSet, RecordValue } from '../../storage/writer/write-record.ts'
import type { DimensionInput, MeasureValueType, RecordInput, TimeUnit } from './record.ts'
import { type Shapes, attributeTypes } from './shapes.ts'
import { cellError, isTimeUnit, isUnicode, parseCell, parseTime, shorten } from './values.ts'

/** A record, merged with what is common to its request; all names and values are allowed ones. */
export interface ReadRecord {
  readonly index: number
  readonly timeNs: bigint
  /** 0 when none was given. */
  readonly version: bigint
  readonly measureName: string
  readonly dimensions: DimensionSet
  readonly value: RecordValue
}

const maxVersion = 9_223_372_036_854_775_807n
const none: readonly DimensionInput[] = []

/** Reads the records of one request. A fault in any of them fails the whole request. */
export class RecordReader {
  readonly #common: RecordInput
  readonly #limits: Limits
  readonly #shapes: Shapes
  /** Shared by the records that bring no dimensions of their own. */
  #commonDimensions: DimensionSet | undefined
  #lastTime: { readonly text: string; readonly unit: TimeUnit; readonly timeNs: bigint } | undefined

  constructor(common: RecordInput, limits: Limits, shapes: Shapes) {
    this.#common = common
    this.#limits = limits
    this.#shapes = shapes
  }

  /** @throws ServerError VALIDATION naming the record and the member */
  read(record: RecordInput, index: number): ReadRecord {
    const common = this.#common
    const path = `Records[${index}]`
    const measureName = record.MeasureName ?? common.MeasureName
    if (measureName === undefined) throw invalid(`${path}.MeasureName`, 'the measure name is missing')
    this.#shapes.checkMeasureName(measureName, `${record.MeasureName === undefined ? 'CommonAttributes' : path}.MeasureName`)
    const unit = this.#timeUnit(record, path)
    return {
      index,
      timeNs: this.#time(record.Time ?? common.Time, unit, path),
      version: this.#version(record.Version ?? common.Version, path),
      measureName,
      dimensions: this.#dimensions(record.Dimensions ?? none, path),
      value: this.#value(record, unit, path),
    }
  }

  #timeUnit(record: RecordInput, path: string): TimeUnit {
    const unit = record.TimeUnit ?? this.#common.TimeUnit ?? 'MILLISECONDS'
    if (!isTimeUnit(unit))
      throw invalid(`${path}.TimeUnit`, `${shorten(unit)} is not one of SECONDS, MILLISECONDS, MICROSECONDS, NANOSECONDS`)
    return unit
  }

  #time(text: string | undefined, unit: TimeUnit, path: string): bigint {
    const last = this.#lastTime
    if (last !== undefined && last.text === text && last.unit === unit) return last.timeNs
    const timeNs = text === undefined ? undefined : parseTime(text, unit)
    if (text === undefined || timeNs === undefined) {
      const what =
        text === undefined
          ? 'it is missing'
          : `${shorten(text)} is not an integer number of ${unit.toLowerCase()} from 1970-01-01 to 2262-04-11`
      throw new ServerError('VALIDATION', `Invalid time for record. ${path}.Time: ${what}.`)
    }
    this.#lastTime = { text, unit, timeNs }
    return timeNs
  }

  #version(version: number | bigint | undefined, path: string): bigint {
    if (version === undefined) return 0n
    if (version === 1) return 1n
    const value = typeof version === 'bigint' ? version : Number.isInteger(version) ? BigInt(version) : 0n
    if (value < 1n || value > maxVersion) throw invalid(`${path}.Version`, `${version} is not an integer from 1 to ${maxVersion}`)
    return value
  }

  #dimensions(own: readonly DimensionInput[], path: string): DimensionSet {
    if (own.length === 0 && this.#commonDimensions !== undefined) return this.#commonDimensions
    const common = this.#common.Dimensions ?? none
    const known = common.length === 0 ? this.#shapes.knownDimensions(own) : undefined
    if (known !== undefined) return known
    const count = common.length + own.length
    if (count > this.#limits.dimensionsPerTable) {
      throw invalid(`${path}.Dimensions`, `a record has at most ${this.#limits.dimensionsPerTable} dimensions, not ${count}`)
    }
    const names = this.#shapes.dimensionNames(common, own, path)
    const values: string[] = []
    for (let i = 0; i < common.length; i++) values.push(dimensionValue(common[i]!, 'CommonAttributes', i))
    for (let i = 0; i < own.length; i++) values.push(dimensionValue(own[i]!, path, i))
    const dimensions = { names, values }
    if (own.length === 0) this.#commonDimensions = dimensions
    if (common.length === 0) this.#shapes.rememberDimensions(own, dimensions)
    return dimensions
  }

  /** A member of the other kind of record may only be common: there it stands for other records. */
  #value(record: RecordInput, unit: TimeUnit, path: string): RecordValue {
    const type = record.MeasureValueType ?? this.#common.MeasureValueType ?? 'DOUBLE'
    if (type !== 'MULTI') return this.#single(record, type, unit, path)
    if (record.MeasureValue !== undefined) throw invalid(`${path}.MeasureValue`, 'a record of type MULTI has MeasureValues instead')
    return this.#multi(record, unit, path)
  }

  #single(record: RecordInput, type: Exclude<MeasureValueType, 'MULTI'>, unit: TimeUnit, path: string): RecordValue {
    if (type === 'TIMESTAMP')
      throw new ServerError(
        'VALIDATION',
        `TIMESTAMP is an invalid measure value type. ${path}.MeasureValueType: only attributes of MULTI records have it.`,
      )
    if (!Object.hasOwn(attributeTypes, type))
      throw invalid(`${path}.MeasureValueType`, `${shorten(type)} is not one of ${Object.keys(attributeTypes).join(', ')}, MULTI`)
    if (record.MeasureValues !== undefined && record.MeasureValues.length > 0) {
      throw invalid(`${path}.MeasureValues`, `only a record of type MULTI has them, and this one is of type ${type}`)
    }
    const text = record.MeasureValue ?? this.#common.MeasureValue
    if (text === undefined) throw invalid(`${path}.MeasureValue`, 'the measure value is missing')
    const physical = attributeTypes[type] as SingleMeasureType
    const value = parseCell(physical, text, unit, this.#limits.measureValueBytes)
    if (value !== undefined) return { kind: 'single', type: physical, value }
    const member = `${record.MeasureValue === undefined ? 'CommonAttributes' : path}.MeasureValue`
    throw cellError(physical, text, unit, this.#limits.measureValueBytes, member)
  }

  #multi(record: RecordInput, unit: TimeUnit, path: string): RecordValue {
    const inputs = record.MeasureValues ?? this.#common.MeasureValues
    if (inputs === undefined || inputs.length === 0)
      throw invalid(`${path}.MeasureValues`, 'a record of type MULTI needs at least one measure value')
    const member = `${record.MeasureValues === undefined ? 'CommonAttributes' : path}.MeasureValues`
    const shape = this.#shapes.multiShape(inputs, member)
    const { types } = shape
    const maxBytes = this.#limits.measureValueBytes
    const values: Cell[] = []
    for (let i = 0; i < inputs.length; i++) {
      const text = inputs[i]!.Value
      const value = parseCell(types[i]!, text, unit, maxBytes)
      if (value === undefined) throw cellError(types[i]!, text, unit, maxBytes, `${member}[${i}].Value`)
      values.push(value)
    }
    return { kind: 'multi', shape, values }
  }
}

function dimensionValue({ Value, DimensionValueType }: DimensionInput, path: string, index: number): string {
  if (DimensionValueType !== undefined && DimensionValueType !== 'VARCHAR') {
    throw invalid(`${path}.Dimensions[${index}].DimensionValueType`, `${shorten(DimensionValueType)} is not VARCHAR`)
  }
  if (Value.length === 0)
    throw invalid(`${path}.Dimensions[${index}].Value`, 'a dimension value must not be empty; leave the dimension out instead')
  if (!isUnicode(Value)) throw invalid(`${path}.Dimensions[${index}].Value`, `${shorten(Value)} is not valid Unicode`)
  return Value
}

const invalid = (path: string, what: string): ServerError => new ServerError('VALIDATION', `${path}: ${what}.`)
