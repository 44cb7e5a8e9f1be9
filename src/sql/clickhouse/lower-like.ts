import { ServerError, type Position } from '../../base/errors.ts'
import type { Expression } from '../ir.ts'
import { call, string } from './tree.ts'
import type { Node } from './tree.ts'
import type { Values } from './values.ts'

/** LIKE without ESCAPE has no escape character; ClickHouse's always has the backslash. */
export function lowerLike(values: Values, expression: Extract<Expression, { kind: 'like' }>, go: (part: Expression) => Node): Node {
  const { pattern, escape } = expression
  const operand = go(expression.operand)
  if (pattern.kind === 'literal' && (escape === undefined || escape.kind === 'literal')) {
    if (pattern.value === null || escape?.value === null) return values.nullOf(expression.type)
    const { text, isPlain } = translateLike(pattern.value as string, (escape?.value as string | undefined) || undefined, expression.at)
    return isPlain ? call('equals', operand, string(text)) : call('like', operand, string(text))
  }
  const doubled = call('replaceAll', go(pattern), string('\\'), string('\\\\'))
  if (escape === undefined) return call('like', operand, doubled)
  return values.let(go(escape), (character) => {
    const wrong = call('greater', call('lengthUTF8', character), { kind: 'integer', value: 1n })
    const mark = call('concat', string('('), call('regexpQuoteMeta', call('assumeNotNull', character)), string(')(.)'))
    return values.failIf(
      wrong,
      'INVALID_FUNCTION_ARGUMENT',
      'Escape string must be a single character',
      call('like', operand, call('replaceRegexpAll', doubled, mark, string(String.raw`\\\2`))),
    )
  })
}

const followed = 'Escape character must be followed by %, _ or the escape character itself'

function refuse(message: string, at: Position | undefined): never {
  throw new ServerError('INVALID_FUNCTION_ARGUMENT', message, at ? { position: at } : {})
}

/** ClickHouse's pattern; `isPlain`: no wildcards, `text` is what must be equal. @throws ServerError INVALID_FUNCTION_ARGUMENT */
export function translateLike(
  pattern: string,
  escape: string | undefined,
  at?: Position,
): { readonly text: string; readonly isPlain: boolean } {
  if (escape !== undefined && Array.from(escape).length !== 1) {
    return refuse('Escape string must be a single character', at)
  }
  let text = ''
  let plain = ''
  let isPlain = true
  let escaped = false
  for (const character of pattern) {
    if (escaped) {
      if (character !== '%' && character !== '_' && character !== escape) {
        return refuse(followed, at)
      }
      text += character === '%' || character === '_' ? `\\${character}` : character === '\\' ? '\\\\' : character
      plain += character
      escaped = false
    } else if (character === escape) escaped = true
    else if (character === '\\') {
      text += '\\\\'
      plain += character
    } else {
      if (character === '%' || character === '_') isPlain = false
      text += character
      plain += character
    }
  }
  if (escaped) return refuse(followed, at)
  return isPlain ? { text: plain, isPlain } : { text, isPlain }
}
