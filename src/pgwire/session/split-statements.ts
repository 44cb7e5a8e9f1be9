/**
 * The statements of a text, cut at the semicolons outside of quotes and comments; empty ones are left out. An open quote or comment is the parser's to refuse.
 */
export function splitStatements(text: string): readonly string[] {
  const statements: string[] = []
  let start = 0
  for (const match of text.matchAll(token)) {
    if (match[0] !== ';') continue
    statements.push(text.slice(start, match.index))
    start = match.index + 1
  }
  statements.push(text.slice(start))
  return statements.filter((statement) => significant(statement) !== '')
}

const dollarQuote = String.raw`\$([A-Za-z_]*)\$[\s\S]*?\$\1\$`
const token = new RegExp(String.raw`[eE]'(?:[^'\\]|\\[\s\S])*'|'[^']*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\/|${dollarQuote}|;`, 'g')

/** The text without quoted strings and comments, in lower case: what keywords and names may be looked for in. Quoted names stay. */
export const significant = (text: string): string =>
  text
    .replaceAll(token, (part) =>
      part.startsWith('"') ? part : part.startsWith('--') || part.startsWith('/*') ? ' ' : part === ';' ? ';' : "''",
    )
    .toLowerCase()
    .trim()
