/** When a scheduled query runs, all times UTC. */
export type Schedule = RateSchedule | CronSchedule

/** Every `periodMs`, counted from the creation of the query. */
export interface RateSchedule {
  readonly kind: 'rate'
  readonly periodMs: number
}

export interface CronSchedule {
  readonly kind: 'cron'
  /** Ascending, as the next three. */
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  /** 1 to 12. */
  readonly months: ReadonlySet<number>
  readonly years: ReadonlySet<number>
  readonly days: readonly DayRule[]
}

/** A day runs when one of the rules holds. Days of the week: 1 is Sunday, 7 is Saturday. */
export type DayRule =
  | { readonly kind: 'every-day' }
  | { readonly kind: 'days-of-month'; readonly days: ReadonlySet<number> }
  | { readonly kind: 'last-day-of-month' }
  | { readonly kind: 'last-weekday-of-month' }
  /** The day from Monday to Friday that is nearest to the day, in the same month. */
  | { readonly kind: 'nearest-weekday'; readonly day: number }
  | { readonly kind: 'days-of-week'; readonly days: ReadonlySet<number> }
  | { readonly kind: 'last-day-of-week'; readonly day: number }
  /** The `occurrence`th such day of the month, from 1. */
  | { readonly kind: 'nth-day-of-week'; readonly day: number; readonly occurrence: number }

export const firstYear = 1970
export const lastYear = 2199
