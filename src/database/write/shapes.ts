import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { AttributeType } from '../../storage/table-record.ts'
import type { DimensionSet, MultiShape } from '../../storage/writer/write-record.ts'
import { checkColumnName } from './names.ts'
import type { DimensionInput, MeasureValueInput, MeasureValueType } from './record.ts'
import { shorten } from './values.ts'

/** How many lists are tried first, most recently used in front; the records of one writer have few. */
const recent = 16
/** How many are remembered at all. */
const remembered = 10_000

export const attributeTypes: Readonly<Record<Exclude<MeasureValueType, 'MULTI'>, AttributeType>> = {
  DOUBLE: 'double',
  BIGINT: 'bigint',
  BOOLEAN: 'boolean',
  VARCHAR: 'varchar',
  TIMESTAMP: 'timestamp',
}

/**
 * The lists of names that records carry, each checked once and then shared by all records that have the same one: what is known
 * about a list need not be found out for every record.
 */
export class Shapes {
  readonly #limits: Limits
  readonly #dimensions: (readonly string[])[] = []
  readonly #multi: { readonly wireTypes: readonly string[]; readonly shape: MultiShape }[] = []
  readonly #dimensionsByKey = new Map<string, readonly string[]>()
  readonly #multiByKey = new Map<string, MultiShape>()
  readonly #measureNames = new Set<string>()
  readonly #frozenDimensions = new WeakMap<readonly DimensionInput[], DimensionSet>()

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /**
   * The names of the common dimensions followed by the record's own.
   * @throws ServerError VALIDATION for a name that is not allowed or occurs twice
   */
  dimensionNames(common: readonly DimensionInput[], own: readonly DimensionInput[], recordPath: string): readonly string[] {
    const list = this.#dimensions
    for (let i = 0; i < list.length; i++) {
      const names = list[i]!
      if (isThisList(names, common, own)) {
        if (i > 0) moveToFront(list, i)
        return names
      }
    }
    const key = [...common, ...own].map((d) => d.Name).join('\0')
    const known = this.#dimensionsByKey.get(key)
    // a list that is not allowed could have the key of another one (a name with U+0000), but not its length too
    const names = known?.length === common.length + own.length ? known : this.#checkDimensions(common, own, recordPath)
    remember(this.#dimensionsByKey, key, names)
    pushFront(list, names)
    return names
  }

  /** What was read from the same list before. Only of lists that are frozen, with all that is in them: nobody can have changed them. */
  knownDimensions(list: readonly DimensionInput[]): DimensionSet | undefined {
    return this.#frozenDimensions.get(list)
  }

  rememberDimensions(list: readonly DimensionInput[], dimensions: DimensionSet): void {
    if (Object.isFrozen(list) && list.every((dimension) => Object.isFrozen(dimension))) this.#frozenDimensions.set(list, dimensions)
  }

  /** @throws ServerError VALIDATION for a name that is not allowed or occurs twice, or a type that no attribute has */
  multiShape(values: readonly MeasureValueInput[], path: string): MultiShape {
    const list = this.#multi
    for (let i = 0; i < list.length; i++) {
      const { shape, wireTypes } = list[i]!
      if (isThisShape(shape.names, wireTypes, values)) {
        if (i > 0) moveToFront(list, i)
        return shape
      }
    }
    const key = values.map((v) => `${v.Name}\0${v.Type}`).join('\0')
    const known = this.#multiByKey.get(key)
    const shape = known?.names.length === values.length ? known : this.#checkAttributes(values, path)
    remember(this.#multiByKey, key, shape)
    pushFront(list, { shape, wireTypes: values.map((v) => v.Type) })
    return shape
  }

  checkMeasureName(name: string, path: string): void {
    if (this.#measureNames.has(name)) return
    checkColumnName('measure', name, path, this.#limits.measureNameBytes)
    if (this.#measureNames.size >= remembered) this.#measureNames.clear()
    this.#measureNames.add(name)
  }

  #checkDimensions(common: readonly DimensionInput[], own: readonly DimensionInput[], recordPath: string): readonly string[] {
    const seen = new Map<string, string>()
    const add = (dimensions: readonly DimensionInput[], path: string): void => {
      for (const [i, { Name }] of dimensions.entries()) {
        const member = `${path}.Dimensions[${i}].Name`
        checkColumnName('dimension', Name, member, this.#limits.dimensionNameBytes)
        const other = seen.get(Name)
        if (other !== undefined)
          throw new ServerError('VALIDATION', `${member}: the dimension ${shorten(Name)} is given twice, first at ${other}.`)
        seen.set(Name, member)
      }
    }
    add(common, 'CommonAttributes')
    add(own, recordPath)
    return [...seen.keys()]
  }

  #checkAttributes(values: readonly MeasureValueInput[], path: string): MultiShape {
    const seen = new Set<string>()
    const types: AttributeType[] = []
    for (const [i, { Name, Type }] of values.entries()) {
      checkColumnName('measure', Name, `${path}[${i}].Name`, this.#limits.measureNameBytes)
      if (seen.has(Name)) throw new ServerError('VALIDATION', `${path}[${i}].Name: the measure ${shorten(Name)} is given twice.`)
      seen.add(Name)
      if (Type === 'MULTI' || !Object.hasOwn(attributeTypes, Type)) {
        throw new ServerError('VALIDATION', `${path}[${i}].Type: ${shorten(Type)} is not one of ${Object.keys(attributeTypes).join(', ')}.`)
      }
      types.push(attributeTypes[Type])
    }
    return { names: [...seen], types }
  }
}

function isThisList(names: readonly string[], common: readonly DimensionInput[], own: readonly DimensionInput[]): boolean {
  if (names.length !== common.length + own.length) return false
  for (let i = 0; i < own.length; i++) if (names[common.length + i] !== own[i]!.Name) return false
  for (let i = 0; i < common.length; i++) if (names[i] !== common[i]!.Name) return false
  return true
}

function isThisShape(names: readonly string[], wireTypes: readonly string[], values: readonly MeasureValueInput[]): boolean {
  if (names.length !== values.length) return false
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (names[i] !== value.Name || wireTypes[i] !== value.Type) return false
  }
  return true
}

function pushFront<T>(list: T[], item: T): void {
  list.unshift(item)
  if (list.length > recent) list.pop()
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= remembered && !map.has(key)) map.clear()
  map.set(key, value)
}

function moveToFront<T>(list: T[], index: number): void {
  const [item] = list.splice(index, 1)
  list.unshift(item!)
}
