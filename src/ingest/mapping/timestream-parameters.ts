import { ServerError } from '../../base/errors.ts'
import type { OptionValue } from '../option.ts'

/**
 * How an event becomes records. Values are paths into the event (`$.data.temperature`) or literals.
 * Source: EventBridge Pipes API reference, `PipeTargetTimestreamParameters`; `VersionValue` may be left out here, which means 1.
 */
export interface TimestreamParameters {
  readonly TimeValue: string
  readonly TimeFieldType?: 'EPOCH' | 'TIMESTAMP_FORMAT'
  readonly EpochTimeUnit?: EpochTimeUnit
  readonly TimestampFormat?: string
  readonly VersionValue?: string
  readonly DimensionMappings: readonly DimensionMapping[]
  readonly SingleMeasureMappings?: readonly SingleMeasureMapping[]
  readonly MultiMeasureMappings?: readonly MultiMeasureMapping[]
}

export type EpochTimeUnit = 'SECONDS' | 'MILLISECONDS' | 'MICROSECONDS' | 'NANOSECONDS'
export type MappedType = 'DOUBLE' | 'BIGINT' | 'BOOLEAN' | 'VARCHAR' | 'TIMESTAMP'

export interface DimensionMapping {
  readonly DimensionName: string
  readonly DimensionValue: string
  readonly DimensionValueType?: 'VARCHAR'
}

export interface SingleMeasureMapping {
  readonly MeasureName: string
  readonly MeasureValue: string
  readonly MeasureValueType: MappedType
}

export interface MultiMeasureMapping {
  readonly MultiMeasureName: string
  readonly MultiMeasureAttributeMappings: readonly MultiMeasureAttributeMapping[]
}

export interface MultiMeasureAttributeMapping {
  readonly MultiMeasureAttributeName: string
  readonly MeasureValue: string
  readonly MeasureValueType: MappedType
}

type Json = { readonly [name: string]: OptionValue }

const timeFieldTypes = ['EPOCH', 'TIMESTAMP_FORMAT'] as const
const epochUnits = ['SECONDS', 'MILLISECONDS', 'MICROSECONDS', 'NANOSECONDS'] as const
const mappedTypes = ['DOUBLE', 'BIGINT', 'BOOLEAN', 'VARCHAR', 'TIMESTAMP'] as const
const mostDimensions = 128
const mostMeasures = 8192
const mostAttributes = 256

/** @throws ServerError VALIDATION naming the member that is wrong */
export function readTimestreamParameters(value: OptionValue): TimestreamParameters {
  const json = structure(value, 'TimestreamParameters', [
    'TimeValue',
    'TimeFieldType',
    'EpochTimeUnit',
    'TimestampFormat',
    'VersionValue',
    'DimensionMappings',
    'SingleMeasureMappings',
    'MultiMeasureMappings',
  ])
  const timeFieldType = optional(json, 'TimeFieldType', (each, member) => oneOf(each, member, timeFieldTypes))
  const parameters: TimestreamParameters = {
    TimeValue: string(json['TimeValue'], 'TimeValue'),
    ...timeFieldType,
    ...optional(json, 'EpochTimeUnit', (each, member) => oneOf(each, member, epochUnits)),
    ...optional(json, 'TimestampFormat', string),
    ...optional(json, 'VersionValue', string),
    DimensionMappings: list(json['DimensionMappings'] ?? [], 'DimensionMappings', mostDimensions, readDimension),
    ...optional(json, 'SingleMeasureMappings', (each, member) => list(each, member, mostMeasures, readSingle)),
    ...optional(json, 'MultiMeasureMappings', (each, member) => list(each, member, mostMeasures, readMulti)),
  }
  const { TimeFieldType, TimestampFormat, SingleMeasureMappings = [], MultiMeasureMappings = [] } = parameters
  if (TimeFieldType === 'TIMESTAMP_FORMAT' && TimestampFormat === undefined) throw invalid('TimestampFormat', 'is missing')
  if (SingleMeasureMappings.length + MultiMeasureMappings.length === 0) {
    throw invalid('SingleMeasureMappings', 'or MultiMeasureMappings must say what is measured')
  }
  return parameters
}

function readDimension(value: OptionValue, member: string): DimensionMapping {
  const json = structure(value, member, ['DimensionName', 'DimensionValue', 'DimensionValueType'])
  return {
    DimensionName: string(json['DimensionName'], `${member}.DimensionName`),
    DimensionValue: string(json['DimensionValue'], `${member}.DimensionValue`),
    ...optional(json, 'DimensionValueType', (each, path) => oneOf(each, path, ['VARCHAR'] as const), member),
  }
}

function readSingle(value: OptionValue, member: string): SingleMeasureMapping {
  const json = structure(value, member, ['MeasureName', 'MeasureValue', 'MeasureValueType'])
  const type = oneOf(json['MeasureValueType'], `${member}.MeasureValueType`, mappedTypes)
  if (type === 'TIMESTAMP')
    throw invalid(`${member}.MeasureValueType`, 'must not be TIMESTAMP: only attributes of multi-measure records have it')
  return {
    MeasureName: string(json['MeasureName'], `${member}.MeasureName`),
    MeasureValue: string(json['MeasureValue'], `${member}.MeasureValue`),
    MeasureValueType: type,
  }
}

function readMulti(value: OptionValue, member: string): MultiMeasureMapping {
  const json = structure(value, member, ['MultiMeasureName', 'MultiMeasureAttributeMappings'])
  const path = `${member}.MultiMeasureAttributeMappings`
  const mappings = list(json['MultiMeasureAttributeMappings'], path, mostAttributes, readAttribute)
  if (mappings.length === 0) throw invalid(path, 'is empty')
  return { MultiMeasureName: string(json['MultiMeasureName'], `${member}.MultiMeasureName`), MultiMeasureAttributeMappings: mappings }
}

function readAttribute(value: OptionValue, member: string): MultiMeasureAttributeMapping {
  const json = structure(value, member, ['MultiMeasureAttributeName', 'MeasureValue', 'MeasureValueType'])
  return {
    MultiMeasureAttributeName: string(json['MultiMeasureAttributeName'], `${member}.MultiMeasureAttributeName`),
    MeasureValue: string(json['MeasureValue'], `${member}.MeasureValue`),
    MeasureValueType: oneOf(json['MeasureValueType'], `${member}.MeasureValueType`, mappedTypes),
  }
}

const invalid = (member: string, what: string): ServerError => new ServerError('VALIDATION', `${member} ${what}.`)

function structure(value: OptionValue | undefined, member: string, names: readonly string[]): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(member, 'is not an object')
  const unknown = Object.keys(value).find((name) => !names.includes(name))
  if (unknown !== undefined) throw invalid(member, `has no member ${JSON.stringify(unknown)}; it has ${names.join(', ')}`)
  return value as Json
}

function string(value: OptionValue | undefined, member: string): string {
  if (value === undefined) throw invalid(member, 'is missing')
  if (typeof value !== 'string' || value === '' || value.length > 256) throw invalid(member, 'is not a text of 1 to 256 characters')
  return value
}

function oneOf<const T extends readonly string[]>(value: OptionValue | undefined, member: string, choices: T): T[number] {
  const found = choices.find((each) => each === value)
  if (found === undefined) throw invalid(member, `is not one of ${choices.join(', ')}`)
  return found
}

function list<T>(
  value: OptionValue | undefined,
  member: string,
  most: number,
  read: (value: OptionValue, member: string) => T,
): readonly T[] {
  if (!Array.isArray(value) || value.length > most) throw invalid(member, `is not a list of at most ${most} entries`)
  return value.map((each: OptionValue, i) => read(each, `${member}[${i}]`))
}

function optional<K extends keyof TimestreamParameters | 'DimensionValueType', T>(
  json: Json,
  name: K,
  read: (value: OptionValue, member: string) => T,
  parent?: string,
): { readonly [P in K]?: T } {
  const value = json[name]
  if (value === undefined || value === null) return {}
  return { [name]: read(value, parent === undefined ? name : `${parent}.${name}`) } as { readonly [P in K]?: T }
}
