import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextInvocation } from './next-invocation.ts'
import { parseSchedule } from './parse-schedule.ts'

const ms = (text: string): number => Date.parse(`${text}Z`)
const iso = (time: number | undefined): string | undefined => (time === undefined ? undefined : new Date(time).toISOString().slice(0, 16))

function times(expression: string, after: string, count: number): readonly (string | undefined)[] {
  const schedule = parseSchedule(expression)
  const found: (string | undefined)[] = []
  let time: number | undefined = ms(after)
  for (let i = 0; i < count && time !== undefined; i++) {
    time = nextInvocation(schedule, time, 0)
    found.push(iso(time))
  }
  return found
}

describe('the times of a schedule', () => {
  it.each([
    ['cron(0/5 * * * ? *)', '2026-11-27T10:04', ['2026-11-27T10:05', '2026-11-27T10:10', '2026-11-27T10:15']],
    ['cron(0 1 * * ? *)', '2026-11-27T01:00', ['2026-11-28T01:00', '2026-11-29T01:00']],
    ['cron(0 0,12 * * ? *)', '2026-12-31T12:00', ['2027-01-01T00:00', '2027-01-01T12:00']],
    ['cron(0 0/1 * * ? *)', '2026-11-27T23:30', ['2026-11-28T00:00', '2026-11-28T01:00']],
    ['cron(15 10 ? * 6L 2026-2027)', '2026-11-27T10:15', ['2026-12-25T10:15', '2027-01-29T10:15']],
    ['cron(0 8 1 * ? *)', '2026-11-27T00:00', ['2026-12-01T08:00', '2027-01-01T08:00']],
    ['cron(0 18 ? * MON-FRI *)', '2026-11-27T18:00', ['2026-11-30T18:00', '2026-12-01T18:00']],
    ['cron(0/10 * * * MON-FRI *)', '2026-11-27T23:50', ['2026-11-30T00:00', '2026-11-30T00:10']],
    ['cron(0 9 ? * 2#1 *)', '2026-11-27T00:00', ['2026-12-07T09:00', '2027-01-04T09:00']],
    ['cron(0 9 ? * TUE#2 *)', '2026-11-27T00:00', ['2026-12-08T09:00', '2027-01-12T09:00']],
    ['cron(0 0 L * ? *)', '2028-01-31T00:00', ['2028-02-29T00:00', '2028-03-31T00:00']],
    ['cron(0 0 LW * ? *)', '2026-10-31T00:00', ['2026-11-30T00:00', '2026-12-31T00:00', '2027-01-29T00:00']],
    ['cron(0 0 3W * ? *)', '2026-09-30T00:00', ['2026-10-02T00:00', '2026-11-03T00:00', '2026-12-03T00:00']],
    ['cron(0 0 1W * ? *)', '2026-07-31T00:00', ['2026-08-03T00:00', '2026-09-01T00:00']],
    ['cron(0 0 ? * L *)', '2026-11-27T00:00', ['2026-11-28T00:00', '2026-12-05T00:00']],
    ['cron(0 0 ? * FRI-SUN *)', '2026-11-27T00:00', ['2026-11-28T00:00', '2026-11-29T00:00', '2026-12-04T00:00']],
    ['cron(30 22-1/2 * * ? *)', '2026-11-27T21:00', ['2026-11-27T22:30', '2026-11-28T00:30', '2026-11-28T22:30']],
    ['cron(0 0 29 2 ? *)', '2026-11-27T00:00', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['cron(0 0 1 jan ? 2199)', '2198-01-01T00:00', ['2199-01-01T00:00', undefined]],
    ['cron(5 4 31 2 ? *)', '2026-11-27T00:00', [undefined]],
    ['rate(90 minutes)', '1970-01-01T00:00', ['1970-01-01T01:30', '1970-01-01T03:00']],
    ['rate(1 minutes)', '1970-01-01T00:00', ['1970-01-01T00:01']],
    ['rate(2 day)', '1970-01-02T00:00', ['1970-01-03T00:00']],
  ])('%s after %s', (expression, after, expected) => {
    expect(times(expression, after, expected.length)).toEqual(expected)
  })

  it('counts a rate from the second of the creation', () => {
    const schedule = parseSchedule('rate(10 minutes)')
    expect(nextInvocation(schedule, 5_000, 90_500)).toBe(690_000)
    expect(nextInvocation(schedule, 690_000, 90_500)).toBe(1_290_000)
    expect(nextInvocation(schedule, 1_289_999, 90_500)).toBe(1_290_000)
  })
})

describe('a schedule that is not valid', () => {
  it.each([
    ['cron(61 * * * ? *)', /"61" in minutes is not from 0 to 59/],
    ['cron(0/61 * * * ? *)', /the step in "0\/61" of minutes is not from 1 to 60/],
    ['cron(*/0 * * * ? *)', /the step/],
    ['cron(0 24 * * ? *)', /hours/],
    ['cron(0 0 32 * ? *)', /day-of-month/],
    ['cron(0 0 * 13 ? *)', /month/],
    ['cron(0 0 ? * 8 *)', /day-of-week/],
    ['cron(0 0 ? * MON#6 *)', /from 1 to 5/],
    ['cron(0 0 ? * MON#1,TUE#1 *)', /only one expression with #/],
    ['cron(0 0 * * ? 2200)', /year/],
    ['cron(0 0 * * ? 2030-2027)', /year is not a range|is not a range/],
    ['cron(0 0 ? * ? *)', /cannot both be \?/],
    ['cron(0 0 * * * *)', /must be \?/],
    ['cron(0 0 1 * 2 *)', /must be \?/],
    ['cron(0 0 * * ?)', /six fields/],
    ['cron(0 0 * * ? * *)', /six fields/],
    ['cron()', /six fields/],
    ['cron(, 0 * * ? *)', /minutes/],
    ['rate(0 minutes)', /at least 1/],
    ['rate(1.5 hours)', /whole number/],
    ['rate(30 seconds)', /whole number/],
    ['rate(9999999999 days)', /hundred years/],
    ['every minute', /cron\(…\) or rate\(…\)/],
  ])('%s is refused', (expression, message) => {
    expect(() => parseSchedule(expression)).toThrow(message)
  })
})

/** Written differently on purpose: the text's own words are tried on every minute. */
function bruteForce(fields: readonly string[], time: Date): boolean {
  const [minutes, hours, days, months, weekDays, years] = fields as [string, string, string, string, string, string]
  const simple = (text: string, value: number, max: number): boolean =>
    text.split(',').some((item) => {
      const [range = '', step] = item.split('/')
      const [from, to] = range === '*' ? [undefined, undefined] : range.split('-').map(Number)
      const low = from ?? (max === 31 || max === 12 || max === 7 ? 1 : 0)
      const high = range === '*' ? max : (to ?? (step === undefined ? low : max))
      return value >= low && value <= high && (value - low) % Number(step ?? 1) === 0
    })
  const last = new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1, 0)).getUTCDate()
  const day = time.getUTCDate()
  const onWeek = time.getUTCDay() + 1
  const isWorkDay = (d: number): boolean => ![0, 6].includes(new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth(), d)).getUTCDay())
  const dayFits = (): boolean => {
    if (days === 'L') return day === last
    if (days.endsWith('W')) {
      const wanted = Number(days.slice(0, -1))
      if (wanted > last) return false
      const candidates = [wanted, wanted - 1, wanted + 1, wanted - 2, wanted + 2].filter((d) => d >= 1 && d <= last && isWorkDay(d))
      return day === candidates[0]
    }
    return simple(days, day, 31)
  }
  const weekFits = (): boolean => {
    if (weekDays.includes('#'))
      return onWeek === Number(weekDays[0]) && day > 7 * (Number(weekDays[2]) - 1) && day <= 7 * Number(weekDays[2])
    if (/^\dL$/.test(weekDays)) return onWeek === Number(weekDays[0]) && day > last - 7
    return simple(weekDays, onWeek, 7)
  }
  return (
    simple(minutes, time.getUTCMinutes(), 59) &&
    simple(hours, time.getUTCHours(), 23) &&
    simple(months, time.getUTCMonth() + 1, 12) &&
    (years === '*' || simple(years, time.getUTCFullYear(), 2199)) &&
    (weekDays === '?' ? dayFits() : weekFits())
  )
}

describe('the next time', () => {
  const number = (min: number, max: number): fc.Arbitrary<string> => fc.integer({ min, max }).map(String)
  const item = (min: number, max: number): fc.Arbitrary<string> =>
    fc.oneof(
      fc.constant('*'),
      number(min, max),
      fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.tuple(number(min, max), fc.integer({ min: 1, max: max - min })).map(([a, n]) => `${a}/${n}`),
      fc.integer({ min: 1, max: max - min }).map((n) => `*/${n}`),
    )
  const field = (min: number, max: number): fc.Arbitrary<string> =>
    fc.array(item(min, max), { minLength: 1, maxLength: 3 }).map((items) => items.join(','))
  const dayPair = fc.oneof(
    fc.tuple(
      fc.oneof(
        field(1, 31),
        fc.constant('L'),
        number(1, 31).map((d) => `${d}W`),
      ),
      fc.constant('?'),
    ),
    fc.tuple(
      fc.constant('?'),
      fc.oneof(
        field(1, 7),
        number(1, 7).map((d) => `${d}L`),
        fc.tuple(number(1, 7), number(1, 5)).map(([d, n]) => `${d}#${n}`),
      ),
    ),
  )

  it('is the first minute that fits, as trying every minute finds it', () => {
    const horizon = 60 * 24 * 40
    fc.assert(
      fc.property(
        field(0, 59),
        field(0, 23),
        dayPair,
        field(1, 12),
        fc.integer({ min: ms('2023-01-01T00:00'), max: ms('2029-01-01T00:00') }),
        (minutes, hours, [days, weekDays], months, after) => {
          const fields = [minutes, hours, days, months, weekDays, '*']
          const found = nextInvocation(parseSchedule(`cron(${fields.join(' ')})`), after, 0)
          const firstMs = (Math.floor(after / 60_000) + 1) * 60_000
          let expected: number | undefined
          for (let i = 0; i < horizon && expected === undefined; i++) {
            const time = firstMs + i * 60_000
            if (bruteForce(fields, new Date(time))) expected = time
          }
          if (expected === undefined) expect(found === undefined || found >= firstMs + horizon * 60_000).toBe(true)
          else expect(iso(found)).toBe(iso(expected))
        },
      ),
      { numRuns: 60 },
    )
  })
})
