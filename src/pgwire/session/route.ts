import { significant } from './split-statements.ts'

/** Who answers a statement. */
export type Route =
  | 'empty'
  /** The connection itself: transactions, settings. */
  | 'session'
  | 'cursor'
  | 'copy'
  | 'insert'
  | 'delete'
  /** The shadow of PostgreSQL's catalog. */
  | 'catalog'
  /** Timestream's compiler; what it does not know, the catalog may. */
  | 'query'
  | 'refused'

const session =
  /^(?:set|reset|begin|start|commit|end|rollback|abort|savepoint|release|discard|deallocate|listen|unlisten|prepare|execute)\b/
const own = /^show\s+(?:databases|tables|measures)\b/
const query = /^(?:select|with|values|table|explain|describe|desc|unload|\()/
/** Relations and types that only PostgreSQL's catalog has. */
const catalogNames =
  /\b(?:pg_catalog|information_schema)"?\s*\.|(?:\bfrom|\bjoin|,)\s*"?pg_\w+|\breg(?:class|type|proc|namespace|role)\b|\boid\b/

export function route(statement: string): Route {
  const text = significant(statement)
  if (text === '') return 'empty'
  if (session.test(text)) return 'session'
  if (/^show\b/.test(text)) return own.test(text) ? 'query' : 'session'
  if (/^(?:declare|fetch|move|close)\b/.test(text)) return 'cursor'
  if (/^copy\b/.test(text)) return 'copy'
  if (/^insert\b/.test(text)) return 'insert'
  if (/^delete\b/.test(text)) return 'delete'
  if (!query.test(text)) return 'refused'
  return catalogNames.test(text) ? 'catalog' : 'query'
}
