import { ServerError } from '../../../../base/errors.ts'
import { parseRuleExpression } from './rule-parser.ts'
import type { RuleExpression, RuleScope } from './rule-scope.ts'
import { type SqlVersion, toText } from './rule-value.ts'

/** A text with `${expression}` in it. Expressions see the payload as it came, no aliases of the SELECT. */
export type Template = (scope: RuleScope) => string

/** @throws ServerError VALIDATION naming the member; what a template answers throws it where an expression has no value */
export function parseTemplate(text: string, member: string, version: SqlVersion): Template {
  const parts: (string | { readonly source: string; readonly value: RuleExpression })[] = []
  for (let at = 0; at < text.length;) {
    const start = text.indexOf('${', at)
    if (start < 0) {
      parts.push(text.slice(at))
      break
    }
    if (start > at) parts.push(text.slice(at, start))
    const end = endOfExpression(text, start + 2)
    if (end < 0) throw new ServerError('VALIDATION', `${member}: "\${" has no "}" in ${JSON.stringify(text)}.`)
    const source = text.slice(start + 2, end)
    parts.push({ source, value: readExpression(source, member, version) })
    at = end + 1
  }
  return (scope) => parts.map((part) => (typeof part === 'string' ? part : filled(part.source, part.value(scope), member))).join('')
}

function filled(source: string, value: ReturnType<RuleExpression>, member: string): string {
  const text = value === null ? undefined : toText(value)
  if (text === undefined) throw new ServerError('VALIDATION', `${member}: \${${source}} has no value in this message.`)
  return text
}

function readExpression(source: string, member: string, version: SqlVersion): RuleExpression {
  try {
    return parseRuleExpression(source, version)
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    throw new ServerError('VALIDATION', `${member}: ${error.message.replace(/ of the SQL\.$/, ` of "${source}".`)}`)
  }
}

/** Behind quotes and braces of its own. */
function endOfExpression(text: string, from: number): number {
  let depth = 0
  let quote = ''
  for (let i = from; i < text.length; i++) {
    const character = text[i]!
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === "'" || character === '"') quote = character
    else if (character === '{') depth++
    else if (character === '}' && depth-- === 0) return i
  }
  return -1
}
