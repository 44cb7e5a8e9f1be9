/** What stands in a policy for something of the request. Source: IAM user guide, "IAM policy elements: variables and tags". */
const form = /\$\{([^}]*)\}/g
const signs: ReadonlySet<string> = new Set(['*', '?', '$'])

export const hasVariables = (text: string): boolean => text.includes('${')

/** Names of the variables in a text, in lower case. */
export const variablesIn = (text: string): readonly string[] =>
  [...text.matchAll(form)].map(([, name = '']) => name.toLowerCase()).filter((name) => !signs.has(name))

/**
 * The text with the values in it, made literal where the text is a glob: a user named `*` gets nothing by it. `${*}`, `${?}` and `${$}` are the signs
 * themselves. Undefined when a variable has no value: then nothing matches.
 */
export function withValues(text: string, valueOf: (name: string) => string | undefined, isGlob: boolean): string | undefined {
  let isComplete = true
  const filled = text.replace(form, (_whole, name: string) => {
    const value = signs.has(name) ? name : valueOf(name.toLowerCase())
    if (value === undefined) isComplete = false
    return isGlob && value !== undefined ? value.replace(/[*?]/g, literalSign) : (value ?? '')
  })
  return isComplete ? filled : undefined
}

/** Signs that stand for themselves in a glob are put aside as characters that no name holds. */
const literalSign = (sign: string): string => (sign === '*' ? '\uE000' : '\uE001')

/** The text to match with a glob that `withValues` made. */
export const comparable = (text: string): string => (/[*?]/.test(text) ? text.replace(/[*?]/g, literalSign) : text)
