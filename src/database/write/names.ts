import { ServerError } from '../../base/errors.ts'
import { isUnicode } from './values.ts'

/** Column names of the product itself. Source: developer guide, "Naming constraints", system identifiers. */
const systemIdentifiers = new Set(['measure_value', 'measure_name', 'time', 'ts_non_existent_col'])
const reservedPrefixes = ['ts_', 'measure_value', 'measure_name']

// eslint-disable-next-line no-control-regex -- the rule is about control characters
const unprintable = /[\u0000-\u001f\u2028\u2029]/

/**
 * The rules for the name of a dimension, measure or multi-measure attribute.
 * @param path the member that holds it, for the message
 * @throws ServerError VALIDATION
 */
export function checkColumnName(kind: 'dimension' | 'measure', name: string, path: string, maxBytes: number): void {
  const fail = (what: string): never => {
    throw new ServerError('VALIDATION', `${path}: the ${kind} name ${what}.`)
  }
  if (name === '') fail('must not be empty')
  if (name.length > maxBytes || Buffer.byteLength(name) > maxBytes)
    fail(`must not be longer than ${maxBytes} bytes (it has ${Buffer.byteLength(name)})`)
  const shown = JSON.stringify(name)
  if (systemIdentifiers.has(name)) fail(`${shown} is reserved`)
  const prefix = reservedPrefixes.find((p) => name.startsWith(p))
  if (prefix !== undefined) fail(`${shown} must not start with ${prefix}`)
  if (name.includes(':')) fail(`${shown} must not contain a colon`)
  if (kind === 'dimension' && name.includes('"')) fail(`${shown} must not contain a double quote`)
  if (unprintable.test(name)) fail(`${shown} must not contain control characters`)
  if (!isUnicode(name)) fail(`${shown} is not valid Unicode`)
}
