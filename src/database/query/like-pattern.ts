import { ServerError } from '../../base/errors.ts'
import type { LikePattern } from '../../sql/compile.ts'

/** The names that fit a LIKE pattern: `%` any characters, `_` one; case counts. @throws ServerError VALIDATION for a wrong escape. */
export function namesLike(names: readonly string[], like: LikePattern | undefined): readonly string[] {
  if (!like) return names
  const expression = likeExpression(like)
  return names.filter((name) => expression.test(name))
}

function likeExpression({ pattern, escape }: LikePattern): RegExp {
  if (escape !== undefined && [...escape].length !== 1) throw new ServerError('VALIDATION', 'Escape string must be a single character')
  let source = ''
  let escaped = false
  for (const character of pattern) {
    if (escaped) {
      if (character !== '%' && character !== '_' && character !== escape) throw wrongEscape()
      source += literal(character)
      escaped = false
    } else if (character === escape) {
      escaped = true
    } else {
      source += character === '%' ? '.*' : character === '_' ? '.' : literal(character)
    }
  }
  if (escaped) throw wrongEscape()
  return new RegExp(`^${source.replace(/(?:\.\*)+/g, '.*')}$`, 'su')
}

const literal = (character: string): string => (/[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character)

const wrongEscape = (): ServerError =>
  new ServerError('VALIDATION', "Escape character must be followed by '%', '_' or the escape character itself")
