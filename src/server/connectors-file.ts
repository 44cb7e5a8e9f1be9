import { readFileSync } from 'node:fs'
import { ServerError } from '../base/errors.ts'
import type { ConnectorDefinition, ConnectorOptionsJson, JsonValue } from '../database/connectors/connectors.ts'

const members = ['name', 'type', 'enabled', 'principal', 'options']

/**
 * The connectors of a configuration file: `{"connectors": [{"type", "name", "enabled", "principal", "options"}]}`. In options, `{"env": "NAME"}` stands
 * for the value of an environment variable, so that secrets need not lie in the file.
 * @throws ServerError CONFIGURATION
 */
export function readConnectorsFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly ConnectorDefinition[] {
  const fail = (what: string): never => {
    throw new ServerError('CONFIGURATION', `--connectors: ${path} ${what}`)
  }
  const read = (): unknown => {
    try {
      return JSON.parse(readFileSync(path, 'utf8'))
    } catch (error) {
      return fail(
        error instanceof SyntaxError ? `is not JSON: ${error.message}` : `cannot be read (${(error as NodeJS.ErrnoException).code})`,
      )
    }
  }
  const file = read() as { readonly connectors?: unknown } | null
  const entries: unknown = file?.connectors
  if (!Array.isArray(entries)) return fail('has no list "connectors"')
  const definitions = entries.map((entry: unknown, i): ConnectorDefinition => {
    const at = `connectors[${i}]`
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return fail(`${at} is not an object`)
    const given = entry as Record<string, JsonValue>
    const unknown = Object.keys(given).find((name) => !members.includes(name))
    if (unknown !== undefined) return fail(`${at} has no member ${JSON.stringify(unknown)}; it has ${members.join(', ')}`)
    const { type, name = type, enabled = true, principal = 'root', options = {} } = given
    if (typeof type !== 'string') return fail(`${at}.type is not a text`)
    if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9_.-]{0,63}$/.test(name)) return fail(`${at}.name is no name (a–z, 0–9, _, . and -)`)
    if (typeof enabled !== 'boolean') return fail(`${at}.enabled is neither true nor false`)
    if (typeof principal !== 'string') return fail(`${at}.principal is not a text`)
    if (typeof options !== 'object' || options === null || Array.isArray(options)) return fail(`${at}.options is not an object`)
    const resolved = fromEnvironment(options, environment, (variable) => fail(`${at}.options: the environment has no ${variable}`))
    return { name, type, options: resolved as ConnectorOptionsJson, principal, isRunning: enabled, origin: 'configuration' }
  })
  const names = definitions.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  return twice === undefined ? definitions : fail(`has two connectors of the name ${twice}`)
}

function fromEnvironment(
  value: JsonValue,
  environment: Readonly<Record<string, string | undefined>>,
  missing: (variable: string) => never,
): JsonValue {
  if (Array.isArray(value)) return value.map((each: JsonValue) => fromEnvironment(each, environment, missing))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as { readonly [name: string]: JsonValue })
  const [first] = entries
  if (entries.length === 1 && first?.[0] === 'env' && typeof first[1] === 'string') return environment[first[1]] ?? missing(first[1])
  return Object.fromEntries(entries.map(([name, each]) => [name, fromEnvironment(each, environment, missing)]))
}
