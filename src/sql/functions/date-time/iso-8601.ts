import { call, integer, int64, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { between, firstWeekStart, zoneOffset } from '../date-format/read-date.ts'
import type { LowerCall } from '../definition.ts'
import { all, any, atMost, equal, less, minus, not, onlyIf, plus, times, toInt128 } from '../expression.ts'
import { checkedDate, daysFromDate, daysInMonth, daysInYear, narrowNs, unitNs } from './calendar.ts'

/** Groups: year, month, day, day of year, week, day of week; hour, minute, second, fraction, offset. Source: ISO 8601, extended format. */
const datePattern = String.raw`(\d{4})(?:-(?:(\d{2})(?:-(\d{2}))?|(\d{3})|W(\d{2})(?:-([1-7]))?))?`
const timePattern = String.raw`(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?`

interface Days {
  readonly days: Node
  readonly isValid: Node
}

/** Checks what the pattern cannot: that the day exists. */
function daysOfGroups(context: LowerCall, groups: Node): Days {
  const text = (index: number): Node => call('arrayElement', groups, integer(index))
  const number = (index: number): Node => call('toInt64OrZero', text(index))
  const orOne = (index: number): Node => when(call('empty', text(index)), int64(1), number(index))
  const [ordinal, week] = [number(4), number(5)]
  const isOrdinal = call('notEmpty', text(4))
  const isWeek = call('notEmpty', text(5))
  return {
    days: context.let(call('greatest', number(1), int64(1)), (year) =>
      call(
        'multiIf',
        isOrdinal,
        minus(plus(daysFromDate(context, year, integer(1), integer(1)), ordinal), integer(1)),
        isWeek,
        plus(plus(firstWeekStart(context, year), times(minus(week, integer(1)), integer(7))), minus(orOne(6), integer(1))),
        daysFromDate(context, year, orOne(2), orOne(3)),
      ),
    ),
    isValid: context.let(number(1), (year) =>
      all(
        less(integer(0), year),
        call(
          'multiIf',
          isOrdinal,
          between(ordinal, integer(1), daysInYear(year)),
          isWeek,
          all(
            atMost(integer(1), week),
            atMost(plus(firstWeekStart(context, year), times(week, integer(7))), firstWeekStart(context, plus(year, integer(1)))),
          ),
          all(between(orOne(2), integer(1), integer(12)), between(orOne(3), integer(1), daysInMonth(year, orOne(2)))),
        ),
      ),
    ),
  }
}

function withGroups(context: LowerCall, text: Node, pattern: string, body: (groups: Node) => Node): Node {
  return context.let(text, (source) =>
    onlyIf(call('isNotNull', source), context.let(call('extractGroups', call('assumeNotNull', source), string(`^${pattern}$`)), body)),
  )
}

export function readIsoDate(context: LowerCall, text: Node): Node {
  return withGroups(context, text, datePattern, (groups) => {
    const { days, isValid } = daysOfGroups(context, groups)
    const isWrong = not(all(call('notEmpty', groups), isValid))
    return context.failIf(
      isWrong,
      'INVALID_FUNCTION_ARGUMENT',
      'Invalid format: the text is no ISO 8601 date',
      checkedDate(context, when(isWrong, int64(0), days)),
    )
  })
}

export function readIsoTimestamp(context: LowerCall, text: Node): Node {
  return withGroups(context, text, datePattern + timePattern, (groups) => {
    const part = (index: number): Node => call('arrayElement', groups, integer(index))
    const number = (index: number): Node => call('toInt64OrZero', part(index))
    const { days, isValid } = daysOfGroups(context, groups)
    const seconds = plus(plus(times(number(7), integer(3600)), times(number(8), integer(60))), number(9))
    const fraction = call('toInt64OrZero', call('rightPad', part(10), integer(9), string('0')))
    const [offset, offsetIsValid] = zoneOffset(part(11))
    const clockIsValid = all(less(number(7), integer(24)), less(number(8), integer(60)), less(number(9), integer(60)))
    const isWrong = not(all(call('notEmpty', groups), isValid, clockIsValid, any(equal(part(11), string('')), offsetIsValid)))
    const sum = plus(
      times(toInt128(days), integer(unitNs.day, 'Int128')),
      toInt128(minus(plus(times(seconds, int64(unitNs.second)), fraction), offset)),
    )
    return context.failIf(
      isWrong,
      'INVALID_FUNCTION_ARGUMENT',
      'Invalid format: the text is no ISO 8601 timestamp',
      narrowNs(context, when(isWrong, integer(0, 'Int128'), sum)),
    )
  })
}
