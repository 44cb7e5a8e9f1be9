import { readFileSync } from 'node:fs'
import { ServerError } from '../../base/errors.ts'
import { checkDataModel, parseDataModel } from '../../csv/data-model.ts'
import type { AttributeMapping, DataModel, MeasureValueType, TimeUnit } from '../../csv/model-types.ts'
import type { ColumnTypes } from './read/file-format.ts'

export interface ModelFlags {
  readonly model?: string
  readonly time: string
  readonly timeUnit: TimeUnit
  readonly dimensions?: string
  readonly measures?: string
  readonly measureName?: string
  readonly measureNameColumn?: string
}

const types = ['DOUBLE', 'BIGINT', 'BOOLEAN', 'VARCHAR', 'TIMESTAMP'] as const

/**
 * A data model out of a file, or out of flags: whose measures without a type get that of their column, double where the file does not know it.
 * @throws ServerError CONFIGURATION
 */
export function readModel(flags: ModelFlags, typeOf: ColumnTypes = () => undefined): DataModel {
  try {
    if (flags.model !== undefined) return parseDataModel(readFileSync(flags.model, 'utf8'))
    const { dimensions, measures } = flags
    if (dimensions === undefined || measures === undefined) throw new Error('give --model, or --dimensions and --measures')
    const model: DataModel = {
      TimeColumn: flags.time,
      TimeUnit: flags.timeUnit,
      DimensionMappings: parts(dimensions).map((column) => ({ SourceColumn: column })),
      ...(flags.measureNameColumn !== undefined && { MeasureNameColumn: flags.measureNameColumn }),
      MultiMeasureMappings: {
        ...(flags.measureName !== undefined && { TargetMultiMeasureName: flags.measureName }),
        MultiMeasureAttributeMappings: parts(measures).map((text) => attribute(text, typeOf)),
      },
    }
    checkDataModel(model)
    return model
  } catch (error) {
    throw new ServerError('CONFIGURATION', `the data model: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const parts = (text: string): string[] => text.split(',').map((part) => part.trim())

/** `column` or `column:type`. */
function attribute(text: string, typeOf: ColumnTypes): AttributeMapping {
  const [column = '', given] = text.split(':')
  const type = given?.toUpperCase() ?? typeOf(column) ?? 'DOUBLE'
  const found = types.find((each) => each === (type as MeasureValueType))
  if (column === '' || found === undefined)
    throw new Error(`--measures: ${text} is not COLUMN:TYPE, the types being ${types.join(', ').toLowerCase()}`)
  return { SourceColumn: column, MeasureValueType: found }
}
