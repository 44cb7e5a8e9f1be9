import { ServerError } from '../../base/errors.ts'
import type { AttributeShape, IngestRecord, MeasureValue, SeriesDimensions } from '../../database/write/ingest-record.ts'
import { asText, attributeTypeOf, type Cell, epochTime, mappedCell } from './mapped-value.ts'
import { SharedNames } from './shared-names.ts'
import { parseTimeFormat, type TimeReader } from './time-format.ts'
import type { MappedType, TimestreamParameters } from './timestream-parameters.ts'
import { parseValuePath, type ValuePath } from './value-path.ts'

/** Turns an event (JSON as `parseText` reads it, or any object) into records. @throws ServerError VALIDATION saying which value does not fit */
export type EventMapper = (event: unknown) => readonly IngestRecord[]

interface MappedMeasure {
  readonly name: ValuePath
  readonly value: ValuePath
  readonly path: string
  readonly type: MappedType
}

/**
 * What TimestreamParameters say, made ready once. A dimension or measure whose value is missing (or null) is left out; an event without any measure is an error.
 * @throws ServerError VALIDATION for paths and formats that are wrong
 */
export function createEventMapper(parameters: TimestreamParameters): EventMapper {
  const { EpochTimeUnit: unit = 'MILLISECONDS', TimestampFormat, TimeFieldType } = parameters
  const names = new SharedNames()
  const timePath = parseValuePath(parameters.TimeValue, 'TimeValue')
  const timeFormat = TimeFieldType === 'TIMESTAMP_FORMAT' ? parseTimeFormat(TimestampFormat ?? '', 'TimestampFormat') : undefined
  const versionPath = parameters.VersionValue === undefined ? undefined : parseValuePath(parameters.VersionValue, 'VersionValue')
  const dimensions = parameters.DimensionMappings.map(({ DimensionName, DimensionValue }, i) => ({
    name: parseValuePath(DimensionName, `DimensionMappings[${i}].DimensionName`),
    value: parseValuePath(DimensionValue, `DimensionMappings[${i}].DimensionValue`),
  }))
  const measure = (name: string, value: string, type: MappedType, member: string): MappedMeasure => ({
    name: parseValuePath(name, member),
    value: parseValuePath(value, `${member}.MeasureValue`),
    path: value,
    type,
  })
  const singles = (parameters.SingleMeasureMappings ?? []).map((each, i) =>
    measure(each.MeasureName, each.MeasureValue, each.MeasureValueType, `SingleMeasureMappings[${i}]`),
  )
  const multis = (parameters.MultiMeasureMappings ?? []).map((each, i) => ({
    name: parseValuePath(each.MultiMeasureName, `MultiMeasureMappings[${i}].MultiMeasureName`),
    attributes: each.MultiMeasureAttributeMappings.map((attribute, k) =>
      measure(
        attribute.MultiMeasureAttributeName,
        attribute.MeasureValue,
        attribute.MeasureValueType,
        `MultiMeasureMappings[${i}].MultiMeasureAttributeMappings[${k}]`,
      ),
    ),
  }))

  const dimensionsOf = (event: unknown): SeriesDimensions => {
    const found: string[] = []
    const values: string[] = []
    for (const { name, value } of dimensions) {
      const text = asText(value(event))
      if (text === undefined || text === '') continue
      found.push(nameOf(name, event))
      values.push(text)
    }
    return { names: names.list(found), values }
  }

  return (event) => {
    const timeNs = timeOf(timePath(event), timeFormat, unit, parameters)
    const version = versionPath === undefined ? undefined : versionOf(versionPath(event), parameters.VersionValue!)
    const series = dimensionsOf(event)
    const records: IngestRecord[] = []
    const add = (measureName: string, value: MeasureValue): void =>
      void records.push({ timeNs, ...(version !== undefined && { version }), measureName, dimensions: series, value })
    for (const each of singles) {
      const cell = cellOf(each, event, unit)
      if (cell !== undefined) add(nameOf(each.name, event), { kind: 'single', type: attributeTypeOf(each.type) as 'double', value: cell })
    }
    for (const { name, attributes } of multis) {
      const value = multiOf(attributes, event, unit, names)
      if (value !== undefined) add(nameOf(name, event), value)
    }
    if (records.length === 0) throw new ServerError('VALIDATION', 'The event has none of the values that are to be measured.')
    return records
  }
}

function multiOf(attributes: readonly MappedMeasure[], event: unknown, unit: Unit, names: SharedNames): MeasureValue | undefined {
  const found: string[] = []
  const types: AttributeShape['types'][number][] = []
  const values: Cell[] = []
  for (const each of attributes) {
    const cell = cellOf(each, event, unit)
    if (cell === undefined) continue
    found.push(nameOf(each.name, event))
    types.push(attributeTypeOf(each.type))
    values.push(cell)
  }
  return found.length === 0 ? undefined : { kind: 'multi', shape: names.shape(found, types), values }
}

type Unit = NonNullable<TimestreamParameters['EpochTimeUnit']>

/** Undefined when there is no value. */
function cellOf({ value, path, type }: MappedMeasure, event: unknown, unit: Unit): Cell | undefined {
  const found = value(event)
  if (found === undefined || found === null || (type === 'VARCHAR' && found === '')) return undefined
  const cell = mappedCell(found, type, unit)
  if (cell === undefined) throw new ServerError('VALIDATION', `${path}: ${shown(found)} is no ${type}.`)
  return cell
}

function nameOf(path: ValuePath, event: unknown): string {
  const name = asText(path(event))
  if (name === undefined || name === '')
    throw new ServerError('VALIDATION', 'The event does not have the name that a mapping takes from it.')
  return name
}

function timeOf(value: unknown, format: TimeReader | undefined, unit: Unit, parameters: TimestreamParameters): bigint {
  if (value === undefined || value === null) throw new ServerError('VALIDATION', `${parameters.TimeValue}: the event has no such time.`)
  const timeNs = format === undefined ? epochTime(value, unit) : format(asText(value) ?? '')
  if (timeNs !== undefined) return timeNs
  const what = format === undefined ? `a number of ${unit.toLowerCase()}` : `a time as ${parameters.TimestampFormat}`
  throw new ServerError('VALIDATION', `${parameters.TimeValue}: ${shown(value)} is not ${what}.`)
}

function versionOf(value: unknown, path: string): bigint {
  const version = mappedCell(value, 'BIGINT', 'MILLISECONDS')
  if (typeof version !== 'bigint') throw new ServerError('VALIDATION', `${path}: ${shown(value)} is no version (a whole number).`)
  return version
}

function shown(value: unknown): string {
  const text = asText(value) ?? 'null'
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
