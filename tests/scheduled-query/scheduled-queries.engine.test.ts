import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CreateScheduledQueryInput } from '../../src/database/scheduled-query/scheduled-queries.ts'
import type { TargetConfiguration } from '../../src/database/scheduled-query/target/target-configuration.ts'
import { MovedClock } from './moved-clock.ts'
import { bucket, openScheduled, type ScheduledDatabase, until } from './scheduled-database.ts'

const minuteMs = 60_000
/** A whole hour, lately. */
const startMs = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000
const topicArn = 'arn:aws:sns:us-east-1:000000000000:topic'
const executionRoleArn = 'arn:aws:iam::000000000000:role/Scheduled'

let directory: string
let clock: MovedClock
let open: ScheduledDatabase
let named = 0

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-scheduled-'))
  clock = new MovedClock(startMs, 0)
  open = await openScheduled(directory, clock)
  const { database, caller } = open
  await database.createDatabase(caller, { databaseName: 'metrics' })
  for (const tableName of ['raw', 'minutes', 'hours', 'mapped']) {
    await database.createTable(caller, {
      databaseName: 'metrics',
      tableName,
      retention: { memoryStoreRetentionPeriodInHours: 48, magneticStoreRetentionPeriodInDays: 100 },
    })
  }
  await write([0, 20_000, 40_000, 60_000].map((offset, i) => ({ host: 'a', offset, value: i + 1 })))
  await open.scheduler.start()
})
afterAll(async () => {
  await open.close()
  rmSync(directory, { recursive: true, force: true })
})

async function write(samples: readonly { host: string; offset: number; value: number }[]): Promise<void> {
  await open.database.write(open.caller, {
    databaseName: 'metrics',
    tableName: 'raw',
    records: samples.map(({ host, offset, value }) => ({
      Dimensions: [{ Name: 'host', Value: host }],
      MeasureName: 'load',
      MeasureValue: String(value),
      Time: String(startMs - 10 * minuteMs + offset),
    })),
  })
}

const target = (change: Partial<TargetConfiguration> = {}): TargetConfiguration => ({
  databaseName: 'metrics',
  tableName: 'minutes',
  timeColumn: 'minute',
  dimensionColumns: ['host'],
  multiMeasure: {
    targetMeasureName: 'loads',
    attributes: [
      { sourceColumn: 'total', type: 'DOUBLE' },
      { sourceColumn: 'samples', targetName: 'n', type: 'BIGINT' },
    ],
  },
  ...change,
})

const perMinute = `SELECT host, bin(time, 1m) AS minute, sum(measure_value::double) AS total, count(*) AS samples
  FROM metrics.raw WHERE time BETWEEN @scheduled_runtime - 1h AND @scheduled_runtime GROUP BY 1, 2`

const input = (change: Partial<CreateScheduledQueryInput> = {}): CreateScheduledQueryInput => ({
  name: `query-${++named}`,
  queryString: perMinute,
  scheduleExpression: 'rate(1 minute)',
  topicArn,
  executionRoleArn,
  errorReport: { bucketName: bucket, objectKeyPrefix: 'errors' },
  target: target(),
  ...change,
})

const create = (change?: Partial<CreateScheduledQueryInput>) => open.database.scheduledQueries.create(open.caller, input(change))
const describeQuery = (arn: string) => open.database.scheduledQueries.describe(open.caller, arn)
const history = (arn: string) => open.database.scheduledQueries.history(open.caller, arn)
const remove = (arn: string) => open.database.scheduledQueries.delete(open.caller, arn)
const run = async (arn: string, invocationMs = startMs) => {
  const before = (await history(arn)).length
  await open.database.scheduledQueries.execute(open.caller, { arn, invocationMs })
  await until('the run has ended', async () => (await history(arn)).length > before)
  return (await history(arn))[0]!
}
/** Once, and gone. */
async function runOnce(change: Partial<CreateScheduledQueryInput>) {
  const arn = await create({ scheduleExpression: 'cron(0 0 1 1 ? 2190)', ...change })
  const summary = await run(arn)
  await remove(arn)
  return summary
}

describe('a scheduled query', () => {
  it('runs at its times, writes what it finds and tells how it went', async () => {
    const arn = await create()
    expect(arn).toMatch(/^arn:aws:timestream:us-east-1:000000000000:scheduled-query\/query-\d+-[0-9a-f]{16}$/)
    expect(await describeQuery(arn)).toMatchObject({ state: 'ENABLED', nextInvocationMs: startMs + minuteMs, failedRuns: [] })
    clock.moveOn(minuteMs)
    await until('it ran', async () => (await history(arn)).length === 1)
    const description = await describeQuery(arn)
    expect(description).toMatchObject({ previousInvocationMs: startMs + minuteMs, nextInvocationMs: startMs + 2 * minuteMs })
    expect(description.lastRun).toMatchObject({
      invocationMs: startMs + minuteMs,
      triggeredMs: startMs + minuteMs,
      status: 'AUTO_TRIGGER_SUCCESS',
      stats: { recordsIngested: 2, queryResultRows: 2, dataWrites: 1024, bytesMetered: 10_000_000 },
    })
    expect(await open.values('SELECT host, total, n FROM metrics.minutes ORDER BY time')).toEqual([
      ['a', '6.0', '3'],
      ['a', '4.0', '1'],
    ])
    // what is asked for twice is the same twice
    expect(await describeQuery(arn)).toEqual(description)
    const types = open.notifications.filter((each) => each.arn === arn).map(({ type }) => type)
    expect(types).toEqual(['SCHEDULED_QUERY_CREATING', 'SCHEDULED_QUERY_CREATED', 'AUTO_TRIGGER_SUCCESS'])
    const message = JSON.parse(open.notifications.findLast((each) => each.arn === arn)!.message) as object
    expect(message).toEqual({
      type: 'AUTO_TRIGGER_SUCCESS',
      arn,
      nextInvocationEpochSecond: startMs / 1000 + 120,
      scheduledQueryRunSummary: {
        invocationEpochSecond: startMs / 1000 + 60,
        triggerTimeMillis: startMs + minuteMs,
        runStatus: 'AUTO_TRIGGER_SUCCESS',
        executionStats: {
          executionTimeInMillis: expect.any(Number) as number,
          dataWrites: 1024,
          bytesMetered: 10_000_000,
          cumulativeBytesScanned: expect.any(Number) as number,
          recordsIngested: 2,
          queryResultRows: 2,
        },
      },
    })
    await remove(arn)
    await expect(describeQuery(arn)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND', members: { ScheduledQueryArn: arn } })
  })

  it('makes up missed runs in their order, one after the other, each with a greater version', async () => {
    const arn = await create()
    const createdMs = clock.nowMs()
    clock.moveOn(10 * minuteMs)
    await until('all ran', async () => (await history(arn)).length === 10)
    const runs = (await history(arn)).toReversed()
    expect(runs.map(({ invocationMs }) => invocationMs)).toEqual(Array.from({ length: 10 }, (_, i) => createdMs + (i + 1) * minuteMs))
    const versions = runs.map(({ version }) => version)
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
    expect(runs.every(({ status }) => status === 'AUTO_TRIGGER_SUCCESS')).toBe(true)
    await remove(arn)
  })

  it('does not run while it is disabled, and makes nothing up for that time', async () => {
    const arn = await create()
    await open.database.scheduledQueries.update(open.caller, arn, 'DISABLED')
    expect(await describeQuery(arn)).toMatchObject({ state: 'DISABLED' })
    expect((await describeQuery(arn)).nextInvocationMs).toBeUndefined()
    clock.moveOn(5 * minuteMs)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await open.database.scheduledQueries.update(open.caller, arn, 'ENABLED')
    expect((await describeQuery(arn)).nextInvocationMs).toBeGreaterThan(clock.nowMs())
    expect(await history(arn)).toEqual([])
    const updates = open.notifications.filter((each) => each.arn === arn && each.type === 'SCHEDULED_QUERY_UPDATE')
    expect(updates.map(({ message }) => JSON.parse(message) as unknown)).toEqual(
      ['DISABLED', 'ENABLED'].map((state) => ({ type: 'SCHEDULED_QUERY_UPDATE', arn, state })),
    )
    await remove(arn)
  })

  it('is made once for one client token, whatever is retried', async () => {
    const asked = input({ clientToken: 't'.repeat(32), scheduleExpression: 'rate(1 day)' })
    const { scheduledQueries } = open.database
    const arn = await scheduledQueries.create(open.caller, asked)
    expect(await scheduledQueries.create(open.caller, asked)).toBe(arn)
    await expect(scheduledQueries.create(open.caller, { ...asked, scheduleExpression: 'rate(2 days)' })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    await expect(scheduledQueries.create(open.caller, { ...asked, clientToken: 'u'.repeat(32) })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    const execution = { arn, invocationMs: startMs, clientToken: 'v'.repeat(32) }
    await scheduledQueries.execute(open.caller, execution)
    await scheduledQueries.execute(open.caller, execution)
    await expect(scheduledQueries.execute(open.caller, { ...execution, invocationMs: 1 })).rejects.toMatchObject({ code: 'VALIDATION' })
    await until('it ran', async () => (await history(arn)).length === 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await history(arn)).toHaveLength(1)
    await remove(arn)
  })

  it('has tags like any resource', async () => {
    const arn = await create({ tags: [{ key: 'team', value: 'sea' }], scheduleExpression: 'rate(1 day)' })
    const { database, caller } = open
    await database.tagResource(caller, arn, [{ key: 'env', value: 'test' }])
    await database.untagResource(caller, arn, ['team'])
    expect(await database.listTags(caller, arn)).toEqual([{ key: 'env', value: 'test' }])
    await remove(arn)
    await expect(database.listTags(caller, arn)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
  })

  it('is listed in pages that no other list continues', async () => {
    const arns = [await create({ scheduleExpression: 'rate(1 day)' }), await create({ scheduleExpression: 'rate(1 day)' })]
    const { database, caller } = open
    const first = await database.scheduledQueries.list(caller, { maxResults: 1 })
    const second = await database.scheduledQueries.list(caller, { maxResults: 1, nextToken: first.nextToken! })
    expect([...first.items, ...second.items].map(({ arn }) => arn)).toEqual(arns.toSorted())
    expect(first.items[0]).toMatchObject({ state: 'ENABLED', targetTable: { databaseName: 'metrics', tableName: 'minutes' } })
    const tables = await database.listTables(caller, 'metrics', { maxResults: 1 })
    await expect(database.scheduledQueries.list(caller, { nextToken: tables.nextToken! })).rejects.toMatchObject({ code: 'VALIDATION' })
    await Promise.all(arns.map(remove))
  })

  it('is disabled when it cannot succeed any more', async () => {
    const { database, caller } = open
    await database.createTable(caller, { databaseName: 'metrics', tableName: 'gone' })
    const arn = await create({ target: target({ tableName: 'gone' }) })
    await database.deleteTable(caller, 'metrics', 'gone')
    expect(await run(arn)).toMatchObject({ status: 'MANUAL_TRIGGER_FAILURE', failureReason: 'The table gone does not exist.' })
    expect(await describeQuery(arn)).toMatchObject({ state: 'DISABLED', failedRuns: [{ status: 'MANUAL_TRIGGER_FAILURE' }] })
    // sent when the run is stored already
    await expect
      .poll(() => open.notifications.slice(-2).map(({ type }) => type))
      .toEqual(['MANUAL_TRIGGER_FAILURE', 'SCHEDULED_QUERY_UPDATE'])
    await remove(arn)
  })

  it('shows its last five failures only', async () => {
    const arn = await create({ scheduleExpression: 'rate(1 day)', queryString: perMinute.replace('sum(measure_value::double)', 'nan()') })
    for (let i = 0; i < 6; i++) await run(arn, startMs + i)
    const { failedRuns } = await describeQuery(arn)
    expect(failedRuns.map(({ invocationMs }) => invocationMs - startMs)).toEqual([5, 4, 3, 2, 1])
    await remove(arn)
  })
})

describe('what rows and records are refused for', () => {
  it('is in the report, and the others are written', async () => {
    const summary = await runOnce({
      queryString: `SELECT time, host, v FROM (VALUES
        (@scheduled_runtime, 'fine', 1.5e0), (@scheduled_runtime - 400d, 'old', 2e0),
        (@scheduled_runtime, 'nan', nan()), (CAST(NULL AS timestamp), 'timeless', 3e0), (@scheduled_runtime, 'empty', NULL)
      ) AS t(time, host, v)`,
      target: target({
        tableName: 'mapped',
        timeColumn: 'time',
        multiMeasure: { targetMeasureName: 'refused', attributes: [{ sourceColumn: 'v', type: 'DOUBLE' }] },
      }),
    })
    expect(summary).toMatchObject({
      status: 'MANUAL_TRIGGER_FAILURE',
      failureReason: 'Schedule encountered some errors and is incomplete. Please take a look at error report for further details',
      stats: { recordsIngested: 1, queryResultRows: 5 },
      errorReport: { bucketName: bucket },
    })
    const { objectKey } = summary.errorReport!
    expect(objectKey).toMatch(
      new RegExp(String.raw`^errors/query-\d+-[0-9a-f]{16}/${startMs / 1000}/MANUAL/${summary.triggeredMs}/[0-9a-f-]{36}$`),
    )
    const report = JSON.parse(readFileSync(join(open.reports, objectKey), 'utf8')) as {
      reportId: string
      errors: { reason: string; records?: object[]; rawLine?: string }[]
    }
    expect(report.reportId).toMatch(/^[0-9a-f]{32}$/)
    const byReason = (text: string) => report.errors.find(({ reason }) => reason.includes(text))
    expect(byReason('outside the time range')?.records).toEqual([
      {
        dimensions: [{ name: 'host', value: 'old', dimensionValueType: null }],
        measureName: 'refused',
        measureValue: null,
        measureValues: [{ name: 'v', value: '2.0', type: 'DOUBLE' }],
        measureValueType: 'MULTI',
        time: `${startMs - 400 * 86_400_000}000000`,
        timeUnit: 'NANOSECONDS',
        version: summary.version,
      },
    ])
    expect(byReason('MeasureValues[0].Value')?.records).toHaveLength(1)
    expect(byReason('time column is NULL')?.rawLine).toBe(',timeless,3.0')
    expect(byReason('all mapped measure columns are NULL')?.rawLine).toContain('empty')
    expect(await open.values("SELECT host, v FROM metrics.mapped WHERE measure_name = 'refused'")).toEqual([['fine', '1.5']])
  })
})

describe('the forms of mapping', () => {
  const rows = `SELECT @scheduled_runtime AS t, 'h' AS host, m, x, y FROM (VALUES ('cpu', 1.5e0, 7), ('disk', NULL, 8)) AS v(m, x, y)`
  const attributes = [
    { sourceColumn: 'x', type: 'DOUBLE' as const },
    { sourceColumn: 'y', targetName: 'whole', type: 'BIGINT' as const },
  ]
  const mapped = async (change: Partial<TargetConfiguration>) => {
    const { multiMeasure: _, ...plain } = target({ tableName: 'mapped', timeColumn: 't' })
    expect(await runOnce({ queryString: rows, target: { ...plain, ...change } })).toMatchObject({ status: 'MANUAL_TRIGGER_SUCCESS' })
  }

  it('one multi-measure record a row, its name given', async () => {
    await mapped({ dimensionColumns: ['host', 'm'], multiMeasure: { targetMeasureName: 'form1', attributes } })
    expect(await open.values("SELECT m, x, whole FROM metrics.mapped WHERE measure_name = 'form1' ORDER BY m")).toEqual([
      ['cpu', '1.5', '7'],
      ['disk', null, '8'],
    ])
  })

  it('one multi-measure record a row, its name from a column', async () => {
    await mapped({ dimensionColumns: [], measureNameColumn: 'm', multiMeasure: { attributes } })
    expect(await open.values("SELECT measure_name, x, whole FROM metrics.mapped WHERE measure_name IN ('cpu', 'disk') ORDER BY 1")).toEqual(
      [
        ['cpu', '1.5', '7'],
        ['disk', null, '8'],
      ],
    )
  })

  it('several multi-measure records a row', async () => {
    const multi = (targetMeasureName: string, attribute: (typeof attributes)[number]) => ({
      type: 'MULTI' as const,
      targetMeasureName,
      attributes: [attribute],
    })
    await mapped({ dimensionColumns: ['m'], mixedMeasures: [multi('form3x', attributes[0]!), multi('form3y', attributes[1]!)] })
    // the group whose columns are all NULL makes no record
    expect(await open.values("SELECT measure_name, m FROM metrics.mapped WHERE measure_name LIKE 'form3%' ORDER BY 1, 2")).toEqual([
      ['form3x', 'cpu'],
      ['form3y', 'cpu'],
      ['form3y', 'disk'],
    ])
  })

  it('single-measure records, their names from a column', async () => {
    await mapped({
      dimensionColumns: ['host'],
      measureNameColumn: 'm',
      mixedMeasures: [
        { measureName: 'cpu', sourceColumn: 'x', type: 'DOUBLE', targetMeasureName: 'form4' },
        { measureName: 'disk', sourceColumn: 'y', type: 'BIGINT' },
      ],
    })
    expect(await open.values("SELECT measure_value::double FROM metrics.mapped WHERE measure_name = 'form4'")).toEqual([['1.5']])
    expect(await open.values("SELECT measure_value::bigint FROM metrics.mapped WHERE measure_name = 'disk' AND host = 'h'")).toEqual([
      ['8'],
    ])
  })

  it('single-measure records named after their columns', async () => {
    await mapped({
      dimensionColumns: ['m'],
      mixedMeasures: [
        { sourceColumn: 'x', type: 'DOUBLE' },
        { sourceColumn: 'y', type: 'BIGINT', targetMeasureName: 'form5' },
      ],
    })
    expect(await open.values("SELECT m, measure_value::double FROM metrics.mapped WHERE measure_name = 'x'")).toEqual([['cpu', '1.5']])
    expect(await open.values("SELECT measure_value::bigint FROM metrics.mapped WHERE measure_name = 'form5' ORDER BY 1")).toEqual([
      ['7'],
      ['8'],
    ])
  })
})

describe('what is wrong is said at once, and nothing is made', () => {
  const { multiMeasure: multi, ...unmapped } = target()
  const mixed = [{ sourceColumn: 'total', type: 'DOUBLE' as const }]
  it.each<[string, Partial<CreateScheduledQueryInput>, RegExp]>([
    ['a minute that is none', { scheduleExpression: 'cron(61 * * * ? *)' }, /61.*minutes/],
    ['a schedule without a future', { scheduleExpression: 'cron(0 0 1 1 ? 2001)' }, /no time in the future/],
    ['a syntax error', { queryString: 'SELEC 1' }, /line 1:1/],
    ['an unknown column', { queryString: 'SELECT nope FROM metrics.raw' }, /line 1:8: Column 'nope' does not exist/],
    ['an unknown parameter', { queryString: 'SELECT @other' }, /@other|other/],
    ['a statement that is no query', { queryString: 'SHOW DATABASES' }, /must be a query/],
    ['a table that is not there', { target: target({ tableName: 'nowhere' }) }, /metrics\.nowhere does not exist/],
    ['a target column that is missing', { target: target({ dimensionColumns: ['rack'] }) }, /no column "rack"/],
    ['a time column that is no time', { target: target({ timeColumn: 'host' }) }, /must be of type timestamp/],
    ['two mappings', { target: target({ mixedMeasures: mixed }) }, /only one of MultiMeasureMappings/],
    ['no mapping', { target: unmapped }, /one of MultiMeasureMappings/],
    ['two names', { target: target({ measureNameColumn: 'host' }) }, /only one of MeasureNameColumn/],
    ['no name', { target: target({ multiMeasure: { attributes: multi!.attributes } }) }, /TargetMultiMeasureName must be given/],
    [
      'another type',
      { target: target({ multiMeasure: { targetMeasureName: 'm', attributes: [{ sourceColumn: 'total', type: 'BIGINT' }] } }) },
      /must be of type bigint/,
    ],
    ['a dimension that is a measure already', { target: { ...target(), dimensionColumns: ['host', 'host'] } }, /more than once/],
    [
      'what the table would reject',
      {
        queryString: perMinute
          .replace('AS total', 'AS n2')
          .replace('count(*) AS samples', 'count(*) AS samples, sum(measure_value::double) AS total'),
        target: target({
          multiMeasure: { targetMeasureName: 'm', attributes: [{ sourceColumn: 'samples', targetName: 'total', type: 'BIGINT' }] },
        }),
      },
      /has the type DOUBLE in the table/,
    ],
    ['a role that is none', { executionRoleArn: 'role' }, /ScheduledQueryExecutionRoleArn/],
    ['a topic that is none', { topicArn: 'topic' }, /TopicArn/],
    ['a bucket that is missing', { errorReport: { bucketName: 'not-there' } }, /not-there/],
    ['a key that is none', { kmsKeyId: '!' }, /KMS/],
    ['a tag that is none', { tags: [{ key: 'aws:x', value: '' }] }, /reserved/],
  ])('%s', async (_name, change, message) => {
    const asked = input(change)
    await expect(open.database.scheduledQueries.create(open.caller, asked)).rejects.toThrow(message)
    const { items } = await open.database.scheduledQueries.list(open.caller, {})
    expect(items.filter(({ name }) => name === asked.name)).toEqual([])
  })

  it('an ARN of something else, and one of nothing', async () => {
    await expect(describeQuery('arn:aws:timestream:us-east-1:000000000000:database/metrics')).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(describeQuery('nonsense')).rejects.toMatchObject({ code: 'VALIDATION' })
    const arn = 'arn:aws:timestream:us-east-1:000000000000:scheduled-query/x-0123456789abcdef'
    for (const call of [describeQuery, remove, (each: string) => open.database.scheduledQueries.update(open.caller, each, 'DISABLED')]) {
      await expect(call(arn)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
    }
  })
})

describe('a chain of scheduled queries', () => {
  it('aggregates minutes and hours, and recomputes what came late by a second schedule', async () => {
    const { database, caller } = open
    const perHour = `SELECT host, bin(time, 1h) AS hour, sum(total) AS total FROM metrics.minutes
      WHERE time BETWEEN @scheduled_runtime - 3h AND @scheduled_runtime GROUP BY 1, 2`
    const hours = target({
      tableName: 'hours',
      timeColumn: 'hour',
      multiMeasure: { targetMeasureName: 'loads', attributes: [{ sourceColumn: 'total', type: 'DOUBLE' }] },
    })
    const minutesArn = await create()
    const hoursArn = await create({ queryString: perHour, target: hours })
    const direct = () => open.values('SELECT bin(time, 1h), sum(measure_value::double) FROM metrics.raw GROUP BY 1 ORDER BY 1')
    const derived = () => open.values('SELECT time, total FROM metrics.hours ORDER BY 1')
    await run(minutesArn, clock.nowMs())
    await run(hoursArn, clock.nowMs())
    expect(await derived()).toEqual(await direct())
    const before = await derived()
    // late: the minute is written already
    await write([{ host: 'a', offset: 30_000, value: 100 }])
    const lateArn = await create({ name: 'late-data', scheduleExpression: 'cron(0 0,12 * * ? *)' })
    await run(lateArn, clock.nowMs())
    await run(hoursArn, clock.nowMs())
    expect(await derived()).toEqual(await direct())
    expect(await derived()).not.toEqual(before)
    for (const arn of [minutesArn, hoursArn, lateArn]) await database.scheduledQueries.delete(caller, arn)
  })
})
