import { ServerError } from '../base/errors.ts'
import type { AttributeMapping, DataModel, MeasureValue, MixedMeasureMapping, RowRecord, TimeUnit } from './model-types.ts'

/** Of the records of a row, or why it has none. */
export type RowRecords = readonly RowRecord[] | string

/** @throws ServerError VALIDATION with the member that is wrong */
export function checkDataModel(model: DataModel): void {
  if (model.TimeColumn === undefined) throw invalid('TimeColumn is missing')
  if ((model.MultiMeasureMappings === undefined) === (model.MixedMeasureMappings === undefined)) {
    throw invalid('one of MultiMeasureMappings and MixedMeasureMappings must be given, not both')
  }
  const names = model.DimensionMappings.map((mapping, index) => {
    if (mapping.SourceColumn === undefined) throw invalid(`DimensionMappings[${index}].SourceColumn is missing`)
    return mapping.DestinationColumn ?? mapping.SourceColumn
  })
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw invalid(`two DimensionMappings are for the dimension ${JSON.stringify(twice)}`)
  const multi = model.MultiMeasureMappings
  if (multi && multi.TargetMultiMeasureName === undefined && model.MeasureNameColumn === undefined) {
    throw invalid('MultiMeasureMappings.TargetMultiMeasureName is required when there is no MeasureNameColumn')
  }
  model.MixedMeasureMappings?.forEach((mapping, index) => {
    const path = `MixedMeasureMappings[${index}]`
    if (mapping.MeasureValueType === 'MULTI') {
      if (!mapping.MultiMeasureAttributeMappings?.length) throw invalid(`${path}.MultiMeasureAttributeMappings is required for MULTI`)
      if ((mapping.TargetMeasureName ?? mapping.MeasureName) === undefined) throw invalid(`${path} needs MeasureName or TargetMeasureName`)
    } else if (mapping.SourceColumn === undefined) throw invalid(`${path}.SourceColumn is missing`)
    if (model.MeasureNameColumn !== undefined && mapping.MeasureName === undefined) {
      throw invalid(`${path}.MeasureName is required when there is a MeasureNameColumn`)
    }
  })
}

const invalid = (what: string): ServerError => new ServerError('VALIDATION', `The data model is not valid: ${what}.`)

/** The model of an object in a bucket, or of a file. @throws ServerError VALIDATION */
export function parseDataModel(text: string): DataModel {
  let model: unknown
  try {
    model = JSON.parse(text)
  } catch {
    throw invalid('it is not JSON')
  }
  if (typeof model !== 'object' || model === null || !Array.isArray((model as DataModel).DimensionMappings)) {
    throw invalid('it has no list DimensionMappings')
  }
  const found = model as DataModel
  if (found.DimensionMappings.length === 0) throw invalid('DimensionMappings is empty')
  const attributes = [
    ...(found.MultiMeasureMappings?.MultiMeasureAttributeMappings ?? []),
    ...(found.MixedMeasureMappings ?? []).flatMap((mapping) => mapping.MultiMeasureAttributeMappings ?? []),
  ]
  if (attributes.some((each) => typeof each.SourceColumn !== 'string')) throw invalid('an attribute mapping has no SourceColumn')
  if (found.MultiMeasureMappings && attributes.length === 0) throw invalid('MultiMeasureMappings has no MultiMeasureAttributeMappings')
  checkDataModel(found)
  return found
}

/** Names of the dimensions that records get. */
export const dimensionsOf = (model: DataModel): string[] =>
  model.DimensionMappings.map(({ SourceColumn, DestinationColumn }) => DestinationColumn ?? SourceColumn ?? '')

const wholeNumber = /^-?\d{1,19}$/

/** Reads the time of a row. */
export interface TimeReader {
  /** Of what `read` answers. */
  readonly unit: TimeUnit
  /** undefined: the text is no time. */
  read(text: string): string | undefined
  /** Whether measures of type TIMESTAMP are read in the same way; else they stay as they are. */
  readonly readsMeasures: boolean
}

/** As batch loads read times: whole numbers in the unit of the model. */
function wholeTimes({ TimeUnit: unit = 'MILLISECONDS' }: DataModel): TimeReader {
  return { unit, readsMeasures: false, read: (text) => (wholeNumber.test(text) ? text : undefined) }
}

/** How rows under a header become records. Answers the reason when a column of the model is not in the header. */
export function rowReader(
  model: DataModel,
  header: readonly string[],
  version: number,
  times: TimeReader = wholeTimes(model),
): ((fields: readonly (string | undefined)[]) => RowRecords) | string {
  const missing = columnsOf(model).filter((column) => !header.includes(column))
  if (missing.length > 0) return `The file has no column ${missing.map((column) => JSON.stringify(column)).join(', ')} of the data model.`
  const at = (column: string): number => header.indexOf(column)
  const dimensions = model.DimensionMappings.map(
    ({ SourceColumn = '', DestinationColumn = SourceColumn }) => [at(SourceColumn), DestinationColumn] as const,
  )
  const time = at(model.TimeColumn ?? '')
  const measureName = model.MeasureNameColumn === undefined ? undefined : at(model.MeasureNameColumn)
  const measures = measuresOf(model, at, times)
  return (fields) => {
    if (fields.length !== header.length) return `The row has ${fields.length} columns, the header ${header.length}.`
    const timeText = fields[time]
    const Time = timeText === undefined ? undefined : times.read(timeText)
    if (Time === undefined) return `The column ${model.TimeColumn} holds no time in ${model.TimeUnit ?? 'MILLISECONDS'}.`
    const name = measureName === undefined ? undefined : fields[measureName]
    if (measureName !== undefined && name === undefined) return `The column ${model.MeasureNameColumn} is empty.`
    const Dimensions: { Name: string; Value: string }[] = []
    for (const [index, Name] of dimensions) {
      const Value = fields[index]
      if (Value !== undefined) Dimensions.push({ Name, Value })
    }
    const records = measures(fields, name)
    if (records.length === 0)
      return name === undefined ? 'The row has no measure value.' : `The row has no measure value for ${JSON.stringify(name)}.`
    return records.map((measure) => ({ Dimensions, Time, TimeUnit: times.unit, Version: version, ...measure }))
  }
}

/** The columns that a model reads, each once. */
export function columnsOf(model: DataModel): string[] {
  const attributes = [
    ...(model.MultiMeasureMappings?.MultiMeasureAttributeMappings ?? []),
    ...(model.MixedMeasureMappings ?? []).flatMap((mapping) =>
      mapping.MeasureValueType === 'MULTI' ? (mapping.MultiMeasureAttributeMappings ?? []) : [{ SourceColumn: mapping.SourceColumn ?? '' }],
    ),
  ]
  const columns = [model.TimeColumn, model.MeasureNameColumn, ...model.DimensionMappings.map((mapping) => mapping.SourceColumn)]
  return [...new Set([...columns.filter((column) => column !== undefined), ...attributes.map((each) => each.SourceColumn)])]
}

type Measure = Pick<RowRecord, 'MeasureName' | 'MeasureValue' | 'MeasureValueType' | 'MeasureValues'>
type ReadMeasures = (fields: readonly (string | undefined)[], name: string | undefined) => readonly Measure[]

function measuresOf(model: DataModel, at: (column: string) => number, times: TimeReader): ReadMeasures {
  const multi = model.MultiMeasureMappings
  if (multi) {
    const values = attributeReader(multi.MultiMeasureAttributeMappings, at, times)
    return (fields, name) => multiMeasure(name ?? multi.TargetMultiMeasureName ?? '', values(fields))
  }
  const mixed = (model.MixedMeasureMappings ?? []).map((mapping) => [mapping.MeasureName, mixedReader(mapping, at, times)] as const)
  if (model.MeasureNameColumn === undefined) return (fields) => mixed.flatMap(([, read]) => read(fields))
  return (fields, name) => mixed.flatMap(([measureName, read]) => (measureName === name ? read(fields) : []))
}

function mixedReader(
  mapping: MixedMeasureMapping,
  at: (column: string) => number,
  times: TimeReader,
): (fields: readonly (string | undefined)[]) => readonly Measure[] {
  if (mapping.MeasureValueType === 'MULTI') {
    const values = attributeReader(mapping.MultiMeasureAttributeMappings ?? [], at, times)
    return (fields) => multiMeasure(mapping.TargetMeasureName ?? mapping.MeasureName ?? '', values(fields))
  }
  const MeasureName = mapping.TargetMeasureName ?? mapping.MeasureName ?? mapping.SourceColumn ?? ''
  const column = at(mapping.SourceColumn ?? '')
  return (fields) => {
    const MeasureValue = fields[column]
    return MeasureValue === undefined ? [] : [{ MeasureName, MeasureValue, MeasureValueType: mapping.MeasureValueType }]
  }
}

const multiMeasure = (MeasureName: string, MeasureValues: readonly MeasureValue[]): readonly Measure[] =>
  MeasureValues.length === 0 ? [] : [{ MeasureName, MeasureValueType: 'MULTI', MeasureValues }]

function attributeReader(
  mappings: readonly AttributeMapping[],
  at: (column: string) => number,
  times: TimeReader,
): (fields: readonly (string | undefined)[]) => MeasureValue[] {
  const attributes = mappings.map(
    ({ SourceColumn, TargetMultiMeasureAttributeName: target = SourceColumn, MeasureValueType: type = 'VARCHAR' as const }) =>
      [at(SourceColumn), target, type] as const,
  )
  return (fields) => {
    const values: MeasureValue[] = []
    for (const [index, Name, Type] of attributes) {
      const Value = fields[index]
      if (Value === undefined) continue
      // what is no time is the server's to refuse, with its reason
      values.push({ Name, Value: Type === 'TIMESTAMP' && times.readsMeasures ? (times.read(Value) ?? Value) : Value, Type })
    }
    return values
  }
}
