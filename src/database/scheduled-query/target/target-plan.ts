import { ServerError } from '../../../base/errors.ts'
import type { Limits } from '../../../base/limits.ts'
import { typeText, type ScalarName } from '../../../sql/types/type.ts'
import type { ResultColumn } from '../../database.ts'
import type { AttributeMapping, AttributeValueType, MixedMeasureMapping, TargetConfiguration } from './target-configuration.ts'

/** How a row of the result becomes records: columns by their position. */
export interface TargetPlan {
  readonly time: number
  readonly dimensions: readonly { readonly name: string; readonly column: number }[]
  /** The column that holds the measure's name. */
  readonly measureName?: number
  readonly measures: readonly MeasurePlan[]
}

export type MeasurePlan = {
  /** Only of rows whose measure name column has this value. */
  readonly when?: string
  /** Absent: the value of the measure name column. */
  readonly name?: string
} & (
  | { readonly kind: 'single'; readonly type: Exclude<AttributeValueType, 'TIMESTAMP'>; readonly column: number }
  | { readonly kind: 'multi'; readonly attributes: readonly AttributePlan[] }
)

export interface AttributePlan {
  readonly name: string
  readonly type: AttributeValueType
  readonly column: number
}

/** Types of result columns that a value type takes. */
const taken: Readonly<Record<AttributeValueType, readonly ScalarName[]>> = {
  BIGINT: ['bigint', 'integer'],
  BOOLEAN: ['boolean'],
  DOUBLE: ['double'],
  VARCHAR: ['varchar'],
  TIMESTAMP: ['timestamp'],
}

type MappingLimits = Pick<Limits, 'dimensionsPerTable' | 'measuresPerRecord'>

/**
 * Checks the mappings against the columns of the result.
 * Source: developer guide, "Scheduled query mapping" and the API reference, data type `TimestreamConfiguration`.
 * @throws ServerError VALIDATION naming the member that is wrong
 */
export function planTarget(target: TargetConfiguration, columns: readonly ResultColumn[], limits: MappingLimits): TargetPlan {
  const find = columnFinder(columns)
  const { multiMeasure, mixedMeasures, measureNameColumn, dimensionColumns } = target
  if ((multiMeasure === undefined) === (mixedMeasures === undefined)) {
    throw invalid(
      multiMeasure === undefined
        ? 'one of MultiMeasureMappings and MixedMeasureMappings must be given'
        : 'only one of MultiMeasureMappings and MixedMeasureMappings can be given',
    )
  }
  const time = find('TimeColumn', target.timeColumn, ['timestamp'])
  const dimensions = dimensionColumns.map((name, i) => ({ name, column: find(`DimensionMappings[${i}].Name`, name, ['varchar']) }))
  const twice = repeated(dimensionColumns)
  if (twice !== undefined) throw invalid(`DimensionMappings names the column ${JSON.stringify(twice)} more than once`)
  if (dimensions.length > limits.dimensionsPerTable) throw invalid(`DimensionMappings has more than ${limits.dimensionsPerTable} entries`)
  const measureName = measureNameColumn === undefined ? undefined : find('MeasureNameColumn', measureNameColumn, ['varchar'])
  const planner = new MeasurePlanner(find, measureNameColumn !== undefined, new Set(dimensionColumns), limits)
  const measures = multiMeasure === undefined ? planner.mixed(mixedMeasures ?? []) : [planner.multi(multiMeasure)]
  return { time, dimensions, ...(measureName !== undefined && { measureName }), measures }
}

type FindColumn = (member: string, name: string, types: readonly ScalarName[]) => number

class MeasurePlanner {
  readonly #find: FindColumn
  readonly #isNamedByColumn: boolean
  readonly #dimensions: ReadonlySet<string>
  readonly #limits: MappingLimits

  constructor(find: FindColumn, isNamedByColumn: boolean, dimensions: ReadonlySet<string>, limits: MappingLimits) {
    this.#find = find
    this.#isNamedByColumn = isNamedByColumn
    this.#dimensions = dimensions
    this.#limits = limits
  }

  multi({ targetMeasureName, attributes }: NonNullable<TargetConfiguration['multiMeasure']>): MeasurePlan {
    if ((targetMeasureName === undefined) !== this.#isNamedByColumn) {
      throw invalid(
        this.#isNamedByColumn
          ? 'only one of MeasureNameColumn and MultiMeasureMappings.TargetMultiMeasureName can be given'
          : 'one of MeasureNameColumn and MultiMeasureMappings.TargetMultiMeasureName must be given',
      )
    }
    return {
      kind: 'multi',
      ...(targetMeasureName !== undefined && { name: targetMeasureName }),
      attributes: this.#attributes('MultiMeasureMappings.MultiMeasureAttributeMappings', attributes),
    }
  }

  mixed(mappings: readonly MixedMeasureMapping[]): readonly MeasurePlan[] {
    const plans = mappings.map((mapping, i) => this.#mixed(`MixedMeasureMappings[${i}]`, mapping))
    const twice = repeated(plans.map(({ when, name }) => JSON.stringify([when, name])))
    if (twice !== undefined) throw invalid(`two MixedMeasureMappings make a measure of one name: ${JSON.parse(twice)[1]}`)
    return plans
  }

  #mixed(member: string, mapping: MixedMeasureMapping): MeasurePlan {
    const { measureName: when, sourceColumn, targetMeasureName, type, attributes } = mapping
    if ((when === undefined) === this.#isNamedByColumn) {
      throw invalid(
        this.#isNamedByColumn
          ? `${member}.MeasureName must be given, as MeasureNameColumn is`
          : `${member}.MeasureName needs MeasureNameColumn`,
      )
    }
    const condition = when === undefined ? {} : { when }
    if (type === 'MULTI') {
      if (sourceColumn !== undefined) throw invalid(`${member}.SourceColumn cannot be given for a measure of type MULTI`)
      if (attributes === undefined) throw invalid(`${member}.MultiMeasureAttributeMappings must be given for a measure of type MULTI`)
      const name = targetMeasureName ?? when
      if (name === undefined) throw invalid(`${member}.TargetMeasureName must be given for a measure of type MULTI`)
      return { kind: 'multi', ...condition, name, attributes: this.#attributes(`${member}.MultiMeasureAttributeMappings`, attributes) }
    }
    if (attributes !== undefined) throw invalid(`${member}.MultiMeasureAttributeMappings can only be given for a measure of type MULTI`)
    if (sourceColumn === undefined) throw invalid(`${member}.SourceColumn must be given for a measure of type ${type}`)
    const column = this.#find(`${member}.SourceColumn`, sourceColumn, taken[type])
    return { kind: 'single', ...condition, name: targetMeasureName ?? when ?? sourceColumn, type, column }
  }

  #attributes(member: string, mappings: readonly AttributeMapping[]): readonly AttributePlan[] {
    if (mappings.length > this.#limits.measuresPerRecord) throw invalid(`${member} has more than ${this.#limits.measuresPerRecord} entries`)
    const plans = mappings.map(({ sourceColumn, targetName = sourceColumn, type }, i) => {
      if (this.#dimensions.has(targetName))
        throw invalid(`${member}[${i}]: ${JSON.stringify(targetName)} is the name of a dimension already`)
      return { name: targetName, type, column: this.#find(`${member}[${i}].SourceColumn`, sourceColumn, taken[type]) }
    })
    const twice = repeated(plans.map(({ name }) => name))
    if (twice !== undefined) throw invalid(`${member} makes two attributes of the name ${JSON.stringify(twice)}`)
    return plans
  }
}

function columnFinder(columns: readonly ResultColumn[]): FindColumn {
  return (member, name, types) => {
    const found = columns.flatMap((column, i) => (column.name === name ? [i] : []))
    const [index] = found
    if (index === undefined) throw invalid(`${member}: the result of the query has no column ${JSON.stringify(name)}`)
    if (found.length > 1) throw invalid(`${member}: the result of the query has ${found.length} columns ${JSON.stringify(name)}`)
    const { type } = columns[index]!
    if (type.kind !== 'scalar' || !types.includes(type.name)) {
      throw invalid(`${member}: the column ${JSON.stringify(name)} is of type ${typeText(type)}, and must be of type ${types.join(' or ')}`)
    }
    return index
  }
}

const repeated = (texts: readonly string[]): string | undefined => texts.find((text, i) => texts.indexOf(text) !== i)

const invalid = (what: string): ServerError => new ServerError('VALIDATION', `TargetConfiguration is not valid: ${what}.`)
