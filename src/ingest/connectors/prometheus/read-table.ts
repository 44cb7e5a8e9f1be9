import { type Mapping, prefixOf } from './decoded-write.ts'
import type { LabelMatcher } from './read-request.ts'
import { ServerError } from '../../../base/errors.ts'

interface Place {
  readonly databaseName: string
  readonly tableName: string
}

/** The table that holds what is asked for: with a table for each prefix, the metric must be named. @throws ServerError VALIDATION */
export function tableToRead(place: Place, matchers: readonly LabelMatcher[], mapping: Mapping): Place {
  if (mapping === 'single') return place
  const name = matchers.find((matcher) => matcher.name === '__name__' && matcher.type === 'EQ')
  if (name === undefined) throw new ServerError('VALIDATION', 'with the mapping multi, a metric must be asked for by its name')
  return { databaseName: place.databaseName, tableName: prefixOf(name.value) }
}
