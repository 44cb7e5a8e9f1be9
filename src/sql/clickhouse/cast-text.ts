import { calendarTextPattern, readCalendarText } from '../functions/date-time/calendar-text.ts'
import { apart, everywhere } from '../functions/expression.ts'
import type { ScalarName } from '../types/type.ts'
import { dateOfDays } from './date.ts'
import { call, cast, float, int64, integer, nothing, string, when } from './tree.ts'
import type { Node } from './tree.ts'
import type { Values } from './values.ts'

const dayNs = 86_400_000_000_000n
const secondNs = 1_000_000_000n

/** Text to another scalar, checked; a text that does not fit is an error (NULL when safe). */
export function castFromText(values: Values, value: Node, to: ScalarName): Node {
  if (to === 'varbinary' || to === 'varchar') return value
  return values.let(value, (text) => {
    const parsed = parse(values, text, to)
    if (values.safe) return parsed
    return values.let(parsed, (result) =>
      values.failIf(
        call('and', call('isNull', result), call('isNotNull', text)),
        'INVALID_CAST_ARGUMENT',
        `Cannot cast a value of type varchar to ${to}`,
        result,
      ),
    )
  })
}

/** NULL where the text does not fit. */
function parse(values: Values, text: Node, to: ScalarName): Node {
  switch (to) {
    case 'boolean':
      return values.let(call('lower', text), (lower) =>
        call(
          'multiIf',
          { kind: 'in', operand: lower, set: [string('true'), string('t'), string('1')] },
          { kind: 'boolean', value: true },
          { kind: 'in', operand: lower, set: [string('false'), string('f'), string('0')] },
          { kind: 'boolean', value: false },
          nothing,
        ),
      )
    case 'integer':
      return call('toInt32OrNull', trimmed(text))
    case 'bigint':
      return call('toInt64OrNull', trimmed(text))
    case 'double':
      return parseDouble(values, text)
    case 'date':
      return parseFast(values, text, '^.{10}$', (read) => dateOfDays(everywhere(read.days)), parseDateText(values, trimmed(text)))
    case 'timestamp':
      return parseFast(
        values,
        text,
        '',
        (read) => call('accurateCastOrNull', everywhere(read.ns), string('Int64')),
        parseTimestampText(values, text),
      )
    case 'time':
      return withGroups(values, text, String.raw`^\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*$`, (group) =>
        timeOfDayNs(group, 1),
      )
    case 'interval day to second':
      return withGroups(values, text, String.raw`^\s*(-?)(\d+) (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?\s*$`, (group) =>
        signed(group(1), call('plus', call('multiply', call('toInt64OrZero', group(2)), int64(dayNs)), timeOfDayNs(group, 3))),
      )
    case 'interval year to month':
      return withGroups(values, text, String.raw`^\s*(-?)(\d+)-(\d{1,2})\s*$`, (group) =>
        cast(
          signed(group(1), call('plus', call('multiply', call('toInt64OrZero', group(2)), integer(12)), call('toInt64OrZero', group(3)))),
          'Nullable(Int32)',
        ),
      )
    case 'varchar':
    case 'varbinary':
    case 'unknown':
      return text
  }
}

/** Java's Double.parseDouble: no hexadecimal, words with exact letters. */
function parseDouble(values: Values, text: Node): Node {
  return values.let(trimmed(text), (t) =>
    call(
      'multiIf',
      { kind: 'in', operand: t, set: [string('Infinity'), string('+Infinity')] },
      float(Infinity),
      call('equals', t, string('-Infinity')),
      float(-Infinity),
      { kind: 'in', operand: t, set: [string('NaN'), string('+NaN'), string('-NaN')] },
      float(NaN),
      call('match', t, string(String.raw`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?$`)),
      call('toFloat64OrNull', call('replaceRegexpOne', t, string('[dDfF]$'), string(''))),
      nothing,
    ),
  )
}

const trimmed = (text: Node): Node => call('trimBoth', text)

/** Texts of full width by place, in a scope of their own; what is not like that by `otherwise`, which takes all forms and a hundred times as long. */
function parseFast(
  values: Values,
  text: Node,
  also: string,
  body: (read: ReturnType<typeof readCalendarText>) => Node,
  otherwise: Node,
): Node {
  const present = call('assumeNotNull', text)
  const isPlain = call('bitAnd', call('isNotNull', text), call('match', present, string(calendarTextPattern)))
  const plain = apart(values, present, (source) => {
    const read = readCalendarText(values, source)
    return when(read.isValid, body(read), nothing)
  })
  return when(also === '' ? isPlain : call('bitAnd', isPlain, call('match', present, string(also))), plain, otherwise)
}

/** ClickHouse carries 30 February over to March: the text must come back. */
function parseDateText(values: Values, text: Node): Node {
  const normal = call('replaceRegexpOne', text, string(String.raw`^(\d{4})-(\d{1,2})-(\d{1,2})$`), string(String.raw`\1-0\2-0\3`))
  const padded = call('replaceRegexpOne', normal, string(String.raw`^(\d{4})-0?(\d{2})-0?(\d{2})$`), string(String.raw`\1-\2-\3`))
  return values.let(padded, (p) =>
    values.let(call('toDate32OrNull', p), (date) => when(call('equals', call('toString', date), p), date, nothing)),
  )
}

type Group = (index: number) => Node

function withGroups(values: Values, text: Node, pattern: string, body: (group: Group) => Node): Node {
  return values.let(call('extractGroups', call('assumeNotNull', text), string(pattern)), (groups) =>
    when(
      call('or', call('isNull', text), call('empty', groups)),
      nothing,
      body((index) => call('arrayElement', groups, integer(index))),
    ),
  )
}

/** Hours, minutes, seconds and fraction in four groups from `first`; NULL when one is too large. */
function timeOfDayNs(group: Group, first: number): Node {
  const [hour, minute, second] = [0, 1, 2].map((i) => call('toInt64OrZero', group(first + i)))
  const fraction = call('toInt64OrZero', call('rightPad', group(first + 3), integer(9), string('0')))
  const valid = call('and', call('less', hour!, integer(24)), call('less', minute!, integer(60)), call('less', second!, integer(60)))
  const seconds = call('plus', call('plus', call('multiply', hour!, integer(3600)), call('multiply', minute!, integer(60))), second!)
  return when(valid, call('plus', call('multiply', seconds, int64(secondNs)), fraction), nothing)
}

const signed = (sign: Node, value: Node): Node => when(call('equals', sign, string('-')), call('negate', value), value)

const timestampPattern = String.raw`^\s*(\d{4}-\d{1,2}-\d{1,2})(?:[ T]\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{1,2}(?::?\d{2})?)?\s*$`

function parseTimestampText(values: Values, text: Node): Node {
  return withGroups(values, text, timestampPattern, (group) => {
    const days = cast(cast(parseDateText(values, group(1)), 'Nullable(Int32)'), 'Nullable(Int64)')
    const offset = values.let(call('extractGroups', group(6), string(String.raw`([+-])(\d{1,2}):?(\d{2})?`)), (zone) => {
      const part = (index: number): Node => call('toInt64OrZero', call('arrayElement', zone, integer(index)))
      const minutes = call('plus', call('multiply', part(2), integer(60)), part(3))
      return signed(call('arrayElement', zone, integer(1)), call('multiply', minutes, int64(60n * secondNs)))
    })
    const exact = call('minus', call('plus', call('multiply', call('toInt128', days), int64(dayNs)), timeOfDayNs(group, 2)), offset)
    return call('accurateCastOrNull', exact, string('Int64'))
  })
}
