/** A piece of a replacement of Java's Matcher: text, or what a group matched. */
type ReplacementPiece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'group'; readonly index: number }

export class ReplacementError extends Error {
  override readonly name = 'ReplacementError'
}

/**
 * `$1` (as many digits as name a group), `${name}`, `\x` for x itself.
 * @throws ReplacementError for groups that are not there and for a `$` or `\` that nothing follows.
 */
export function parseReplacement(text: string, groupCount: number, names: ReadonlyMap<string, number>): readonly ReplacementPiece[] {
  const pieces: ReplacementPiece[] = []
  let literal = ''
  const group = (index: number): void => {
    if (literal !== '') pieces.push({ kind: 'text', text: literal })
    literal = ''
    pieces.push({ kind: 'group', index })
  }
  for (let at = 0; at < text.length;) {
    const character = text[at]!
    if (character === '\\') {
      if (at + 1 >= text.length) throw new ReplacementError(`Illegal replacement sequence: ${text}`)
      literal += text[at + 1]
      at += 2
    } else if (character === '$') {
      const named = /^\$\{([a-zA-Z][a-zA-Z0-9]*)\}/.exec(text.slice(at))
      if (named) {
        const index = names.get(named[1]!)
        if (index === undefined) throw new ReplacementError(`Illegal replacement sequence: unknown group { ${named[1]} }`)
        group(index)
        at += named[0].length
        continue
      }
      const digits = /^\d+/.exec(text.slice(at + 1))?.[0]
      if (digits === undefined) throw new ReplacementError(`Illegal replacement sequence: ${text}`)
      let taken = 1
      if (Number(digits[0]) > groupCount) throw new ReplacementError(`Illegal replacement sequence: unknown group ${digits[0]}`)
      while (taken < digits.length && Number(digits.slice(0, taken + 1)) <= groupCount) taken++
      group(Number(digits.slice(0, taken)))
      at += 1 + taken
    } else {
      literal += character
      at++
    }
  }
  if (literal !== '') pieces.push({ kind: 'text', text: literal })
  return pieces
}

/** Groups that the pieces mention, ascending and without 0. */
export const mentionedGroups = (pieces: readonly ReplacementPiece[]): readonly number[] =>
  [...new Set(pieces.flatMap((piece) => (piece.kind === 'group' && piece.index > 0 ? [piece.index] : [])))].sort((a, b) => a - b)

/** The engine's replacement text, with the groups numbered by their place in `captures`. */
export const engineTemplate = (pieces: readonly ReplacementPiece[], captures: readonly number[]): string =>
  pieces
    .map((piece) =>
      piece.kind === 'text' ? piece.text.replaceAll('\\', '\\\\') : `\\${piece.index === 0 ? 0 : captures.indexOf(piece.index) + 1}`,
    )
    .join('')
