import type { EngineParameters } from './engine.ts'

/**
 * Puts values in the places `{name:Type}` of a text, as quoted literals cast to the type; quoted texts, names and comments stay as they are.
 * Done here for the embedded engine, whose own binding runs one query at a time in the whole process.
 * @throws Error for a place without a value and for a value without a place: both are mistakes of the caller.
 */
export function bindParameters(text: string, parameters: EngineParameters): string {
  const unused = new Set(Object.keys(parameters))
  const bound = text.replace(quotedOrPlace, (whole: string, name: string | undefined, type: string | undefined) => {
    if (name === undefined || type === undefined) return whole
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    if (value === undefined) throw new Error(`the query has no value for its parameter ${name}`)
    unused.delete(name)
    if (type === 'Identifier') return quoteName(String(value))
    return type === 'String' ? quoteText(String(value)) : `_CAST(${quoteText(String(value))}, ${quoteText(type)})`
  })
  if (unused.size > 0) throw new Error(`the query has no place for the parameters ${[...unused].join(', ')}`)
  return bound
}

/** What is quoted, a comment, or a place for a parameter. */
const quotedOrPlace =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|--[^\n]*|\/\*[\s\S]*?\*\/|\{([A-Za-z_]\w*):([A-Za-z][^{}]*)\}/g

export function quoteText(text: string): string {
  return `'${text.replace(/[\\'\0]/g, (character) => (character === '\0' ? '\\0' : `\\${character}`))}'`
}

export function quoteName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``
}
