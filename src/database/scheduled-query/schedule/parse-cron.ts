import { type CronSchedule, type DayRule, firstYear, lastYear } from './schedule.ts'

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  /** Names of the values, the first for `min`. */
  readonly names?: readonly string[]
  /** A range may go over the end: `FRI-MON`. */
  readonly isCircular?: true
}

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

const minute: Field = { name: 'minutes', min: 0, max: 59, isCircular: true }
const hour: Field = { name: 'hours', min: 0, max: 23, isCircular: true }
const dayOfMonth: Field = { name: 'day-of-month', min: 1, max: 31, isCircular: true }
const month: Field = { name: 'month', min: 1, max: 12, names: monthNames, isCircular: true }
const dayOfWeek: Field = { name: 'day-of-week', min: 1, max: 7, names: dayNames, isCircular: true }
const year: Field = { name: 'year', min: firstYear, max: lastYear }

/** The six fields of `cron(…)`. @throws Error saying which field is wrong, and how */
export function parseCron(body: string): CronSchedule {
  const parts = body
    .trim()
    .split(/\s+/)
    .map((part) => part.toUpperCase())
  if (parts.length !== 6 || parts[0] === '') {
    throw new Error('cron takes six fields: minutes, hours, day-of-month, month, day-of-week and year')
  }
  const [minutes = '', hours = '', days = '', months = '', weekDays = '', years = ''] = parts
  const schedule: CronSchedule = {
    kind: 'cron',
    minutes: ascending(parseValues(minute, minutes)),
    hours: ascending(parseValues(hour, hours)),
    days: parseDays(days, weekDays),
    months: parseValues(month, months),
    years: parseValues(year, years),
  }
  return schedule
}

/** One of the two fields says which days; the other is `?`, or `*` beside a field that says something. */
function parseDays(days: string, weekDays: string): readonly DayRule[] {
  if (days === '?' && weekDays === '?') throw new Error('day-of-month and day-of-week cannot both be ?')
  if (weekDays === '?') return parseDaysOfMonth(days)
  if (days === '?' || (days === '*' && weekDays !== '*')) return parseDaysOfWeek(weekDays)
  if (weekDays === '*' && days !== '*') return parseDaysOfMonth(days)
  throw new Error('one of day-of-month and day-of-week must be ?')
}

function parseDaysOfMonth(text: string): readonly DayRule[] {
  if (text === '*') return [{ kind: 'every-day' }]
  const rules: DayRule[] = []
  const plain: string[] = []
  for (const item of text.split(',')) {
    const [, nearest] = /^(\d{1,2})W$/.exec(item) ?? []
    if (item === 'L') rules.push({ kind: 'last-day-of-month' })
    else if (item === 'LW') rules.push({ kind: 'last-weekday-of-month' })
    else if (nearest !== undefined) rules.push({ kind: 'nearest-weekday', day: valueOf(dayOfMonth, nearest) })
    else plain.push(item)
  }
  if (plain.length > 0) rules.push({ kind: 'days-of-month', days: parseValues(dayOfMonth, plain.join(',')) })
  return rules
}

function parseDaysOfWeek(text: string): readonly DayRule[] {
  if (text === '*') return [{ kind: 'every-day' }]
  const rules: DayRule[] = []
  const plain: string[] = []
  const items = text.split(',')
  for (const item of items) {
    const [, nthDay, occurrence] = /^(\w{1,3})#(\d)$/.exec(item) ?? []
    const [, lastDay] = /^([1-7]|[A-Z]{3})L$/.exec(item) ?? []
    if (item === 'L') plain.push('7')
    else if (nthDay !== undefined) {
      if (items.length > 1) throw new Error('only one expression with # can stand in day-of-week')
      if (Number(occurrence) < 1 || Number(occurrence) > 5)
        throw new Error(`${quoted(item)} in day-of-week: a month has from 1 to 5 of a day`)
      rules.push({ kind: 'nth-day-of-week', day: valueOf(dayOfWeek, nthDay), occurrence: Number(occurrence) })
    } else if (lastDay !== undefined) rules.push({ kind: 'last-day-of-week', day: valueOf(dayOfWeek, lastDay) })
    else plain.push(item)
  }
  if (plain.length > 0) rules.push({ kind: 'days-of-week', days: parseValues(dayOfWeek, plain.join(',')) })
  return rules
}

/** Lists of `*`, `a`, `a-b`, each with `/n` or without. */
function parseValues(field: Field, text: string): ReadonlySet<number> {
  const values = new Set<number>()
  for (const item of text.split(',')) for (const value of itemValues(field, item)) values.add(value)
  return values
}

function itemValues(field: Field, item: string): readonly number[] {
  const [, range = '', stepText] = /^([^/]+)(?:\/(\d{1,4}))?$/.exec(item) ?? []
  if (range === '') throw new Error(`${quoted(item)} in ${field.name} is neither a value, a range nor a step`)
  const span = field.max - field.min + 1
  const step = stepText === undefined ? undefined : Number(stepText)
  if (step !== undefined && (step < 1 || step > span))
    throw new Error(`the step in ${quoted(item)} of ${field.name} is not from 1 to ${span}`)
  const [first, last] = boundsOf(field, range, step !== undefined)
  const unrolled = last < first ? last + span : last
  const values: number[] = []
  for (let value = first; value <= unrolled; value += step ?? 1) values.push(value > field.max ? value - span : value)
  return values
}

function boundsOf(field: Field, range: string, hasStep: boolean): readonly [number, number] {
  if (range === '*') return [field.min, field.max]
  const [from = '', to, ...more] = range.split('-')
  const first = valueOf(field, from)
  if (to === undefined) return [first, hasStep ? field.max : first]
  const last = valueOf(field, to)
  if (more.length > 0 || (last < first && !field.isCircular)) throw new Error(`${quoted(range)} in ${field.name} is not a range`)
  return [first, last]
}

function valueOf(field: Field, text: string): number {
  const named = field.names?.indexOf(text) ?? -1
  if (named >= 0) return field.min + named
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  if (value >= field.min && value <= field.max) return value
  const names = field.names === undefined ? '' : `, or ${field.names[0]} to ${field.names.at(-1)}`
  throw new Error(`${quoted(text)} in ${field.name} is not from ${field.min} to ${field.max}${names}`)
}

const ascending = (values: ReadonlySet<number>): readonly number[] => [...values].toSorted((a, b) => a - b)
const quoted = (text: string): string => JSON.stringify(text.slice(0, 40))
