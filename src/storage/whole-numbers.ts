import type { EngineInsert, InsertColumn } from '../engine/engine.ts'
import { heldColumn } from './layout.ts'
import type { StoredSchema } from './table-record.ts'

/** A whole number of 32 bits that comes back as it went in: not the negative zero. */
export const isWhole = (value: number): boolean => value === (value | 0) && !Object.is(value, -0)

/** Attributes, by physical name, that the engine holds as whole numbers and that have another value in the insert. */
export function outgrownAttributes(schema: StoredSchema, insert: EngineInsert): readonly string[] {
  const whole = new Set(schema.attributes.flatMap(({ physicalName, form }) => (form === 'whole' ? [physicalName] : [])))
  if (whole.size === 0) return []
  return insert.columns.flatMap((column) => (whole.has(column.name) && !isAllWhole(column) ? [column.name] : []))
}

/** The insert with its columns under the names of those that hold them. */
export function asHeld(schema: StoredSchema, insert: EngineInsert): EngineInsert {
  const held = new Set(schema.attributes.flatMap(({ physicalName, form }) => (form === undefined ? [] : [physicalName])))
  if (held.size === 0) return insert
  return {
    ...insert,
    columns: insert.columns.map((column) => (held.has(column.name) ? { ...column, name: heldColumn(column.name) } : column)),
  }
}

function isAllWhole(column: InsertColumn): boolean {
  if (column.kind !== 'float64') return false
  const { values, nulls } = column
  for (let row = 0; row < values.length; row++) {
    if (!isWhole(values[row]!) && nulls?.[row] !== 1) return false
  }
  return true
}
