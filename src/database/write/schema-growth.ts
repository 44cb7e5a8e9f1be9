import type { Limits } from '../../base/limits.ts'
import type { Measure } from '../../sql/catalog.ts'
import { attributeColumn, dimensionColumn, partitionKeyColumn } from '../../storage/layout.ts'
import { measureKey, schemaIndex } from '../../storage/schema-index.ts'
import type { AttributeType, SingleMeasureType, StoredAttribute, StoredSchema, TableRecord } from '../../storage/table-record.ts'
import { isWhole } from '../../storage/whole-numbers.ts'
import type { Cell } from '../../storage/writer/write-record.ts'
import type { ReadRecord } from './read-record.ts'

export type SchemaLimits = Pick<Limits, 'dimensionsPerTable' | 'attributesPerTable' | 'measureNamesPerTable'>

export interface Growth {
  /** Undefined when the schema has all that the accepted records need. */
  readonly schema: StoredSchema | undefined
  /** Why a record does not fit, by its index. */
  readonly rejected: ReadonlyMap<number, string>
}

/** What the schema has to become for the records; a record that does not fit adds nothing. */
export function growSchema(
  current: StoredSchema,
  records: readonly ReadRecord[],
  partitionKey: TableRecord['partitionKey'],
  limits: SchemaLimits,
): Growth {
  const rejected = new Map<number, string>()
  let draft: SchemaDraft | undefined
  for (const record of records) {
    if (fits(current, record)) continue
    draft ??= new SchemaDraft(current, partitionKey, limits)
    const reason = draft.misfit(record)
    if (reason === undefined) draft.add(record)
    else rejected.set(record.index, reason)
  }
  return { schema: draft?.result(), rejected }
}

/** Combinations of measure, dimensions and values that a schema is known to have. */
const fitting = new WeakMap<StoredSchema, Map<string, Set<object | string>>>()
const rememberedMeasures = 10_000
const rememberedCombinations = 64

/** The schema has every column and measure that the record needs. */
function fits(schema: StoredSchema, { measureName, dimensions, value }: ReadRecord): boolean {
  let measures = fitting.get(schema)
  if (measures === undefined) fitting.set(schema, (measures = new Map()))
  const valueKey = value.kind === 'multi' ? value.shape : value.type
  const known = measures.get(measureName)
  if (known?.has(dimensions.names) && known.has(valueKey)) return true

  const index = schemaIndex(schema)
  const seen = index.measures.get(measureKey(value.kind === 'multi' ? 'multi' : value.type, measureName))
  if (seen === undefined || !dimensions.names.every((name) => seen.has(name) && index.dimensions.has(name))) return false
  if (value.kind === 'multi' && !value.shape.names.every((name, i) => index.attributes.get(name)?.type === value.shape.types[i]))
    return false
  if (value.kind === 'single' && !index.singleMeasureTypes.has(value.type)) return false

  // dimensions and values are remembered apart: a measure of one data type only, else a pair that was never seen could pass
  if (measures.size >= rememberedMeasures) measures.clear()
  const types = (['multi', 'double', 'bigint', 'boolean', 'varchar'] as const).filter((type) =>
    index.measures.has(measureKey(type, measureName)),
  )
  if (types.length > 1) return true
  const combinations = measures.get(measureName) ?? new Set()
  if (combinations.size >= rememberedCombinations) combinations.clear()
  measures.set(measureName, combinations.add(dimensions.names).add(valueKey))
  return true
}

class SchemaDraft {
  readonly #current: StoredSchema
  readonly #partitionKey: string | undefined
  readonly #limits: SchemaLimits
  readonly #dimensions: Map<string, string>
  readonly #attributes: Map<string, StoredAttribute>
  readonly #singleMeasureTypes: Set<SingleMeasureType>
  readonly #measures: Map<string, { readonly measure: Measure; readonly dimensions: Set<string> }>
  readonly #measureNames: Set<string>
  #hasChanged = false

  constructor(current: StoredSchema, partitionKey: TableRecord['partitionKey'], limits: SchemaLimits) {
    this.#current = current
    this.#partitionKey = partitionKey.type === 'DIMENSION' ? partitionKey.name : undefined
    this.#limits = limits
    this.#dimensions = new Map(current.dimensions.map((d) => [d.name, d.physicalName]))
    this.#attributes = new Map(current.attributes.map((a) => [a.name, a]))
    this.#singleMeasureTypes = new Set(current.singleMeasureTypes)
    this.#measures = new Map(
      current.measures.map((measure) => [measureKey(measure.dataType, measure.name), { measure, dimensions: new Set(measure.dimensions) }]),
    )
    this.#measureNames = new Set(current.measures.map((m) => m.name))
  }

  misfit({ measureName, dimensions, value }: ReadRecord): string | undefined {
    const limits = this.#limits
    let missing = 0
    for (const name of dimensions.names) {
      if (this.#attributes.has(name)) return `The dimension name ${name} is already the name of a multi-measure attribute of the table.`
      if (!this.#dimensions.has(name)) missing++
    }
    if (this.#dimensions.size + missing > limits.dimensionsPerTable) return `A table has at most ${limits.dimensionsPerTable} dimensions.`
    if (!this.#measureNames.has(measureName) && this.#measureNames.size >= limits.measureNamesPerTable) {
      return `A table has at most ${limits.measureNamesPerTable} measure names.`
    }
    if (value.kind === 'single') return undefined
    missing = 0
    for (const [i, name] of value.shape.names.entries()) {
      if (this.#dimensions.has(name) || dimensions.names.includes(name))
        return `The measure name ${name} is already the name of a dimension of the table.`
      const type = value.shape.types[i]!
      const attribute = this.#attributes.get(name)
      if (attribute === undefined) missing++
      else if (attribute.type !== type) {
        return `The measure ${name} has the type ${attribute.type.toUpperCase()} in the table, not ${type.toUpperCase()}.`
      }
    }
    return this.#attributes.size + missing > limits.attributesPerTable
      ? `The multi-measure records of a table have at most ${limits.attributesPerTable} measures together.`
      : undefined
  }

  /** For a record that is no misfit. */
  add({ measureName, dimensions, value }: ReadRecord): void {
    this.#hasChanged = true
    for (const name of dimensions.names) {
      if (this.#dimensions.has(name)) continue
      this.#dimensions.set(name, name === this.#partitionKey ? partitionKeyColumn : dimensionColumn(this.#dimensions.size + 1))
    }
    if (value.kind === 'single') this.#singleMeasureTypes.add(value.type)
    else {
      for (const [i, name] of value.shape.names.entries()) {
        if (this.#attributes.has(name)) continue
        const type = value.shape.types[i]!
        this.#attributes.set(name, {
          name,
          physicalName: attributeColumn(this.#attributes.size + 1, type),
          type,
          ...formOf(type, value.values[i]!),
        })
      }
    }
    const dataType = value.kind === 'multi' ? 'multi' : value.type
    const key = measureKey(dataType, measureName)
    let seen = this.#measures.get(key)
    if (seen === undefined) {
      seen = { measure: { name: measureName, dataType, dimensions: [] }, dimensions: new Set() }
      this.#measures.set(key, seen)
      this.#measureNames.add(measureName)
    }
    for (const name of dimensions.names) seen.dimensions.add(name)
  }

  result(): StoredSchema | undefined {
    if (!this.#hasChanged) return undefined
    const order = [...this.#dimensions.keys()]
    const next: StoredSchema = {
      dimensions: [...this.#dimensions].map(([name, physicalName]) => ({ name, physicalName })),
      attributes: [...this.#attributes.values()],
      singleMeasureTypes: [...this.#singleMeasureTypes],
      measures: [...this.#measures.values()].map(({ measure, dimensions }) =>
        dimensions.size === measure.dimensions.length ? measure : { ...measure, dimensions: order.filter((name) => dimensions.has(name)) },
      ),
    }
    return isSame(this.#current, next) ? undefined : next
  }
}

/** A double whose first value is a whole number is likely to have no others. */
const formOf = (type: AttributeType, first: Cell): Pick<StoredAttribute, 'form'> =>
  type === 'double' && isWhole(first as number) ? { form: 'whole' } : {}

/** Schemas only grow: equal sizes are equal schemas. */
function isSame(a: StoredSchema, b: StoredSchema): boolean {
  return (
    a.dimensions.length === b.dimensions.length &&
    a.attributes.length === b.attributes.length &&
    a.singleMeasureTypes.length === b.singleMeasureTypes.length &&
    a.measures.length === b.measures.length &&
    a.measures.every((measure, i) => measure.dimensions.length === b.measures[i]!.dimensions.length)
  )
}
