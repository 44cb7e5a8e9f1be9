import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MovedClock } from './moved-clock.ts'
import { bucket, openScheduled, type ScheduledDatabase, until } from './scheduled-database.ts'

const limits = { scheduledQueries: 2, scheduledManualRuns: 3, scheduledRunHistory: 2, scheduledReportErrors: 4 }
const clock = new MovedClock(Date.now(), 0)

let directory: string
let open: ScheduledDatabase

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-scheduled-limits-'))
  open = await openScheduled(directory, clock, limits)
  await open.database.createDatabase(open.caller, { databaseName: 'metrics' })
  await open.database.createTable(open.caller, { databaseName: 'metrics', tableName: 'target' })
})
afterAll(async () => {
  await open.close()
  rmSync(directory, { recursive: true, force: true })
})

const create = (name: string, queryString = 'SELECT 1 AS one') =>
  open.database.scheduledQueries.create(open.caller, {
    name,
    queryString,
    scheduleExpression: 'rate(1 day)',
    topicArn: 'arn:aws:sns:us-east-1:000000000000:topic',
    executionRoleArn: 'arn:aws:iam::000000000000:role/Scheduled',
    errorReport: { bucketName: bucket },
    ...(queryString !== 'SELECT 1 AS one' && {
      target: {
        databaseName: 'metrics',
        tableName: 'target',
        timeColumn: 't',
        dimensionColumns: [],
        mixedMeasures: [{ sourceColumn: 'x', type: 'DOUBLE' as const }],
      },
    }),
  })

it('takes as many scheduled queries, waiting runs, kept runs and reported errors as the limits say', async () => {
  const { scheduledQueries } = open.database
  const arn = await create('first')
  const failing = await create(
    'failing',
    "SELECT date_add('second', n, @scheduled_runtime) AS t, nan() AS x FROM unnest(sequence(1, 9)) AS s(n)",
  )
  await expect(create('third')).rejects.toMatchObject({ code: 'SERVICE_QUOTA_EXCEEDED' })
  const execute = (invocationMs: number) => scheduledQueries.execute(open.caller, { arn, invocationMs })
  for (let i = 0; i < 3; i++) await execute(i)
  await expect(execute(3)).rejects.toMatchObject({ code: 'THROTTLING' })
  await scheduledQueries.execute(open.caller, { arn: failing, invocationMs: clock.nowMs() })
  await open.scheduler.start()
  await until('all ran', () => open.notifications.filter(({ type }) => type.startsWith('MANUAL')).length === 4)
  expect((await scheduledQueries.history(open.caller, arn)).map(({ invocationMs }) => invocationMs)).toEqual([2, 1])
  const [failure] = await scheduledQueries.history(open.caller, failing)
  const report = JSON.parse(readFileSync(join(open.reports, failure!.errorReport!.objectKey), 'utf8')) as {
    errors: readonly { reason: string; records?: readonly object[] }[]
  }
  expect(report.errors.flatMap(({ records = [] }) => records)).toHaveLength(4)
  expect(report.errors.at(-1)?.reason).toBe('5 further errors are not listed.')
})
