/** ClickHouse SQL taken apart as the engine's own lexer does it. */
export interface PrintedText {
  /** What is not inside quotes; each quoted part is one `?`. */
  readonly bare: string
  /** Contents of the literals between single quotes, escapes undone. */
  readonly strings: readonly string[]
}

const escapes: Readonly<Record<string, string>> = { '0': '\0', n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', a: '\x07', v: '\v' }

/** @throws Error when a quote is never closed */
export function takeApart(text: string): PrintedText {
  const strings: string[] = []
  let bare = ''
  for (let i = 0; i < text.length; i += 1) {
    const quote = text[i]!
    if (quote !== "'" && quote !== '`' && quote !== '"') {
      bare += quote
      continue
    }
    let content = ''
    for (i += 1; ; i += 1) {
      const character = text[i]
      if (character === undefined) throw new Error(`a ${quote} is never closed`)
      if (character === '\\') {
        i += 1
        content += escapes[text[i]!] ?? text[i]!
      } else if (character !== quote) content += character
      else if (text[i + 1] === quote) {
        content += quote
        i += 1
      } else break
    }
    if (quote === "'") strings.push(content)
    bare += '?'
  }
  return { bare, strings }
}
