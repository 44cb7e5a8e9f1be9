import { singleMeasureColumn } from './layout.ts'
import type { AttributeType, SingleMeasureType, StoredSchema } from './table-record.ts'

/** A schema by name, made once for each version of it. */
export interface SchemaIndex {
  /** Physical column by dimension name. */
  readonly dimensions: ReadonlyMap<string, string>
  readonly attributes: ReadonlyMap<string, { readonly physicalName: string; readonly type: AttributeType }>
  readonly singleMeasureTypes: ReadonlySet<SingleMeasureType>
  /** Every column that holds values, with its type. */
  readonly valueColumns: ReadonlyMap<string, AttributeType>
  /** `dataType\0name` of each measure, with the dimensions seen. */
  readonly measures: ReadonlyMap<string, ReadonlySet<string>>
  readonly measureNames: ReadonlySet<string>
}

const indexes = new WeakMap<StoredSchema, SchemaIndex>()

export function schemaIndex(schema: StoredSchema): SchemaIndex {
  let index = indexes.get(schema)
  if (index === undefined) {
    index = {
      dimensions: new Map(schema.dimensions.map((d) => [d.name, d.physicalName])),
      attributes: new Map(schema.attributes.map((a) => [a.name, a])),
      singleMeasureTypes: new Set(schema.singleMeasureTypes),
      valueColumns: new Map([
        ...schema.singleMeasureTypes.map((type): [string, AttributeType] => [singleMeasureColumn(type), type]),
        ...schema.attributes.map((a): [string, AttributeType] => [a.physicalName, a.type]),
      ]),
      measures: new Map(schema.measures.map((m) => [measureKey(m.dataType, m.name), new Set(m.dimensions)])),
      measureNames: new Set(schema.measures.map((m) => m.name)),
    }
    indexes.set(schema, index)
  }
  return index
}

export const measureKey = (dataType: string, name: string): string => `${dataType}\0${name}`
