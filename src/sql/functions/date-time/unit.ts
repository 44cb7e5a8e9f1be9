import type { LowerCall } from '../definition.ts'
import { isCalendarUnit, isFixedUnit } from './calendar.ts'
import type { CalendarUnit, FixedUnit } from './calendar.ts'

export type Unit = { readonly kind: 'fixed'; readonly name: FixedUnit } | { readonly kind: 'calendar'; readonly name: CalendarUnit }

/** Units that make sense for values of a type. */
const allowed = {
  timestamp: () => true,
  date: (unit: string) => unit === 'day' || unit === 'week' || isCalendarUnit(unit),
  time: (unit: string) => isFixedUnit(unit) && unit !== 'day' && unit !== 'week',
} as const
type Subject = keyof typeof allowed

/** The unit that the first argument names; null when it is NULL. Unknown ones, and columns, are errors at its place. */
export function unitArgument(context: LowerCall, subject: Subject): Unit | null {
  const value = context.constant(0)
  if (value === null) return null
  if (typeof value !== 'string') return context.invalid(0, 'The unit must be a constant text', 'NOT_SUPPORTED')
  const name = value.toLowerCase()
  if (allowed[subject](name)) {
    if (isFixedUnit(name)) return { kind: 'fixed', name }
    if (isCalendarUnit(name)) return { kind: 'calendar', name }
  }
  return context.invalid(0, `'${value}' is not a valid ${subject} field`, 'INVALID_FUNCTION_ARGUMENT')
}
