import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { AttributeShape, AttributeType, IngestRecord, SeriesDimensions } from './ingest-record.ts'
import { checkColumnName } from './names.ts'
import { isUnicode, maxTimeNs } from './values.ts'

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n
const rememberedNames = 10_000

/** Checks records that connectors have decoded, by the same rules as those of WriteRecords; what was checked once is known by its object. */
export class IngestChecker {
  readonly #limits: Limits
  readonly #faults = new WeakMap<object, string | null>()
  readonly #measureNames = new Map<string, string | null>()

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Why the record cannot be stored; undefined when it can. */
  fault(record: IngestRecord): string | undefined {
    const { timeNs, version, measureName, dimensions, value } = record
    if (timeNs < 0n || timeNs > maxTimeNs) return 'The time is not from 1970-01-01 to 2262-04-11.'
    if (version !== undefined && (version < 1n || version > maxInt64)) return `The version is not an integer from 1 to ${maxInt64}.`
    const nameFault = this.#measureFault(measureName)
    if (nameFault !== undefined) return nameFault
    const seriesFault = this.#known(dimensions, () => this.#dimensionsFault(dimensions))
    if (seriesFault !== undefined) return seriesFault
    if (value.kind === 'single') return this.#valueFault(measureName, value.type, value.value)
    const { shape, values } = value
    const shapeFault = this.#known(shape, () => this.#shapeFault(shape))
    if (shapeFault !== undefined) return shapeFault
    for (let i = 0; i < values.length; i++) {
      const fault = this.#valueFault(shape.names[i]!, shape.types[i]!, values[i]!)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #known(object: object, find: () => string | undefined): string | undefined {
    const known = this.#faults.get(object)
    if (known !== undefined) return known ?? undefined
    const fault = find()
    this.#faults.set(object, fault ?? null)
    return fault
  }

  #measureFault(name: string): string | undefined {
    const known = this.#measureNames.get(name)
    if (known !== undefined) return known ?? undefined
    const fault = faultOf(() => checkColumnName('measure', name, 'MeasureName', this.#limits.measureNameBytes))
    if (this.#measureNames.size >= rememberedNames) this.#measureNames.clear()
    this.#measureNames.set(name, fault ?? null)
    return fault
  }

  #dimensionsFault({ names, values }: SeriesDimensions): string | undefined {
    const namesFault = this.#known(names, () => this.#namesFault(names))
    if (namesFault !== undefined) return namesFault
    for (let i = 0; i < names.length; i++) {
      const value = values[i]!
      if (value === '') return `The dimension ${names[i]} has no value; leave it out instead.`
      if (!isUnicode(value)) return `The value of the dimension ${names[i]} is not valid Unicode.`
    }
    return undefined
  }

  #namesFault(names: readonly string[]): string | undefined {
    const { dimensionsPerTable, dimensionNameBytes } = this.#limits
    if (names.length > dimensionsPerTable) return `A record has at most ${dimensionsPerTable} dimensions, not ${names.length}.`
    if (new Set(names).size !== names.length) return 'A dimension is given twice.'
    return faultOf(() => names.forEach((name) => checkColumnName('dimension', name, 'Dimensions', dimensionNameBytes)))
  }

  #shapeFault({ names }: AttributeShape): string | undefined {
    if (names.length === 0) return 'A multi-measure record needs at least one measure value.'
    if (new Set(names).size !== names.length) return 'A measure is given twice.'
    return faultOf(() => names.forEach((name) => checkColumnName('measure', name, 'MeasureValues', this.#limits.measureNameBytes)))
  }

  #valueFault(name: string, type: AttributeType, value: number | bigint | boolean | string): string | undefined {
    switch (type) {
      case 'double':
        return Number.isFinite(value) ? undefined : `The measure ${name} is ${value as number}, which is no finite DOUBLE.`
      case 'bigint':
        return (value as bigint) >= minInt64 && (value as bigint) <= maxInt64 ? undefined : `The measure ${name} is no integer of 64 bits.`
      case 'timestamp':
        return (value as bigint) >= 0n && (value as bigint) <= maxTimeNs
          ? undefined
          : `The measure ${name} is no time from 1970-01-01 to 2262-04-11.`
      case 'varchar':
        return this.#textFault(name, value as string)
      case 'boolean':
        return undefined
    }
  }

  #textFault(name: string, text: string): string | undefined {
    const { measureValueBytes } = this.#limits
    if (text === '') return `The measure ${name} is an empty VARCHAR; leave it out instead.`
    if (text.length * 3 > measureValueBytes && Buffer.byteLength(text) > measureValueBytes)
      return `The measure ${name} is longer than ${measureValueBytes} bytes.`
    return isUnicode(text) ? undefined : `The measure ${name} is not valid Unicode.`
  }
}

function faultOf(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof ServerError) return error.message
    throw error
  }
}
