import { bindParameters, quoteText } from '../bind-parameters.ts'
import type { EngineQuery } from '../engine.ts'

/** The query with its settings, to be read as RowBinary. */
export const queryText = (query: EngineQuery): string =>
  `${bindParameters(query.text, query.parameters ?? {})}\nFORMAT RowBinary SETTINGS ${settingsText(query)}`

/** The query as one that writes its result to an address. */
export const fileText = (query: EngineQuery, url: string): string =>
  `INSERT INTO FUNCTION url(${quoteText(url)}, '${query.format}') SETTINGS ${settingsText(query)}
SELECT * FROM (${bindParameters(query.text, query.parameters ?? {})})`

function settingsText(query: EngineQuery): string {
  const settings: Record<string, string | number> = { ...query.settings, log_comment: query.queryId }
  if (query.timeoutMs !== undefined) settings['max_execution_time'] = Math.max(query.timeoutMs, 1) / 1000
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : quoteText(value)}`)
    .join(', ')
}
