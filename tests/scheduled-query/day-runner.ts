/**
 * A process for tests to kill: runs the scheduled queries of a data directory under a clock that is faster than time. Says `done` when all that is due until
 * the end has run.
 */
import { writeSync } from 'node:fs'
import { MovedClock } from './moved-clock.ts'
import { openScheduled, until } from './scheduled-database.ts'

const [directory = '', startMs = '', realStartMs = '', factor = '', endMs = '', history = ''] = process.argv.slice(2)
const clock = new MovedClock(Number(startMs), Number(factor), Number(realStartMs), Number(endMs))
const open = await openScheduled(directory, clock, { scheduledRunHistory: Number(history) })
process.once('SIGTERM', () => void open.close().then(() => process.exit(0)))
await open.scheduler.start()
writeSync(1, 'started\n')
await until(
  'the end of the day',
  () => {
    const dueMs = open.database.scheduledQueries.runs.nextDueMs()
    return open.scheduler.underWay === 0 && dueMs !== undefined && dueMs > Number(endMs) && clock.nowMs() === Number(endMs)
  },
  600_000,
)
writeSync(1, 'done\n')
