import { ServerError } from '../base/errors.ts'

/** What an option may be written as in the configuration: a value of JSON. */
export type OptionValue = string | number | boolean | null | readonly OptionValue[] | { readonly [name: string]: OptionValue }

/** One option of a connector, as data: the configuration, the API and the reference page come from it. */
export interface ConnectorOption<T> {
  /** One sentence, no full stop. */
  readonly summary: string
  /** Stands when nothing is given; absent: `undefined` is the value. */
  readonly fallback?: OptionValue
  /** Must be given. */
  readonly required?: true
  /** Never shown again once it was given. */
  readonly secret?: true
  /** Throws an Error whose message continues `the option NAME …`. */
  readonly read: (value: OptionValue) => T
}

export type ConnectorOptions = Readonly<Record<string, ConnectorOption<unknown>>>

export type ConnectorOptionValues<D extends ConnectorOptions> = {
  readonly [K in keyof D]: D[K] extends ConnectorOption<infer T>
    ? D[K] extends { readonly fallback: OptionValue } | { readonly required: true }
      ? T
      : T | undefined
    : never
}

/** @throws ServerError VALIDATION naming the option */
export function readConnectorOptions<D extends ConnectorOptions>(
  definitions: D,
  given: Readonly<Record<string, OptionValue>>,
): ConnectorOptionValues<D> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(definitions, name))
  if (unknown !== undefined) {
    throw new ServerError('VALIDATION', `there is no option ${JSON.stringify(unknown)}; there are ${Object.keys(definitions).join(', ')}`)
  }
  const values: Record<string, unknown> = {}
  for (const [name, definition] of Object.entries(definitions)) {
    const value = given[name] ?? definition.fallback
    if (value === undefined && definition.required)
      throw new ServerError('VALIDATION', `the option ${name} is missing: ${definition.summary}`)
    try {
      values[name] = value === undefined ? undefined : definition.read(value)
    } catch (error) {
      if (error instanceof ServerError) throw error
      throw new ServerError('VALIDATION', `the option ${name} ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return values as ConnectorOptionValues<D>
}

// What options are read with.

export function text(value: OptionValue): string {
  if (typeof value !== 'string' || value === '') throw new Error('is not a text')
  return value
}

export function onOrOff(value: OptionValue): boolean {
  if (typeof value !== 'boolean') throw new Error('is neither true nor false')
  return value
}

export function wholeNumber(minimum: number, maximum: number): (value: OptionValue) => number {
  return (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum)
      throw new Error(`is not a whole number from ${minimum} to ${maximum}`)
    return value
  }
}

export function choice<const T extends readonly string[]>(choices: T): (value: OptionValue) => T[number] {
  return (value) => {
    const found = choices.find((candidate) => candidate === value)
    if (found === undefined) throw new Error(`is not one of ${choices.join(', ')}`)
    return found
  }
}

export function listOf<T>(read: (value: OptionValue) => T): (value: OptionValue) => readonly T[] {
  return (value) => {
    if (!Array.isArray(value)) throw new Error('is not a list')
    return value.map(read)
  }
}

export function object(value: OptionValue): { readonly [name: string]: OptionValue } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('is not an object')
  return value as { readonly [name: string]: OptionValue }
}
