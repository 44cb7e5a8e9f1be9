import { call, integer, nothing, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { LowerCall } from '../definition.ts'
import { concat, equal, less, modulo, plus, quotient, toInt64 } from '../expression.ts'
import { moment } from '../date-time/calendar.ts'
import { DateFormatError } from './piece.ts'
import type { DateField, DatePiece } from './piece.ts'

/** What the engine's formatDateTime writes alike, at that width; neighbouring ones become one call. */
const native: Partial<Record<DateField, Readonly<Record<number, string>>>> = {
  year: { 4: '%Y' },
  'two-digit-year': { 2: '%y' },
  month: { 2: '%m' },
  'short-month': { 3: '%b' },
  day: { 2: '%d' },
  'day-of-year': { 3: '%j' },
  hour: { 2: '%H' },
  'half-clock-hour': { 2: '%I' },
  minute: { 2: '%i' },
  second: { 2: '%S' },
  'short-weekday': { 1: '%a', 2: '%a', 3: '%a' },
}

/** The text of a timestamp in a format. @throws DateFormatError for time zones: a timestamp has none to show. */
export function printDate(context: LowerCall, ns: Node, pieces: readonly DatePiece[]): Node {
  if (pieces.length === 0) return when(call('isNull', ns), nothing, string(''))
  return context.let(ns, (x) => {
    const parts: Node[] = []
    let format = ''
    const flush = (): void => {
      if (format !== '') parts.push(call('formatDateTime', moment(x), string(format)))
      format = ''
    }
    for (const piece of pieces) {
      const specifier = piece.kind === 'text' ? piece.text.replaceAll('%', '%%') : native[piece.field]?.[piece.width]
      if (specifier !== undefined) {
        format += specifier
        continue
      }
      flush()
      if (piece.kind === 'field') parts.push(fieldText(context, x, piece.field, piece.width))
    }
    flush()
    return concat(...parts)
  })
}

function fieldText(context: LowerCall, ns: Node, field: DateField, width: number): Node {
  const of = (engineName: string): Node => toInt64(call(engineName, moment(ns)))
  const number = (value: Node): Node => padded(context, value, width)
  const hour = of('toHour')
  const halfHour = modulo(hour, integer(12))
  switch (field) {
    case 'era':
      return when(call('isNull', ns), nothing, string('AD'))
    case 'century':
      return number(quotient(of('toYear'), integer(100)))
    case 'year':
      return number(of('toYear'))
    case 'two-digit-year':
      return number(modulo(of('toYear'), integer(100)))
    case 'week-year':
      return number(of('toISOYear'))
    case 'two-digit-week-year':
      return number(modulo(of('toISOYear'), integer(100)))
    case 'week':
      return number(of('toISOWeek'))
    case 'day-of-week':
      return number(of('toDayOfWeek'))
    case 'short-weekday':
      return call('formatDateTime', moment(ns), string('%a'))
    case 'long-weekday':
      return call('dateName', string('weekday'), moment(ns))
    case 'month':
      return number(of('toMonth'))
    case 'short-month':
      return call('formatDateTime', moment(ns), string('%b'))
    case 'long-month':
      return call('dateName', string('month'), moment(ns))
    case 'quarter':
      return number(of('toQuarter'))
    case 'day':
      return number(of('toDayOfMonth'))
    case 'day-of-year':
      return number(of('toDayOfYear'))
    case 'half-day':
      return when(call('isNull', ns), nothing, when(less(hour, integer(12)), string('AM'), string('PM')))
    case 'hour':
      return number(hour)
    case 'clock-hour':
      return number(when(equal(hour, integer(0)), integer(24), hour))
    case 'half-hour':
      return number(halfHour)
    case 'half-clock-hour':
      return number(when(equal(halfHour, integer(0)), integer(12), halfHour))
    case 'minute':
      return number(of('toMinute'))
    case 'second':
      return number(of('toSecond'))
    case 'fraction': {
      const digits = call('leftPad', call('toString', call('positiveModulo', ns, integer(1_000_000_000))), integer(9), string('0'))
      return width <= 9 ? call('substring', digits, integer(1), integer(width)) : call('rightPad', digits, integer(width), string('0'))
    }
    case 'nanosecond':
      return number(call('positiveModulo', ns, integer(1_000_000_000)))
    case 'zone-name':
    case 'zone-offset':
      throw new DateFormatError("cannot use 'Z' nor 'z' in the format, as a timestamp does not contain a time zone")
  }
}

function padded(context: LowerCall, value: Node, width: number): Node {
  if (width <= 1) return call('toString', value)
  return context.let(call('toString', value), (text) =>
    call('leftPad', text, call('greatest', integer(width), toInt64(call('length', text))), string('0')),
  )
}

/** `2022-06-17T17:44:43.771000000Z`. */
export const isoText = (ns: Node): Node => concat(call('replaceOne', call('toString', moment(ns)), string(' '), string('T')), string('Z'))

/** Hours before noon and after it as 0–23; twelve is midnight before noon. */
export const hourOfHalf = (half: Node, isAfternoon: Node): Node =>
  plus(modulo(half, integer(12)), when(isAfternoon, integer(12), integer(0)))
