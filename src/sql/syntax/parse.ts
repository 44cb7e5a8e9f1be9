import { ServerError, type Position } from '../../base/errors.ts'
import type { Statement } from './ast.ts'
import { tokenize } from './lexer.ts'
import { parseExpression, parseValue } from './parse-expression.ts'
import type { Dialect } from './postgresql.ts'
import { parseQuery } from './parse-query.ts'
import { parseStatement } from './parse-statement.ts'
import { Mismatch, TokenStream, type Grammar } from './token-stream.ts'

export interface ParseBounds {
  /** Whose spelling is understood besides Timestream's. */
  readonly dialect?: Dialect
  readonly maxTokens: number
  /** Brackets, calls, subqueries inside one another. The tree may be `treeFactor` times as high, for chains such as `1 + 1 + …`. */
  readonly maxNestingDepth: number
}

const grammar: Grammar = { expression: parseExpression, value: (stream) => stream.nested(() => parseValue(stream)), query: parseQuery }
const treeFactor = 5

/**
 * Text to syntax tree: one statement, a `;` after it allowed. Linear in the text; the tree is never higher than the bounds say,
 * so whoever walks it may recurse.
 * @throws ServerError SYNTAX_ERROR with its position, NOT_SUPPORTED for a known construct that is left out
 */
export function parse(text: string, bounds: ParseBounds): Statement {
  const list = tokenize(text, bounds.maxTokens, bounds.dialect)
  const run = (recordAt: number): Statement => {
    const stream = new TokenStream(list, grammar, bounds.maxNestingDepth, recordAt)
    const statement = parseStatement(stream)
    stream.accept(';')
    if (stream.token.kind !== 'end') {
      stream.miss('<EOF>')
      stream.fail()
    }
    return statement
  }
  const statement = twice(run)
  const maxHeight = bounds.maxNestingDepth * treeFactor
  if (list.tokens.length > maxHeight) checkHeight(statement, maxHeight)
  return statement
}

/** The usual run collects nothing; only after a mismatch a second one finds what could have stood there. */
function twice(run: (recordAt: number) => Statement): Statement {
  try {
    return run(-1)
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    return run(error.index)
  }
}

interface Visit {
  readonly value: object
  readonly height: number
  readonly at: Position
}

function checkHeight(root: Statement, maxHeight: number): void {
  const visits: Visit[] = [{ value: root, height: 0, at: root.at }]
  for (let visit = visits.pop(); visit !== undefined; visit = visits.pop()) {
    const { value, height, at } = visit
    if (height > maxHeight) throw new ServerError('SYNTAX_ERROR', `more than ${maxHeight} operations inside one another`, { position: at })
    for (const [key, child] of Object.entries(value) as [string, unknown][]) {
      if (key === 'at' || typeof child !== 'object' || child === null) continue
      const isNode = 'kind' in child && 'at' in child
      visits.push({ value: child, height: isNode ? height + 1 : height, at: isNode ? (child.at as Position) : at })
    }
  }
}
