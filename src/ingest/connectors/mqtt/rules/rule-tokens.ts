import { ServerError } from '../../../../base/errors.ts'

export interface RuleToken {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'sign' | 'end'
  /** Without its quotes. */
  readonly text: string
  readonly start: number
  readonly end: number
}

const token =
  /\s+|([A-Za-z_]\w*)|`([^`]+)`|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(<>|!=|<=|>=|[-+*/%=<>().,{}[\]:])/y

/** The tokens of a rule's SQL, the last of kind `end`. @throws ServerError VALIDATION with the place */
export function tokensOf(sql: string): readonly RuleToken[] {
  const tokens: RuleToken[] = []
  token.lastIndex = 0
  while (token.lastIndex < sql.length) {
    const start = token.lastIndex
    const found = token.exec(sql)
    if (found === null) throw syntaxError(`${JSON.stringify(sql[start])} was not expected`, start)
    const [whole, word, quoted, single, double, number, sign] = found
    const add = (kind: RuleToken['kind'], text: string): void => void tokens.push({ kind, text, start, end: start + whole.length })
    if (word !== undefined) add('word', word)
    else if (quoted !== undefined) add('quoted', quoted)
    else if (single !== undefined) add('text', single.replaceAll("''", "'"))
    else if (double !== undefined) add('text', double.replaceAll('""', '"'))
    else if (number !== undefined) add('number', number)
    else if (sign !== undefined) add('sign', sign)
  }
  tokens.push({ kind: 'end', text: '', start: sql.length, end: sql.length })
  return tokens
}

export const syntaxError = (what: string, at: number): ServerError =>
  new ServerError('VALIDATION', `${what} at character ${at + 1} of the SQL.`)
