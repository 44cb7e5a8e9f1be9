import { ServerError } from '../../../base/errors.ts'
import type { OptionValue } from '../../option.ts'

export interface PipesRequest {
  readonly DatabaseName: string
  readonly TableName: string
  readonly TimestreamParameters: OptionValue
  readonly Events: readonly unknown[]
}

const members = ['DatabaseName', 'TableName', 'TimestreamParameters', 'Events']

/** @throws ServerError VALIDATION naming the member that is wrong */
export function decodePipesRequest(body: unknown): PipesRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('The body is not an object')
  const unknown = Object.keys(body).find((name) => !members.includes(name))
  if (unknown !== undefined) throw invalid(`There is no member ${JSON.stringify(unknown)}; there are ${members.join(', ')}`)
  const { DatabaseName, TableName, TimestreamParameters, Events } = body as Record<string, unknown>
  if (typeof DatabaseName !== 'string' || DatabaseName === '') throw invalid('DatabaseName is not a text')
  if (typeof TableName !== 'string' || TableName === '') throw invalid('TableName is not a text')
  if (!Array.isArray(Events) || Events.length === 0) throw invalid('Events is not a list of at least one event')
  return { DatabaseName, TableName, TimestreamParameters: (TimestreamParameters ?? null) as OptionValue, Events }
}

const invalid = (what: string): ServerError => new ServerError('VALIDATION', `${what}.`)
