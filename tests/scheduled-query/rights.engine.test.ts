import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Caller } from '../../src/database/caller.ts'
import { MovedClock } from './moved-clock.ts'
import { bucket, openScheduled, type ScheduledDatabase, until } from './scheduled-database.ts'

let directory: string
let open: ScheduledDatabase
let user: Caller

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-scheduled-rights-'))
  open = await openScheduled(directory, new MovedClock(Date.now(), 0))
  const { database, caller } = open
  await database.createDatabase(caller, { databaseName: 'metrics' })
  for (const tableName of ['raw', 'target', 'secret']) await database.createTable(caller, { databaseName: 'metrics', tableName })
  const time = String(Date.now())
  const record = { Dimensions: [{ Name: 'host', Value: 'a' }], MeasureName: 'load', MeasureValue: '1', Time: time }
  for (const tableName of ['raw', 'secret']) await database.write(caller, { databaseName: 'metrics', tableName, records: [record] })
  const { principal } = await database.createAccessKey(caller, 'ann')
  user = { principal, requestId: 'R' }
  await open.scheduler.start()
})
afterAll(async () => {
  await open.close()
  rmSync(directory, { recursive: true, force: true })
})

const tables = 'arn:aws:timestream:us-east-1:000000000000:database/metrics/table'
async function allow(...statements: readonly { readonly Action: string | readonly string[]; readonly Resource: string }[]): Promise<void> {
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) })
  await open.database.access.putPolicy(open.caller, { policyName: 'ann', document })
}
const scheduled = { Action: 'timestream:*ScheduledQuer*', Resource: '*' }
const mayRead = { Action: 'timestream:Select', Resource: `${tables}/raw` }
const mayWrite = { Action: 'timestream:WriteRecords', Resource: `${tables}/target` }

const create = (from: string, name: string) =>
  open.database.scheduledQueries.create(user, {
    name,
    queryString: `SELECT host, @scheduled_runtime AS t, measure_value::double AS v FROM metrics.${from}`,
    scheduleExpression: 'rate(1 day)',
    topicArn: 'arn:aws:sns:us-east-1:000000000000:topic',
    executionRoleArn: 'arn:aws:iam::000000000000:role/Scheduled',
    errorReport: { bucketName: bucket },
    target: {
      databaseName: 'metrics',
      tableName: 'target',
      timeColumn: 't',
      dimensionColumns: ['host'],
      mixedMeasures: [{ sourceColumn: 'v', type: 'DOUBLE' }],
    },
  })

it('a user makes and runs what it may read and write, and no more, also when its rights are taken away later', async () => {
  const { database, caller } = open
  await expect(create('raw', 'q')).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  await allow(scheduled, mayRead)
  await database.access.attachPolicy(caller, 'ann', { userName: 'ann' })
  await expect(create('raw', 'q')).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    message: expect.stringContaining('WriteRecords') as string,
  })
  await allow(scheduled, mayRead, mayWrite)
  await expect(create('secret', 'q')).rejects.toMatchObject({ code: 'ACCESS_DENIED', message: expect.stringContaining('Select') as string })
  const arn = await create('raw', 'q')
  const runs = () => database.scheduledQueries.history(user, arn)
  await database.scheduledQueries.execute(user, { arn, invocationMs: Date.now() })
  await until('it ran', async () => (await runs()).length === 1)
  expect((await runs())[0]).toMatchObject({ status: 'MANUAL_TRIGGER_SUCCESS', stats: { recordsIngested: 1 } })
  await allow(scheduled, mayRead)
  await database.scheduledQueries.execute(user, { arn, invocationMs: Date.now() + 1 })
  await until('it ran again', async () => (await runs()).length === 2)
  expect((await runs())[0]).toMatchObject({
    status: 'MANUAL_TRIGGER_FAILURE',
    failureReason: expect.stringContaining('is not authorized to perform: timestream:WriteRecords') as string,
  })
  expect((await database.scheduledQueries.describe(user, arn)).state).toBe('DISABLED')
  await allow(mayRead)
  await expect(database.scheduledQueries.describe(user, arn)).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
})
