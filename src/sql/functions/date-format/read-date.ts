import { call, integer, int64, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { daysFromDate, daysInMonth, daysInYear, narrowNs, unitNs } from '../date-time/calendar.ts'
import type { LowerCall } from '../definition.ts'
import {
  all,
  any,
  apart,
  atMost,
  equal,
  everywhere,
  floorModulo,
  less,
  minus,
  modulo,
  not,
  onlyIf,
  plus,
  quotient,
  times,
  toInt128,
  toInt64,
} from '../expression.ts'
import { hourOfHalf } from './print-date.ts'
import { monthNames } from './piece.ts'
import type { DateField } from './piece.ts'
import { zoneOffsets } from './read-pattern.ts'
import type { FixedPlan, ReadPlan } from './read-pattern.ts'

/** Where two-digit years begin: they are those of [start, start + 100). */
interface ReadOptions {
  readonly firstYear: number
  readonly failure: string
}

/** Monday of the ISO week 1, in days since the epoch: the one of 4 January. */
export const firstWeekStart = (context: LowerCall, year: Node): Node =>
  context.let(daysFromDate(context, year, integer(1), integer(4)), (day) => minus(day, toInt64(floorModulo(plus(day, int64(3)), int64(7)))))

export const between = (value: Node, low: Node, high: Node): Node => all(atMost(low, value), atMost(value, high))

/** The timestamp that a text is in a format; what is not mentioned is taken from 1970-01-01 00:00:00 UTC. */
export function readDate(context: LowerCall, text: Node, plan: ReadPlan, options: ReadOptions): Node {
  const { fixed } = plan
  return context.let(text, (source) => {
    const byGroups = apart(context, source, (s) => readByGroups(context, s, plan, options))
    if (fixed === undefined) return byGroups
    const byPlace = apart(context, source, (s) => readByPlace(context, s, fixed, options))
    return when(call('match', call('assumeNotNull', source), string(fixed.pattern)), byPlace, byGroups)
  })
}

function readByGroups(context: LowerCall, source: Node, { pattern, groups }: ReadPlan, options: ReadOptions): Node {
  return context.let(call('extractGroups', call('assumeNotNull', source), string(pattern)), (found) => {
    const find: FindField = (field) => {
      const index = groups.get(field)
      return index === undefined ? undefined : { text: call('arrayElement', found, integer(index)), order: index }
    }
    return readFields(context, source, find, call('notEmpty', found), options)
  })
}

function readByPlace(context: LowerCall, source: Node, { places }: FixedPlan, options: ReadOptions): Node {
  const find: FindField = (field) => {
    const place = places.get(field)
    return (
      place && { text: call('substring', call('assumeNotNull', source), integer(place.start), integer(place.length)), order: place.start }
    )
  }
  return readFields(context, source, find, always, options)
}

function readFields(context: LowerCall, source: Node, find: FindField, isFound: Node, options: ReadOptions): Node {
  const reader = new FieldReader(context, find, options)
  const [days, daysAreValid] = reader.days()
  const [time, timeIsValid] = reader.time()
  const [offset, offsetIsValid] = reader.offset()
  const isValid = all(isFound, daysAreValid, timeIsValid, offsetIsValid)
  const sum = minus(plus(times(toInt128(days), integer(unitNs.day, 'Int128')), toInt128(time)), toInt128(offset))
  const value = everywhere(narrowNs(context, times(sum, isValid)))
  const isPresent = call('isNotNull', source)
  return onlyIf(isPresent, everywhere(context.failIf(all(isPresent, not(isValid)), 'INVALID_FUNCTION_ARGUMENT', options.failure, value)))
}

/** A field's text, and where it stands among the others; undefined when the format has none. */
type FindField = (field: DateField) => { readonly text: Node; readonly order: number } | undefined

type Checked = readonly [value: Node, isValid: Node]
const always: Node = integer(1)

class FieldReader {
  readonly #context: LowerCall
  readonly #find: FindField
  readonly #options: ReadOptions

  constructor(context: LowerCall, find: FindField, options: ReadOptions) {
    this.#context = context
    this.#find = find
    this.#options = options
  }

  #text(field: DateField): Node | undefined {
    return this.#find(field)?.text
  }

  #number(field: DateField): Node | undefined {
    const text = this.#text(field)
    return text && call('toInt64OrZero', text)
  }

  #year(): Node | undefined {
    const whole = this.#number('year')
    const short = this.#number('two-digit-year')
    if (whole !== undefined && (this.#find('two-digit-year')?.order ?? 0) < this.#find('year')!.order) return whole
    const century = this.#number('century')
    if (short === undefined) return century && times(century, integer(100))
    if (century !== undefined) return plus(times(century, integer(100)), short)
    return this.#pivoted(short)
  }

  #pivoted(short: Node): Node {
    const { firstYear } = this.#options
    return plus(integer(firstYear), floorModulo(minus(short, integer(firstYear % 100)), integer(100)))
  }

  #month(): Node | undefined {
    const number = this.#number('month')
    if (number !== undefined) return number
    const name = this.#text('long-month') ?? this.#text('short-month')
    if (name !== undefined) {
      const list = call('array', ...monthNames.map((month) => string(month.slice(0, 3).toLowerCase())))
      return toInt64(call('indexOf', list, call('lower', call('substring', name, integer(1), integer(3)))))
    }
    const quarter = this.#number('quarter')
    return quarter && minus(times(quarter, integer(3)), integer(2))
  }

  days(): Checked {
    const year = this.#year()
    const weekYear = this.#number('week-year') ?? this.#shortWeekYear()
    const week = this.#number('week')
    if (week !== undefined || (weekYear !== undefined && year === undefined)) return this.#weekDate(weekYear ?? year ?? int64(1970), week)
    const dayOfYear = this.#number('day-of-year')
    const y = year ?? int64(1970)
    const sane = between(y, integer(1), integer(9999))
    if (dayOfYear !== undefined && this.#find('day') === undefined) {
      const days = minus(plus(daysFromDate(this.#context, y, integer(1), integer(1)), dayOfYear), integer(1))
      return [days, all(sane, between(dayOfYear, integer(1), daysInYear(y)))]
    }
    const month = this.#month() ?? int64(1)
    const day = this.#number('day') ?? int64(1)
    const isValid = all(sane, between(month, integer(1), integer(12)), between(day, integer(1), daysInMonth(y, month)))
    return [daysFromDate(this.#context, y, month, day), isValid]
  }

  #shortWeekYear(): Node | undefined {
    const short = this.#number('two-digit-week-year')
    return short && this.#pivoted(short)
  }

  #weekDate(year: Node, week: Node | undefined): Checked {
    const day = this.#number('day-of-week') ?? int64(1)
    const number = week ?? int64(1)
    const start = firstWeekStart(this.#context, year)
    const isWithin = less(plus(start, times(number, integer(7))), plus(firstWeekStart(this.#context, plus(year, integer(1))), integer(1)))
    const isValid = all(
      between(year, integer(1), integer(9998)),
      atMost(integer(1), number),
      isWithin,
      between(day, integer(1), integer(7)),
    )
    return [plus(plus(start, times(minus(number, integer(1)), integer(7))), minus(day, integer(1))), isValid]
  }

  #hour(): Checked {
    const hour = this.#number('hour')
    if (hour !== undefined) return [hour, less(hour, integer(24))]
    const clock = this.#number('clock-hour')
    if (clock !== undefined) return [modulo(clock, integer(24)), between(clock, integer(1), integer(24))]
    const name = this.#text('half-day')
    const isAfternoon = name === undefined ? integer(0) : equal(call('lower', name), string('pm'))
    const half = this.#number('half-hour')
    if (half !== undefined) return [hourOfHalf(half, isAfternoon), less(half, integer(12))]
    const halfClock = this.#number('half-clock-hour')
    if (halfClock !== undefined) return [hourOfHalf(halfClock, isAfternoon), between(halfClock, integer(1), integer(12))]
    return [name === undefined ? int64(0) : hourOfHalf(int64(0), isAfternoon), always]
  }

  /** Nanoseconds of the day. */
  time(): Checked {
    const [hour, hourIsValid] = this.#hour()
    const minute = this.#number('minute') ?? int64(0)
    const second = this.#number('second') ?? int64(0)
    const fraction = this.#text('fraction')
    const rest =
      fraction === undefined
        ? (this.#number('nanosecond') ?? int64(0))
        : call('toInt64OrZero', call('rightPad', fraction, integer(9), string('0')))
    const seconds = plus(plus(times(toInt64(hour), int64(3600)), times(minute, int64(60))), second)
    return [plus(times(seconds, int64(unitNs.second)), rest), all(hourIsValid, less(minute, integer(60)), less(second, integer(60)))]
  }

  /** Nanoseconds that the text's clock is ahead of UTC. */
  offset(): Checked {
    const zone = this.#text('zone-offset') ?? this.#text('zone-name')
    return zone === undefined ? [int64(0), always] : zoneOffset(zone)
  }
}

/** `+05:30`, `-0800`, `+05`, `Z` and the known names; nothing else is valid. */
export function zoneOffset(zone: Node): Checked {
  const names = call('array', ...zoneOffsets.map(([name]) => string(name)))
  const minutes = call('array', ...zoneOffsets.map(([, offset]) => int64(offset)))
  const index = call('indexOf', names, call('upper', zone))
  const digits = call('replaceRegexpAll', zone, string('[^0-9]'), string(''))
  const number = call('toInt64OrZero', call('rightPad', digits, integer(4), string('0')))
  const signed = plus(times(quotient(number, integer(100)), integer(60)), modulo(number, integer(100)))
  const isNumeric = call('match', zone, string('^[+-]\\d{2}(:?\\d{2})?$'))
  const offset = call(
    'multiIf',
    isNumeric,
    when(call('startsWith', zone, string('-')), minus(int64(0), signed), signed),
    less(integer(0), index),
    call('arrayElement', minutes, index),
    int64(0),
  )
  return [times(offset, int64(unitNs.minute)), any(isNumeric, less(integer(0), index))]
}
