import { ServerError } from './errors.ts'

/**
 * One option of a command, as data. The flag, the environment variable, the help text, the reference page and the parser all come from
 * this record, so they cannot differ.
 */
export interface OptionDefinition<T> {
  /** Without the dashes: `data` is `--data`. Absent: only from the environment (secrets do not belong on a command line). */
  readonly flag?: string
  /** Absent: only as a flag. */
  readonly environment?: string
  /** What stands for the value in help (`HOST:PORT`). Absent: a switch, true when given. */
  readonly placeholder?: string
  /** One sentence, no full stop. */
  readonly summary: string
  /** The text that stands when nothing is given; absent: `undefined` is the value. */
  readonly fallback?: string
  /** Turns the text into the value. Throws an Error whose message says what is wrong with it, without repeating the text. */
  readonly parse: (text: string) => T
  /** The value is never shown, not even in an error. */
  readonly secret?: true
}

export type OptionDefinitions = Readonly<Record<string, OptionDefinition<unknown>>>

/** The values that a set of definitions yields. Those without fallback may be undefined. */
export type OptionValues<D extends OptionDefinitions> = {
  readonly [K in keyof D]: D[K] extends OptionDefinition<infer T> ? (D[K] extends { readonly fallback: string } ? T : T | undefined) : never
}

export interface OptionSources {
  /** By flag without dashes; `true` for a switch. */
  readonly flags: Readonly<Record<string, string | true | undefined>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Reads every option: the flag wins over the environment variable, that over the fallback. An empty environment variable counts as not
 * given. Throws ServerError CONFIGURATION that names the flag or variable the bad value came from.
 */
export function readOptions<D extends OptionDefinitions>(definitions: D, sources: OptionSources): OptionValues<D> {
  const values: Record<string, unknown> = {}
  for (const [name, definition] of Object.entries(definitions)) values[name] = readOption(definition, sources)
  return values as OptionValues<D>
}

function readOption(definition: OptionDefinition<unknown>, sources: OptionSources): unknown {
  const { flag, environment, fallback } = definition
  const fromFlag = flag === undefined ? undefined : sources.flags[flag]
  if (fromFlag !== undefined) return parseOption(definition, `--${flag}`, fromFlag === true ? 'true' : fromFlag)
  const fromEnvironment = environment === undefined ? undefined : sources.environment[environment]
  if (environment !== undefined && fromEnvironment !== undefined && fromEnvironment !== '') {
    return parseOption(definition, environment, fromEnvironment)
  }
  return fallback === undefined ? undefined : definition.parse(fallback)
}

function parseOption(definition: OptionDefinition<unknown>, source: string, text: string): unknown {
  try {
    return definition.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ServerError('CONFIGURATION', `${source}: ${definition.secret ? 'the value' : JSON.stringify(text)} ${reason}`)
  }
}

// Parsers. Their errors continue the sentence `--flag: "text" …`.

export function parseText(text: string): string {
  if (text === '') throw new Error('is empty')
  return text
}

export function parseSwitch(text: string): boolean {
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  throw new Error('is neither true nor false')
}

export function parseInteger(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= minimum && value <= maximum)) throw new Error(`is not a whole number from ${minimum} to ${maximum}`)
    return value
  }
}

export function parseChoice<const T extends readonly string[]>(choices: T): (text: string) => T[number] {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text)
    if (choice === undefined) throw new Error(`is not one of ${choices.join(', ')}`)
    return choice
  }
}

export function parsePattern(pattern: RegExp, expectation: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) throw new Error(`is not ${expectation}`)
    return text
  }
}

export interface ListenAddress {
  /** A host name or an address; IPv6 without brackets. */
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

/** `HOST:PORT`, `[IPV6]:PORT`. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || !(port <= 65_535)) throw new Error('is not HOST:PORT (as in 127.0.0.1:8470 or [::1]:8470)')
  return { host, port }
}
