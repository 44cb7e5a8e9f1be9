import type { CronSchedule, DayRule, Schedule } from './schedule.ts'

const minuteMs = 60_000
const dayMs = 86_400_000

/**
 * The first time after `afterMs` (not at it) that the schedule names; undefined when there is none any more.
 * @param createdMs the creation of the query, from which rates count in whole seconds
 */
export function nextInvocation(schedule: Schedule, afterMs: number, createdMs: number): number | undefined {
  if (schedule.kind === 'cron') return nextCron(schedule, afterMs)
  const startMs = Math.floor(createdMs / 1000) * 1000
  const periods = Math.max(0, Math.floor((afterMs - startMs) / schedule.periodMs))
  return startMs + (periods + 1) * schedule.periodMs
}

/** Day by day, leaving out months and years that do not run. */
function nextCron(schedule: CronSchedule, afterMs: number): number | undefined {
  const startMs = (Math.floor(afterMs / minuteMs) + 1) * minuteMs
  const start = new Date(startMs)
  let year = start.getUTCFullYear()
  let month = start.getUTCMonth() + 1
  let day = start.getUTCDate()
  const lastYear = Math.max(...schedule.years)
  while (year <= lastYear) {
    if (schedule.years.has(year) && schedule.months.has(month)) {
      for (const lastDay = daysIn(year, month); day <= lastDay; day++) {
        if (!schedule.days.some((rule) => holds(rule, year, month, day))) continue
        const dayStartMs = Date.UTC(year, month - 1, day)
        const time = firstTime(schedule, Math.max(0, (startMs - dayStartMs) / minuteMs))
        if (time !== undefined) return dayStartMs + time * minuteMs
      }
    }
    day = 1
    month = month === 12 ? 1 : month + 1
    if (month === 1) year++
  }
  return undefined
}

/** The first minute of the day from `from` on. */
function firstTime({ hours, minutes }: CronSchedule, from: number): number | undefined {
  for (const hour of hours) {
    if (hour * 60 + 59 < from) continue
    for (const minute of minutes) if (hour * 60 + minute >= from) return hour * 60 + minute
  }
  return undefined
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

/** 1 is Sunday. */
const weekDay = (year: number, month: number, day: number): number =>
  ((((Math.floor(Date.UTC(year, month - 1, day) / dayMs) + 4) % 7) + 7) % 7) + 1

function holds(rule: DayRule, year: number, month: number, day: number): boolean {
  switch (rule.kind) {
    case 'every-day':
      return true
    case 'days-of-month':
      return rule.days.has(day)
    case 'last-day-of-month':
      return day === daysIn(year, month)
    case 'last-weekday-of-month': {
      const last = daysIn(year, month)
      return day === nearestWeekday(year, month, last)
    }
    case 'nearest-weekday':
      return rule.day <= daysIn(year, month) && day === nearestWeekday(year, month, rule.day)
    case 'days-of-week':
      return rule.days.has(weekDay(year, month, day))
    case 'last-day-of-week':
      return weekDay(year, month, day) === rule.day && day + 7 > daysIn(year, month)
    case 'nth-day-of-week':
      return weekDay(year, month, day) === rule.day && Math.ceil(day / 7) === rule.occurrence
  }
}

/** A Saturday goes back to Friday and a Sunday on to Monday, unless that is another month. */
function nearestWeekday(year: number, month: number, day: number): number {
  const onWeek = weekDay(year, month, day)
  if (onWeek === 7) return day === 1 ? 3 : day - 1
  if (onWeek === 1) return day === daysIn(year, month) ? day - 2 : day + 1
  return day
}
