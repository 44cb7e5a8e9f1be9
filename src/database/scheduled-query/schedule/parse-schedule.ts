import { ServerError } from '../../../base/errors.ts'
import { parseCron } from './parse-cron.ts'
import type { Schedule } from './schedule.ts'

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const longestMs = 100 * 366 * 86_400_000

/**
 * `cron(Minutes Hours Day-of-month Month Day-of-week Year)` or `rate(value unit)`.
 * Source: developer guide, "Schedule expressions for scheduled queries"; singular and plural units are both taken, whatever the value.
 * @throws ServerError VALIDATION naming the part that is wrong
 */
export function parseSchedule(expression: string): Schedule {
  const [, kind, body = ''] = /^\s*(cron|rate)\s*\(([^()]*)\)\s*$/.exec(expression) ?? []
  try {
    if (kind === 'cron') return parseCron(body)
    if (kind === 'rate') return parseRate(body)
    throw new Error('it must be cron(…) or rate(…)')
  } catch (error) {
    if (error instanceof ServerError || !(error instanceof Error)) throw error
    throw new ServerError('VALIDATION', `The schedule expression ${JSON.stringify(expression)} is not valid: ${error.message}.`)
  }
}

function parseRate(body: string): Schedule {
  const [, value = '', unit = ''] = /^\s*(\d{1,10})\s+(minute|hour|day)s?\s*$/.exec(body) ?? []
  if (unit === '') throw new Error('rate takes a positive whole number and minute(s), hour(s) or day(s)')
  const periodMs = Number(value) * unitMs[unit]!
  if (periodMs === 0) throw new Error('the value of a rate must be at least 1')
  if (periodMs > longestMs) throw new Error('the value of the rate is more than a hundred years')
  return { kind: 'rate', periodMs }
}
