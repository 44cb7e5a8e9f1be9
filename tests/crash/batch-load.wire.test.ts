import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { QueryCommand } from '@aws-sdk/client-timestream-query'
import {
  type BatchLoadTaskDescription,
  CreateBatchLoadTaskCommand,
  CreateDatabaseCommand,
  CreateTableCommand,
  DescribeBatchLoadTaskCommand,
} from '@aws-sdk/client-timestream-write'
import { expect, onTestFinished, test } from 'vitest'
import { serve, type Served } from '../wire/served.ts'

/** From the newest to the oldest: each row is looked up, so that the load takes some seconds. */
const count = 120_000

/** The task, as soon as `when` holds. */
async function wait(served: Served, TaskId: string, when: (task: BatchLoadTaskDescription) => boolean): Promise<BatchLoadTaskDescription> {
  for (let round = 0; round < 2000; round++) {
    const { BatchLoadTaskDescription: task = {} } = await served.write.send(new DescribeBatchLoadTaskCommand({ TaskId }))
    if (when(task)) return task
    await delay(20)
  }
  throw new Error('the batch load does not come on')
}

test('a batch load whose server is killed again and again ends with every record once', { timeout: 120_000 }, async () => {
  const data = mkdtempSync(join(tmpdir(), 'tidemark-killed-load-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const bucket = join(data, 'buckets', 'the-bucket')
  mkdirSync(bucket, { recursive: true })
  const nowMs = Date.now()
  // a row in a thousand is wrong, and must be reported once
  const lines = Array.from({ length: count }, (_, i) => (i % 1000 === 7 ? 'wrong\n' : `${nowMs - i},h${i % 50},${i},"a note, quoted"\n`))
  writeFileSync(join(bucket, 'load.csv'), `time,host,load,note\n${lines.join('')}`)
  let served = await serve({ data })
  onTestFinished(() => void served.process.kill('SIGKILL'))
  await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'killed' }))
  await served.write.send(new CreateTableCommand({ DatabaseName: 'killed', TableName: 'loads' }))
  const { TaskId = '' } = await served.write.send(
    new CreateBatchLoadTaskCommand({
      TargetDatabaseName: 'killed',
      TargetTableName: 'loads',
      DataSourceConfiguration: { DataSourceS3Configuration: { BucketName: 'the-bucket', ObjectKeyPrefix: 'load' }, DataFormat: 'CSV' },
      DataModelConfiguration: {
        DataModel: {
          TimeColumn: 'time',
          DimensionMappings: [{ SourceColumn: 'host' }],
          MultiMeasureMappings: {
            TargetMultiMeasureName: 'metrics',
            MultiMeasureAttributeMappings: [{ SourceColumn: 'load', MeasureValueType: 'DOUBLE' }, { SourceColumn: 'note' }],
          },
        },
      },
      ReportConfiguration: { ReportS3Configuration: { BucketName: 'the-bucket', ObjectKeyPrefix: 'reports' } },
    }),
  )
  let processed = 0
  let kills = 0
  for (; kills < 2; kills++) {
    const before = processed
    const task = await wait(served, TaskId, ({ ProgressReport }) => (ProgressReport?.RecordsProcessed ?? 0) > before)
    if (task.TaskStatus !== 'IN_PROGRESS') break
    processed = task.ProgressReport!.RecordsProcessed!
    expect(processed).toBeLessThan(count)
    // what is written between a checkpoint and the kill is what could be doubled
    await delay(200)
    served.process.kill('SIGKILL')
    await served.exited
    served = await serve({ data })
    const { BatchLoadTaskDescription: after } = await served.write.send(new DescribeBatchLoadTaskCommand({ TaskId }))
    expect(after?.ProgressReport?.RecordsProcessed).toBeGreaterThanOrEqual(processed)
  }
  expect(kills).toBeGreaterThan(0)
  const task = await wait(served, TaskId, ({ TaskStatus }) => TaskStatus !== 'IN_PROGRESS')
  const wrong = count / 1000
  expect(task).toMatchObject({
    TaskStatus: 'FAILED',
    ProgressReport: {
      RecordsProcessed: count,
      RecordsIngested: count - wrong,
      ParseFailures: wrong,
      RecordIngestionFailures: 0,
      FileFailures: 0,
    },
  })
  const { Rows } = await served.query.send(
    new QueryCommand({ QueryString: 'SELECT count(*), count(DISTINCT load), sum(load) FROM killed.loads' }),
  )
  const wrongSum = Array.from({ length: wrong }, (_, i) => i * 1000 + 7).reduce((sum, each) => sum + each, 0)
  const sum = (count * (count - 1)) / 2 - wrongSum
  const [rows, distinct, total] = (Rows?.[0]?.Data ?? []).map(({ ScalarValue }) => Number(ScalarValue))
  expect([rows, distinct, total]).toEqual([count - wrong, count - wrong, sum])
  expect(await served.stop()).toBe(0)
})
