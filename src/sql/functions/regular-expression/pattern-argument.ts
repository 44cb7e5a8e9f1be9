import { call, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { LowerCall } from '../definition.ts'
import { constantText } from '../expression.ts'
import { parseJavaPattern } from './java-pattern.ts'
import type { JavaPattern } from './java-pattern.ts'
import { PatternError } from './syntax.ts'

const parsed = new Map<string, JavaPattern>()
const maxParsed = 500

/** Patterns of one text are the same: the last few hundred are kept. */
function parse(text: string): JavaPattern {
  let pattern = parsed.get(text)
  if (pattern === undefined) {
    pattern = parseJavaPattern(text)
    if (parsed.size >= maxParsed) parsed.clear()
    parsed.set(text, pattern)
  }
  return pattern
}

/**
 * The pattern in argument 1: understood when it is constant; null when it is NULL; undefined when it is computed: then it goes to the engine
 * as it is (RE2's syntax, which has nearly all of Java's).
 */
export function patternArgument(context: LowerCall): JavaPattern | null | undefined {
  const value = context.constant(1)
  if (value === null) return null
  const text = constantText(context, 1)
  if (text === undefined) return undefined
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof PatternError)
      return context.invalid(1, error.message, error.isUnsupported ? 'NOT_SUPPORTED' : 'INVALID_FUNCTION_ARGUMENT')
    throw error
  }
}

/** A computed pattern, with a dot that stops at line breaks. */
export const runtimePattern = (pattern: Node): Node => call('concat', string('(?-s)'), pattern)

/** The same, tried out first by the function whose error for wrong patterns is known to be one. */
export const compilable = (pattern: Node): Node =>
  when(call('match', string(''), runtimePattern(pattern)), runtimePattern(pattern), runtimePattern(pattern))
