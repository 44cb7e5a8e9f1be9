import { call, identifier, int64, integer, lambda, nothing, string, when } from '../clickhouse/tree.ts'
import type { Node } from '../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from './definition.ts'
import {
  atMost,
  checked,
  concat,
  constantNumber,
  constantText,
  isNull,
  less,
  minus,
  or,
  plus,
  present,
  toInt32,
  toInt64,
  truth,
  unlessNull,
} from './expression.ts'
import type { JavaPattern } from './regular-expression/java-pattern.ts'
import { mark, matchedText, orAbsent, replacedByLambda, textAfter } from './regular-expression/mark.ts'
import { compilable, patternArgument, runtimePattern } from './regular-expression/pattern-argument.ts'
import { ReplacementError, engineTemplate, mentionedGroups, parseReplacement } from './regular-expression/replacement.ts'

const source = 'developer guide, "Regular expression functions"; syntax: java.util.regex.Pattern'

function like(context: LowerCall, text: Node, pattern: Node): Node {
  const parsed = patternArgument(context)
  if (parsed === null) return context.nullOf(context.returnType)
  return truth(call('match', text, parsed === undefined ? runtimePattern(pattern) : string(parsed.re2ForTest())))
}

/** The group's number; checked against the pattern's groups. */
function groupArgument(context: LowerCall, pattern: JavaPattern | undefined): number {
  const given = context.constant(2)
  const group = constantNumber(context, 2) ?? (given === undefined && context.types.length > 2 ? undefined : 0)
  if (group === undefined) return context.invalid(2, 'The group must be a constant', 'NOT_SUPPORTED')
  if (group < 0) return context.invalid(2, 'Group cannot be negative', 'INVALID_FUNCTION_ARGUMENT')
  if (pattern === undefined && group > 0)
    return context.invalid(1, 'The pattern must be constant where a group is asked for', 'NOT_SUPPORTED')
  if (pattern !== undefined && group > pattern.groupCount) {
    return context.invalid(2, `Pattern has ${pattern.groupCount} groups. Cannot access group ${group}`, 'INVALID_FUNCTION_ARGUMENT')
  }
  return group
}

function extract(context: LowerCall, text: Node, pattern: Node): Node {
  const parsed = patternArgument(context)
  if (parsed === null || context.constant(2) === null) return context.nullOf(context.returnType)
  const group = groupArgument(context, parsed)
  if (parsed === undefined) {
    return unlessNull([text, pattern], (s, p) =>
      when(
        call('match', s, runtimePattern(p)),
        mark(context, s, runtimePattern(p), 0, true, (marks) => matchedText(call('arrayElement', marks.matches, integer(1)))),
        nothing,
      ),
    )
  }
  const found = call('extract', text, string(parsed.re2([group])))
  const isNeverEmpty = group === 0 ? !parsed.mayBeEmpty : !parsed.groups[group - 1]!.mayBeEmpty
  return isNeverEmpty ? call('nullIf', found, string('')) : when(call('match', text, string(parsed.re2([]))), found, nothing)
}

function extractAll(context: LowerCall, text: Node, pattern: Node): Node {
  const parsed = patternArgument(context)
  if (parsed === null || context.constant(2) === null) return context.nullOf(context.returnType)
  const group = groupArgument(context, parsed)
  const match = context.variable('match')
  if (parsed !== undefined && !parsed.mayBeEmpty) {
    const all = call('extractAll', text, string(parsed.re2([group])))
    const facts = parsed.groups[group - 1]
    const isPlain = facts === undefined || facts.isCertain || facts.mayBeEmpty
    return isPlain ? all : call('arrayMap', lambda([match], call('nullIf', identifier(match), string(''))), all)
  }
  const engine = parsed === undefined ? compilable(pattern) : string(parsed.re2(group === 0 ? [] : [group]))
  return mark(context, text, engine, group === 0 ? 0 : 1, true, (marks) => {
    const matched = matchedText(identifier(match), group === 0 ? 0 : 1)
    return call('arrayMap', lambda([match], parsed === undefined ? matched : orAbsent(matched, parsed, group)), marks.matches)
  })
}

function split(context: LowerCall, text: Node, pattern: Node): Node {
  const parsed = patternArgument(context)
  if (parsed === null) return context.nullOf(context.returnType)
  if (parsed !== undefined && !parsed.mayBeEmpty) return call('splitByRegexp', string(parsed.re2([])), text)
  const part = context.variable('part')
  const engine = parsed === undefined ? compilable(pattern) : string(parsed.re2([]))
  return mark(context, text, engine, 0, true, (marks) =>
    call('arrayPushFront', call('arrayMap', lambda([part], textAfter(identifier(part))), marks.matches), marks.before),
  )
}

function count(context: LowerCall, text: Node, pattern: Node): Node {
  const parsed = patternArgument(context)
  if (parsed === null) return context.nullOf(context.returnType)
  if (parsed !== undefined && !parsed.mayBeEmpty) return toInt64(call('countMatches', text, string(parsed.re2([]))))
  return unlessNull(parsed === undefined ? [text, pattern] : [text], (s, p) =>
    mark(context, s, parsed === undefined ? compilable(p) : string(parsed.re2([])), 0, true, (marks) =>
      toInt64(call('length', marks.matches)),
    ),
  )
}

function position(context: LowerCall, text: Node, pattern: Node, start: Node = int64(1), occurrence: Node = int64(1)): Node {
  const parsed = patternArgument(context)
  if (parsed === null) return context.nullOf(context.returnType)
  const isFromStart = context.types.length < 3 || constantNumber(context, 2) === 1
  if (!isFromStart && parsed?.looksBack === true) {
    return context.invalid(1, 'A pattern with ^ or \\b together with a start position is not supported', 'NOT_SUPPORTED')
  }
  return unlessNull([text, pattern, start, occurrence], (s, p, from, n) => {
    const part = context.variable('part')
    const rest = isFromStart ? s : call('substringUTF8', s, call('greatest', from, int64(1)))
    const length = (node: Node): Node => toInt64(call('lengthUTF8', node))
    const found = mark(
      context,
      rest,
      parsed === undefined ? compilable(p) : string(parsed.re2([])),
      0,
      parsed?.mayBeEmpty ?? true,
      (marks) => {
        const lengths = call(
          'arrayMap',
          lambda([part], plus(length(matchedText(identifier(part))), length(textAfter(identifier(part))))),
          marks.matches,
        )
        const before = call('arraySum', call('arraySlice', lengths, integer(1), call('greatest', minus(n, integer(1)), int64(0))))
        const place = plus(plus(length(marks.before), before), from)
        return toInt32(when(less(toInt64(call('length', marks.matches)), n), int64(-1), place))
      },
    )
    const value = isFromStart ? found : when(less(plus(length(s), integer(1)), from), integer(-1, 'Int32'), found)
    return checked(
      context,
      value,
      { condition: less(from, integer(1)), message: 'start position cannot be smaller than 1' },
      { condition: atMost(n, integer(0)), message: 'occurrence cannot be smaller than 1' },
    )
  })
}

function replace(context: LowerCall, text: Node, pattern: Node, replacement?: Node): Node {
  const parsed = patternArgument(context)
  if (parsed === null || context.constant(2) === null) return context.nullOf(context.returnType)
  const by = replacement === undefined ? '' : constantText(context, 2)
  if (parsed === undefined) return replaceByComputed(context, text, pattern, replacement, by)
  if (by === undefined) return replaceComputed(context, text, parsed, replacement!)
  const pieces = replacementPieces(context, by, parsed)
  const captures = mentionedGroups(pieces)
  if (captures.length > 9) return context.invalid(2, 'A replacement with more than nine different groups is not supported', 'NOT_SUPPORTED')
  const engine = string(parsed.re2(captures))
  const replaced = (s: Node): Node => call('replaceRegexpAll', s, engine, string(engineTemplate(pieces, captures)))
  if (!parsed.mayBeEmpty) return replaced(text)
  // Empty matches are right byte by byte for ASCII; else match by match.
  return unlessNull([text], (s) => {
    const match = context.variable('match')
    const part = (m: Node): Node =>
      concat(
        ...pieces.map((piece) =>
          piece.kind === 'text' ? string(piece.text) : matchedText(m, piece.index === 0 ? 0 : captures.indexOf(piece.index) + 1),
        ),
        textAfter(m),
      )
    const byMarks = mark(context, s, engine, captures.length, true, (marks) =>
      concat(marks.before, call('arrayStringConcat', call('arrayMap', lambda([match], part(identifier(match))), marks.matches))),
    )
    return when(call('equals', call('length', s), call('lengthUTF8', s)), replaced(s), byMarks)
  })
}

function replacementPieces(context: LowerCall, by: string, pattern: JavaPattern): ReturnType<typeof parseReplacement> {
  try {
    return parseReplacement(by, pattern.groupCount, pattern.names)
  } catch (error) {
    if (error instanceof ReplacementError) return context.invalid(2, error.message, 'INVALID_FUNCTION_ARGUMENT')
    throw error
  }
}

const noReference = 'A replacement with $ or \\ is not supported together with a computed pattern or as a computed text'
const hasReference = (text: Node): Node =>
  or(less(integer(0), call('position', text, string('$'))), less(integer(0), call('position', text, string('\\'))))

/** A computed replacement may hold no reference to a group: `\` and `$` in it are an error. */
function replaceComputed(context: LowerCall, text: Node, pattern: JavaPattern, replacement: Node): Node {
  const part = context.variable('part')
  return unlessNull([text, replacement], (s, r) => {
    const value = mark(context, s, string(pattern.re2([])), 0, pattern.mayBeEmpty, (marks) =>
      concat(
        marks.before,
        call('arrayStringConcat', call('arrayMap', lambda([part], call('concat', r, textAfter(identifier(part)))), marks.matches)),
      ),
    )
    return context.failIf(hasReference(r), 'NOT_SUPPORTED', noReference, value)
  })
}

/** The same for computed patterns, whose groups nobody knows. */
function replaceByComputed(
  context: LowerCall,
  text: Node,
  pattern: Node,
  replacement: Node | undefined,
  constant: string | undefined,
): Node {
  if (constant !== undefined && /[$\\]/.test(constant)) return context.invalid(2, noReference, 'NOT_SUPPORTED')
  const by = replacement ?? string('')
  const value = call('replaceRegexpAll', text, compilable(pattern), by)
  return constant === undefined ? context.failIf(hasReference(by), 'NOT_SUPPORTED', noReference, value) : value
}

function replaceByLambda(context: LowerCall, text: Node, _pattern: Node, replacer: Node): Node {
  const parsed = patternArgument(context)
  if (parsed === null) return context.nullOf(context.returnType)
  if (parsed === undefined) return context.invalid(1, 'The pattern must be constant where a lambda replaces', 'NOT_SUPPORTED')
  if (parsed.groupCount > 9) return context.invalid(1, 'A lambda over more than nine groups is not supported', 'NOT_SUPPORTED')
  const captures = Array.from({ length: parsed.groupCount }, (_, i) => i + 1)
  const s = present(text)
  const value = mark(context, s, string(parsed.re2(captures)), captures.length, parsed.mayBeEmpty, (marks) =>
    replacedByLambda(context, marks, parsed, replacer),
  )
  return when(isNull(text), nothing, value)
}

export const regularExpressionFunctions: readonly FunctionDefinition[] = [
  {
    name: 'regexp_like',
    kind: 'scalar',
    family: 'regular expression',
    status: 'documented',
    summary: 'Whether some part of a text matches the pattern.',
    source,
    signatures: [{ pattern: '(varchar, varchar) -> boolean', lower: like }],
    examples: [
      { sql: "regexp_like('1a 2b 14m', '\\d+b')", type: 'boolean', result: 'true' },
      { sql: "regexp_like(CAST(NULL AS varchar), 'a')", type: 'boolean', result: null },
      { sql: "regexp_like('a', '(?=a)')", error: 'NOT_SUPPORTED' },
      { sql: "regexp_like('a', '(')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'regexp_extract',
    kind: 'scalar',
    family: 'regular expression',
    status: 'documented',
    summary: 'The first part of a text that matches the pattern, or a group of it; NULL when there is none.',
    source,
    signatures: [{ pattern: '(varchar, varchar, [bigint]) -> varchar', lower: extract }],
    examples: [
      { sql: "regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", type: 'varchar', result: 'a' },
      { sql: "regexp_extract('1a 2b 14m', 'x')", type: 'varchar', result: null },
      { sql: "regexp_extract('1a', '(\\d)', 2)", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'regexp_extract_all',
    kind: 'scalar',
    family: 'regular expression',
    status: 'documented',
    summary: 'All parts of a text that match the pattern, or a group of each.',
    source,
    signatures: [{ pattern: '(varchar, varchar, [bigint]) -> array(varchar)', lower: extractAll }],
    examples: [
      { sql: "regexp_extract_all('example expect complex', 'ex\\w')", type: 'array(varchar)', result: ['exa', 'exp'] },
      { sql: "regexp_extract_all('example expect complex', '(ex)(\\w)', 2)", type: 'array(varchar)', result: ['a', 'p'] },
      { sql: "regexp_extract_all(CAST(NULL AS varchar), 'a')", type: 'array(varchar)', result: null },
      { sql: "regexp_extract_all('a', '(a)\\1')", error: 'NOT_SUPPORTED' },
    ],
  },
  {
    name: 'regexp_replace',
    kind: 'scalar',
    family: 'regular expression',
    status: 'documented',
    summary: 'The text with all matches removed, or replaced by a text ($1, ${name}) or by what a lambda makes of the array of groups.',
    source,
    signatures: [
      { pattern: '(varchar, varchar, [varchar]) -> varchar', lower: replace },
      { pattern: '(varchar, varchar, function(array(varchar), varchar)) -> varchar', lower: replaceByLambda },
    ],
    examples: [
      { sql: "regexp_replace('1a 2b 14m', '\\d+[ab] ')", type: 'varchar', result: '14m' },
      { sql: "regexp_replace('1a 2b 14m', '(\\d+)([ab]) ', '3c$2 ')", type: 'varchar', result: '3ca 3cb 14m' },
      { sql: "regexp_replace('new york', '(\\w)(\\w*)', x -> upper(x[1]) || lower(x[2]))", type: 'varchar', result: 'New York' },
      { sql: "regexp_replace('a', 'a', CAST(NULL AS varchar))", type: 'varchar', result: null },
      { sql: "regexp_replace('a', 'a', '$1')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'regexp_split',
    kind: 'scalar',
    family: 'regular expression',
    status: 'documented',
    summary: 'The parts of a text between the matches of the pattern; empty ones stay.',
    source,
    signatures: [{ pattern: '(varchar, varchar) -> array(varchar)', lower: split }],
    examples: [
      { sql: "regexp_split('example', 'x')", type: 'array(varchar)', result: ['e', 'ample'] },
      { sql: "regexp_split('1a 2b ', '\\s*[a-z]+\\s*')", type: 'array(varchar)', result: ['1', '2', ''] },
      { sql: "regexp_split(CAST(NULL AS varchar), 'x')", type: 'array(varchar)', result: null },
      { sql: "regexp_split('a', '[')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'regexp_count',
    kind: 'scalar',
    family: 'regular expression',
    status: 'extension',
    summary: 'How many parts of a text match the pattern.',
    source: 'Trino documentation, "Regular expression functions"',
    signatures: [{ pattern: '(varchar, varchar) -> bigint', lower: count }],
    examples: [
      { sql: "regexp_count('1a 2b 14m', '\\s*[a-z]+\\s*')", type: 'bigint', result: '3' },
      { sql: "regexp_count(CAST(NULL AS varchar), 'x')", type: 'bigint', result: null },
    ],
  },
  {
    name: 'regexp_position',
    kind: 'scalar',
    family: 'regular expression',
    status: 'extension',
    summary: 'The position of the first (or n-th) match from a start position, -1 when there is none.',
    source: 'Trino documentation, "Regular expression functions"',
    signatures: [{ pattern: '(varchar, varchar, [bigint, bigint]) -> integer', lower: position }],
    examples: [
      { sql: "regexp_position('I have 23 apples, 5 pears', '\\b\\d+\\b')", type: 'integer', result: '8' },
      { sql: "regexp_position('a1b2c3d4e', '\\d', 4, 2)", type: 'integer', result: '6' },
      { sql: "regexp_position('a', NULL)", type: 'integer', result: null },
      { sql: "regexp_position('a', 'a', 0)", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
]
