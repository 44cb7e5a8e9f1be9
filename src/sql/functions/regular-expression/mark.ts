import { call, cast, identifier, integer, lambda, nothing, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { LowerCall } from '../definition.ts'
import { concat, equal, impossibleByte } from '../expression.ts'
import type { JavaPattern } from './java-pattern.ts'

/**
 * All matches of a pattern with their groups and the text between them, by the engine's replace: each match is replaced by
 * 0xFF whole (0xFE group)* 0xFD, bytes that no UTF-8 text holds, and the result is parted there. The engine's replace has Java's rules for
 * empty matches; but it also finds them between the bytes of one character, which is mended by joining such parts again.
 */
const [matchByte, groupByte, endByte] = [255, 254, 253].map(impossibleByte) as [Node, Node, Node]

interface Marks {
  /** The text before the first match. */
  readonly before: Node
  /** An array with one marked text for each match. */
  readonly matches: Node
}

/** @param pattern of the engine; `groups`: how many of its groups are wanted (up to nine). @param mayBeEmpty whether it may match an empty text. */
export function mark(
  context: LowerCall,
  text: Node,
  pattern: Node,
  groups: number,
  mayBeEmpty: boolean,
  body: (marks: Marks) => Node,
): Node {
  const template = call(
    'concat',
    matchByte,
    string('\\0'),
    ...Array.from({ length: groups }, (_, i) => [groupByte, string(`\\${i + 1}`)]).flat(),
    endByte,
  )
  const marked = call('replaceRegexpAll', text, pattern, template)
  const whole = mayBeEmpty ? mended(context, marked) : marked
  return context.let(call('splitByString', matchByte, whole), (parts) =>
    body({ before: call('arrayElement', parts, integer(1)), matches: call('arraySlice', parts, integer(2)) }),
  )
}

/** Without the marks that stand before the later bytes of a character. */
function mended(context: LowerCall, marked: Node): Node {
  const part = context.variable('part')
  const after = textAfter(identifier(part))
  const isInsideCharacter = equal(
    call('bitAnd', call('reinterpretAsUInt8', call('substring', after, integer(1), integer(1))), integer(0xc0)),
    integer(0x80),
  )
  return context.let(call('splitByString', matchByte, marked), (parts) =>
    call(
      'concat',
      call('arrayElement', parts, integer(1)),
      call(
        'arrayStringConcat',
        call(
          'arrayMap',
          lambda([part], when(isInsideCharacter, after, call('concat', matchByte, identifier(part)))),
          call('arraySlice', parts, integer(2)),
        ),
      ),
    ),
  )
}

/** What follows a match, up to the next. */
export const textAfter = (match: Node): Node => call('arrayElement', call('splitByString', endByte, match), integer(2))
const fields = (match: Node): Node =>
  call('splitByString', groupByte, call('arrayElement', call('splitByString', endByte, match), integer(1)))
/** What the match (0) or one of its marked groups is. */
export const matchedText = (match: Node, group = 0): Node => call('arrayElement', fields(match), integer(group + 1))

/** The array of a match's groups; NULL for those that took no part (an empty text that may also have been matched counts as matched). */
export function groupArray(match: Node, pattern: JavaPattern): Node {
  if (pattern.groupCount === 0) return cast(call('array'), 'Array(Nullable(String))')
  return call('array', ...pattern.groups.map((_, i) => orAbsent(matchedText(match, i + 1), pattern, i + 1)))
}

/** NULL instead of the empty text where that says that the group took no part. */
export function orAbsent(text: Node, pattern: JavaPattern, group: number): Node {
  const facts = group === 0 ? undefined : pattern.groups[group - 1]
  return facts === undefined || facts.isCertain || facts.mayBeEmpty ? call('toNullable', text) : call('nullIf', text, string(''))
}

/** The matches replaced by what a lambda makes of their groups; NULL where it gives NULL once. */
export function replacedByLambda(context: LowerCall, marks: Marks, pattern: JavaPattern, replacer: Node): Node {
  const match = context.variable('match')
  const [replaced, part] = [context.variable('replaced'), context.variable('part')]
  const groups = call('arrayMap', lambda([match], call('array', groupArray(identifier(match), pattern))), marks.matches)
  const pieces = call(
    'arrayMap',
    lambda([replaced, part], call('concat', identifier(replaced), textAfter(identifier(part)))),
    call('arrayMap', replacer, groups),
    marks.matches,
  )
  const piece = context.variable('piece')
  return context.let(pieces, (list) =>
    when(
      call('arrayExists', lambda([piece], call('isNull', identifier(piece))), list),
      nothing,
      concat(marks.before, call('arrayStringConcat', list)),
    ),
  )
}
