import { call, integer, int64, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { between, firstWeekStart, zoneOffset } from '../date-format/read-date.ts'
import type { LowerCall } from '../definition.ts'
import { all, any, apart, atMost, equal, everywhere, less, minus, not, onlyIf, plus, times, toInt128 } from '../expression.ts'
import { calendarTextPattern, readCalendarText } from './calendar-text.ts'
import { checkedDate, daysFromDate, daysInMonth, daysInYear, narrowNs, unitNs } from './calendar.ts'

/** Groups: year, month, day, day of year, week, day of week; hour, minute, second, fraction, offset. Source: ISO 8601, extended format. */
const datePattern = String.raw`(\d{4})(?:-(?:(\d{2})(?:-(\d{2}))?|(\d{3})|W(\d{2})(?:-([1-7]))?))?`
const timePattern = String.raw`(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?`

interface Days {
  readonly days: Node
  readonly isValid: Node
}

/** The one of three numbers whose condition (1 or 0, one of them at most) holds, else the last; without branches, see `everywhere`. */
const choose = (first: Node, a: Node, second: Node, b: Node, otherwise: Node): Node =>
  plus(plus(times(first, a), times(second, b)), times(minus(minus(integer(1), first), second), otherwise))

/** Checks what the pattern cannot: that the day exists. */
function daysOfGroups(context: LowerCall, groups: Node): Days {
  const text = (index: number): Node => call('arrayElement', groups, integer(index))
  const number = (index: number): Node => call('toInt64OrZero', text(index))
  const orOne = (index: number): Node => plus(number(index), call('empty', text(index)))
  const [year, ordinal, week] = [number(1), number(4), number(5)]
  const [month, day] = [orOne(2), orOne(3)]
  const [isOrdinal, isWeek] = [call('notEmpty', text(4)), call('notEmpty', text(5))]
  const ordinalDays = minus(plus(daysFromDate(context, year, integer(1), integer(1)), ordinal), integer(1))
  const weekStart = firstWeekStart(context, year)
  const weekDays = plus(plus(weekStart, times(minus(week, integer(1)), integer(7))), minus(orOne(6), integer(1)))
  const weekIsValid = all(
    atMost(integer(1), week),
    atMost(plus(weekStart, times(week, integer(7))), firstWeekStart(context, plus(year, integer(1)))),
  )
  const dateIsValid = all(between(month, integer(1), integer(12)), between(day, integer(1), daysInMonth(year, month)))
  return {
    days: choose(isOrdinal, ordinalDays, isWeek, weekDays, daysFromDate(context, year, month, day)),
    isValid: all(
      less(integer(0), year),
      less(integer(0), choose(isOrdinal, between(ordinal, integer(1), daysInYear(year)), isWeek, weekIsValid, dateIsValid)),
    ),
  }
}

function withGroups(context: LowerCall, text: Node, pattern: string, body: (groups: Node, isPresent: Node) => Node): Node {
  return apart(context, text, (s) =>
    context.let(call('extractGroups', call('assumeNotNull', s), string(`^${pattern}$`)), (groups) =>
      onlyIf(call('isNotNull', s), everywhere(body(groups, call('isNotNull', s)))),
    ),
  )
}

const noDate = 'Invalid format: the text is no ISO 8601 date'

export function readIsoDate(context: LowerCall, text: Node): Node {
  const days = context.let(text, (source) =>
    when(
      all(call('isNotNull', source), call('match', call('assumeNotNull', source), string('^\\d{4}-\\d{2}-\\d{2}$'))),
      apart(context, call('assumeNotNull', source), (s) => {
        const read = readCalendarText(context, s)
        return context.failIf(not(read.isValid), 'INVALID_FUNCTION_ARGUMENT', noDate, everywhere(times(read.days, read.isValid)))
      }),
      withGroups(context, source, datePattern, (groups, isPresent) => {
        const read = daysOfGroups(context, groups)
        const isRight = all(call('notEmpty', groups), read.isValid)
        return context.failIf(all(isPresent, not(isRight)), 'INVALID_FUNCTION_ARGUMENT', noDate, everywhere(times(read.days, isRight)))
      }),
    ),
  )
  return checkedDate(context, days)
}

const noTimestamp = 'Invalid format: the text is no ISO 8601 timestamp'

export function readIsoTimestamp(context: LowerCall, text: Node): Node {
  return context.let(text, (source) =>
    when(
      all(
        call('isNotNull', source),
        call('match', call('assumeNotNull', source), string(calendarTextPattern)),
        equal(call('position', call('assumeNotNull', source), string(' ')), integer(0)),
      ),
      apart(context, call('assumeNotNull', source), (s) => {
        const { ns, isValid } = readCalendarText(context, s)
        return context.failIf(not(isValid), 'INVALID_FUNCTION_ARGUMENT', noTimestamp, everywhere(narrowNs(context, times(ns, isValid))))
      }),
      readIsoByGroups(context, source),
    ),
  )
}

function readIsoByGroups(context: LowerCall, text: Node): Node {
  return withGroups(context, text, datePattern + timePattern, (groups, isPresent) => {
    const part = (index: number): Node => call('arrayElement', groups, integer(index))
    const number = (index: number): Node => call('toInt64OrZero', part(index))
    const { days, isValid } = daysOfGroups(context, groups)
    const seconds = plus(plus(times(number(7), integer(3600)), times(number(8), integer(60))), number(9))
    const fraction = call('toInt64OrZero', call('rightPad', part(10), integer(9), string('0')))
    const [offset, offsetIsValid] = zoneOffset(part(11))
    const clockIsValid = all(less(number(7), integer(24)), less(number(8), integer(60)), less(number(9), integer(60)))
    const isRight = all(call('notEmpty', groups), isValid, clockIsValid, any(equal(part(11), string('')), offsetIsValid))
    const sum = plus(
      times(toInt128(days), integer(unitNs.day, 'Int128')),
      toInt128(minus(plus(times(seconds, int64(unitNs.second)), fraction), offset)),
    )
    return context.failIf(
      all(isPresent, not(isRight)),
      'INVALID_FUNCTION_ARGUMENT',
      noTimestamp,
      everywhere(narrowNs(context, times(sum, isRight))),
    )
  })
}
