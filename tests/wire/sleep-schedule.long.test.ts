import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateScheduledQueryCommand, ListScheduledQueriesCommand } from '@aws-sdk/client-timestream-query'
import { CreateDatabaseCommand, CreateTableCommand, WriteRecordsCommand } from '@aws-sdk/client-timestream-write'
import { expect, onTestFinished, test } from 'vitest'
import { serve } from './served.ts'
import { asleep, healthOf } from './sleeper.ts'

const DatabaseName = 'nights'
const TableName = 'dreams'

test('a scheduled query that is due wakes it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-sleep-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const served = await serve({ data: join(folder, 'data'), args: ['--sleep-after', '1s'], env: { TIDEMARK_BUCKETS: folder } })
  onTestFinished(() => served.stop().then(() => undefined))
  await served.write.send(new CreateDatabaseCommand({ DatabaseName }))
  await served.write.send(new CreateTableCommand({ DatabaseName, TableName }))
  const record = { Dimensions: [{ Name: 'who', Value: 'd1' }], MeasureName: 'text', MeasureValue: '1', Time: String(Date.now()) }
  await served.write.send(new WriteRecordsCommand({ DatabaseName, TableName, Records: [record] }))
  await served.query.send(
    new CreateScheduledQueryCommand({
      Name: 'minutely',
      QueryString: `SELECT who, 'n' AS measure_name, max(time) AS time, count(*) AS n FROM ${DatabaseName}.${TableName} GROUP BY who`,
      ScheduleConfiguration: { ScheduleExpression: 'cron(* * * * ? *)' },
      NotificationConfiguration: { SnsConfiguration: { TopicArn: 'arn:aws:sns:us-east-1:000000000000:topic' } },
      ScheduledQueryExecutionRoleArn: 'arn:aws:iam::000000000000:role/scheduled',
      ErrorReportConfiguration: { S3Configuration: { BucketName: 'data' } },
      TargetConfiguration: {
        TimestreamConfiguration: {
          DatabaseName,
          TableName,
          TimeColumn: 'time',
          DimensionMappings: [{ Name: 'who', DimensionValueType: 'VARCHAR' }],
          MeasureNameColumn: 'measure_name',
          MultiMeasureMappings: { MultiMeasureAttributeMappings: [{ SourceColumn: 'n', MeasureValueType: 'BIGINT' }] },
        },
      },
    }),
  )
  const { wakesAt = '' } = await asleep(served)
  expect(Date.parse(wakesAt) - Date.now()).toBeLessThan(60_000)
  expect(Date.parse(wakesAt)).toBeGreaterThan(Date.now())
  // nothing but looks at it until it is awake
  while ((await healthOf(served)).status === 'asleep') await delay(400)
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(wakesAt))
  let status: string | undefined
  while (status === undefined) {
    const { ScheduledQueries } = await served.query.send(new ListScheduledQueriesCommand({}))
    status = ScheduledQueries?.[0]?.LastRunStatus
    await delay(200)
  }
  expect(status).toBe('AUTO_TRIGGER_SUCCESS')
}, 90_000)
