/** How UNLOAD writes CSV. Source: developer guide, "UNLOAD". */
export interface CsvStyle {
  readonly fieldDelimiter: string
  readonly escapedBy: string
}

/** A quote or escape character inside a value stands behind an escape character; such values, and those with delimiters, stand in quotes. */
export function fieldQuoter({ fieldDelimiter, escapedBy }: CsvStyle): (text: string) => string {
  const special = new RegExp(`["${escapeClass(escapedBy)}]`, 'g')
  const mustQuote = new RegExp(`["\\r\\n${escapeClass(fieldDelimiter)}${escapeClass(escapedBy)}]`)
  return (text) => (mustQuote.test(text) ? `"${text.replace(special, (found) => escapedBy + found)}"` : text)
}

const escapeClass = (character: string): string => (/[\w\s]/.test(character) ? character : `\\${character}`)
