import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  CreateScheduledQueryCommand,
  DescribeScheduledQueryCommand,
  ListScheduledQueriesCommand,
  QueryCommand,
} from '@aws-sdk/client-timestream-query'
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DescribeTableCommand,
  ListTagsForResourceCommand,
  type _Record,
  WriteRecordsCommand,
} from '@aws-sdk/client-timestream-write'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rootKey, type Served, serve } from './served.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
let folder: string
let source: Served
let target: Served
const nowMs = Date.now()
const nowNs = BigInt(nowMs) * 1_000_000n
const hour = 3_600_000_000_000n
const day = 24n * hour
const DatabaseName = 'plant'

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-migrate-'))
  for (const name of ['source', 'target']) mkdirSync(join(folder, name, 'buckets', 'reports'), { recursive: true })
  ;[source, target] = await Promise.all([serve({ data: join(folder, 'source') }), serve({ data: join(folder, 'target') })])
  const { write } = source
  const Tags = [{ Key: 'team', Value: 'réseau' }]
  await write.send(new CreateDatabaseCommand({ DatabaseName, Tags }))
  const RetentionProperties = { MemoryStoreRetentionPeriodInHours: 30 * 24, MagneticStoreRetentionPeriodInDays: 100 }
  await write.send(
    new CreateTableCommand({
      DatabaseName,
      TableName: 'mixed',
      RetentionProperties,
      Tags,
      Schema: { CompositePartitionKey: [{ Type: 'DIMENSION', Name: 'site', EnforcementInRecord: 'OPTIONAL' }] },
    }),
  )
  await write.send(
    new CreateTableCommand({
      DatabaseName,
      TableName: 'late',
      RetentionProperties: { ...RetentionProperties, MemoryStoreRetentionPeriodInHours: 1 },
      MagneticStoreWriteProperties: { EnableMagneticStoreWrites: true },
    }),
  )
  await write.send(new CreateTableCommand({ DatabaseName, TableName: 'rollup', RetentionProperties }))
  await put('mixed', mixedRecords)
  await put(
    'late',
    Array.from({ length: 500 }, (_, i) => double('h1', nowNs - BigInt(i) * (day / 7n), i / 3)),
  )
}, 60_000)
afterAll(async () => {
  await Promise.all([source.stop(), target.stop()])
  rmSync(folder, { recursive: true, force: true })
})

const double = (host: string, ns: bigint, value: number): _Record => ({
  Dimensions: [{ Name: 'site', Value: host }],
  MeasureName: 'load',
  MeasureValue: String(value),
  MeasureValueType: 'DOUBLE',
  Time: String(ns),
})

const inOneCall = 100

async function put(TableName: string, Records: readonly _Record[]): Promise<void> {
  const CommonAttributes = { TimeUnit: 'NANOSECONDS' } as const
  for (let i = 0; i < Records.length; i += inOneCall)
    await source.write.send(
      new WriteRecordsCommand({ DatabaseName, TableName, CommonAttributes, Records: Records.slice(i, i + inOneCall) }),
    )
}

/** Every type, nanoseconds, names and values beyond ASCII, dimensions and attributes that are not there. */
const mixedRecords: readonly _Record[] = [
  {
    Dimensions: [{ Name: 'site', Value: 'Zürich "1"' }],
    MeasureName: 'on',
    MeasureValue: 'true',
    MeasureValueType: 'BOOLEAN',
    Time: String(nowNs - 7n),
  },
  {
    Dimensions: [{ Name: 'größe ü', Value: '東京\n2' }],
    MeasureName: 'big',
    MeasureValue: '-9223372036854775808',
    MeasureValueType: 'BIGINT',
    Time: String(nowNs - hour),
  },
  {
    Dimensions: [{ Name: 'site', Value: 'a' }],
    MeasureName: 'text',
    MeasureValue: `it's 🌊, null`,
    MeasureValueType: 'VARCHAR',
    Time: String(nowNs - day),
  },
  ...[0.1, 1e300, -5e-324, 3, -0.0000001].map((value, i) => double(`s${i}`, nowNs - BigInt(i) * day, value)),
  ...Array.from({ length: 400 }, (_, i): _Record => {
    const attributes = [
      { Name: 'flow', Value: String(i / 7), Type: 'DOUBLE' },
      { Name: 'count', Value: String(2 ** 53 + i), Type: 'BIGINT' },
      { Name: 'open', Value: String(i % 2 === 0), Type: 'BOOLEAN' },
      { Name: 'note ß', Value: `n,"${i}`, Type: 'VARCHAR' },
      { Name: 'seen', Value: String(nowNs - BigInt(i)), Type: 'TIMESTAMP' },
    ] as const
    return {
      Dimensions: [{ Name: 'site', Value: `s${i % 9}` }],
      MeasureName: 'metrics',
      MeasureValueType: 'MULTI',
      MeasureValues: attributes.filter((_each, index) => index === i % 5 || (i + index) % 3 > 0),
      Time: String(nowNs - BigInt(i) * (hour + 1n)),
    }
  }),
]

interface Ended {
  readonly code: number | string
  readonly said: string
}

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  TIDEMARK_FROM_ACCESS_KEY_ID: rootKey.accessKeyId,
  TIDEMARK_FROM_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
  TIDEMARK_TO_ACCESS_KEY_ID: rootKey.accessKeyId,
  TIDEMARK_TO_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
})

function migrate(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, 'migrate', '--to', target.endpoint, ...args],
      { env: { ...environment(), ...env } },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    )
  })
}

async function rowsOf({ query }: Served, QueryString: string): Promise<readonly string[]> {
  const found: string[] = []
  let NextToken: string | undefined
  do {
    const page = await query.send(new QueryCommand({ QueryString, NextToken }))
    found.push(...(page.Rows ?? []).map(({ Data = [] }) => JSON.stringify(Data)))
    ;({ NextToken } = page)
  } while (NextToken !== undefined)
  return found.toSorted()
}

const columns = `measure_name, time, site, "größe ü", flow, count, open, "note ß", seen, measure_value::double, measure_value::bigint, measure_value::boolean, measure_value::varchar`

test('a dry run counts and writes nothing', async () => {
  const { code, said } = await migrate(['--from', source.endpoint, '--database', DatabaseName, '--dry-run'])
  expect(said).toContain('plant.mixed → plant.mixed: 408 records in ')
  expect(said).toContain('partition key site, 1 tags')
  expect(said).toContain('908 records in 3 tables')
  expect(code).toBe(0)
  await expect(target.write.send(new DescribeTableCommand({ DatabaseName, TableName: 'mixed' }))).rejects.toThrow('does not exist')
})

test('everything of a database arrives as it was: settings, tags, scheduled queries, records of every type', async () => {
  const { Arn } = await source.query.send(
    new CreateScheduledQueryCommand({
      Name: 'hourly',
      QueryString: `SELECT site, 'load' AS measure_name, bin(time, 1h) AS time, avg(measure_value::double) AS mean FROM plant.mixed WHERE measure_name = 'load' GROUP BY site, bin(time, 1h)`,
      ScheduleConfiguration: { ScheduleExpression: 'rate(5 hours)' },
      NotificationConfiguration: { SnsConfiguration: { TopicArn: 'arn:aws:sns:us-east-1:000000000000:topic' } },
      ScheduledQueryExecutionRoleArn: 'arn:aws:iam::000000000000:role/scheduled',
      ErrorReportConfiguration: { S3Configuration: { BucketName: 'reports' } },
      TargetConfiguration: {
        TimestreamConfiguration: {
          DatabaseName,
          TableName: 'rollup',
          TimeColumn: 'time',
          DimensionMappings: [{ Name: 'site', DimensionValueType: 'VARCHAR' }],
          MeasureNameColumn: 'measure_name',
          MultiMeasureMappings: { MultiMeasureAttributeMappings: [{ SourceColumn: 'mean', MeasureValueType: 'DOUBLE' }] },
        },
      },
      Tags: [{ Key: 'kind', Value: 'rollup' }],
    }),
  )
  const args = ['--from', source.endpoint, '--database', DatabaseName, '--checkpoint', join(folder, 'whole.jsonl'), '--slice-rows', '100']
  const first = await migrate([...args, '--report', join(folder, 'report.json')])
  expect(first.said).toContain('0 differences')
  expect(first.code).toBe(0)
  const select = `SELECT ${columns} FROM plant.mixed`
  const wanted = await rowsOf(source, select)
  expect(wanted).toHaveLength(mixedRecords.length)
  expect(await rowsOf(target, select)).toEqual(wanted)
  const late = 'SELECT time, site, measure_value::double FROM plant.late'
  expect(await rowsOf(target, late)).toEqual(await rowsOf(source, late))
  for (const TableName of ['mixed', 'late']) {
    const [a, b] = await Promise.all([source, target].map(({ write }) => write.send(new DescribeTableCommand({ DatabaseName, TableName }))))
    for (const property of ['RetentionProperties', 'MagneticStoreWriteProperties', 'Schema'] as const)
      expect(b!.Table?.[property]).toEqual(a!.Table?.[property])
    const { Tags } = await target.write.send(new ListTagsForResourceCommand({ ResourceARN: b!.Table?.Arn }))
    expect(Tags).toEqual(TableName === 'mixed' ? [{ Key: 'team', Value: 'réseau' }] : [])
  }
  const { ScheduledQueries = [] } = await target.query.send(new ListScheduledQueriesCommand({}))
  const [a, b] = await Promise.all([
    source.query.send(new DescribeScheduledQueryCommand({ ScheduledQueryArn: Arn })),
    target.query.send(new DescribeScheduledQueryCommand({ ScheduledQueryArn: ScheduledQueries[0]?.Arn })),
  ])
  expect(b.ScheduledQuery).toMatchObject({ Name: 'hourly', State: 'DISABLED', QueryString: a.ScheduledQuery?.QueryString })
  for (const property of ['TargetConfiguration', 'ErrorReportConfiguration', 'ScheduleConfiguration'] as const)
    expect(b.ScheduledQuery?.[property]).toEqual(a.ScheduledQuery?.[property])
  expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toMatchObject({
    tables: expect.arrayContaining([expect.objectContaining({ table: 'plant.mixed', written: 408, rejected: 0 })]) as unknown,
    differences: [],
    scheduledQueries: [{ name: 'hourly', outcome: 'created', state: 'DISABLED' }],
  })

  // run once more, it brings what came meanwhile and only that
  await put('late', [double('h2', nowNs, 1)])
  const again = await migrate(args)
  expect(again.said).toContain('plant.late: 501 written, 0 rejected')
  expect(again.said).toContain('scheduled query hourly: was there already')
  expect(Number(/^(\d+) records read/.exec(again.said)?.[1])).toBeLessThanOrEqual(101)
  expect(await rowsOf(target, late)).toEqual(await rowsOf(source, late))
})

/** Starts a migration and kills it when its checkpoint has a number of slices. */
async function killed(args: readonly string[], checkpoint: string, slices: number): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [main, 'migrate', '--to', target.endpoint, ...args], {
    env: environment(),
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
  let done = 0
  while (done < slices && child.exitCode === null) {
    await delay(2)
    try {
      done = readFileSync(checkpoint, 'utf8').split('{"done"').length - 1
    } catch {
      // not begun
    }
  }
  child.kill('SIGKILL')
  expect(await ended).toBe('SIGKILL')
}

test('a migration that is killed goes on where it stopped: nothing is lost, nothing doubled', async () => {
  const checkpoint = join(folder, 'killed.jsonl')
  const args = ['--from', source.endpoint, '--database', DatabaseName, '--table', 'late', '--rename', 'plant=copy']
  const run = [...args, '--checkpoint', checkpoint, '--slice-rows', '100', '--readers', '1', '--scheduled-queries', 'skip']
  await killed(run, checkpoint, 2)
  const { code, said } = await migrate(run)
  expect(said).toContain('plant.late → copy.late: 501 written, 0 rejected')
  expect(said).toContain('0 differences')
  expect(code).toBe(0)
  expect(Number(/^(\d+) records read/.exec(said)?.[1])).toBeLessThan(400)
  const select = (database: string): string => `SELECT time, site, measure_value::double FROM ${database}.late`
  expect(await rowsOf(target, select('copy'))).toEqual(await rowsOf(source, select('plant')))
  const other = await migrate([...args, '--until', '2026-01-01T00:00:00Z', '--checkpoint', checkpoint])
  expect(other).toMatchObject({ code: 2, said: expect.stringContaining('is of another migration (--until absent)') as string })
})

test('records that the target has otherwise are reported, as rejected and as different', async () => {
  await target.write.send(
    new WriteRecordsCommand({
      DatabaseName: 'copy',
      TableName: 'late',
      Records: [{ ...double('h2', nowNs, 2), TimeUnit: 'NANOSECONDS', Version: 2 }],
    }),
  )
  const { code, said } = await migrate(
    [
      ...[
        '--from',
        'aws',
        '--database',
        DatabaseName,
        '--table',
        'late',
        '--rename',
        'plant=copy',
        '--since',
        new Date(nowMs - 60_000).toISOString(),
      ],
      ...['--checkpoint', join(folder, 'other.jsonl'), '--from-region', 'us-east-1', '--scheduled-queries', 'skip'],
      // the environment of the tools of AWS may name another address than theirs
    ],
    { AWS_ENDPOINT_URL: source.endpoint },
  )
  expect(said).toContain('1 differences')
  expect(said).toMatch(/copy\.late: .*version.*"Value":"h2"/i)
  expect(said).toContain('copy.late load from ')
  expect(code).toBe(1)
})

test('what cannot be done is said', async () => {
  const from = ['--from', source.endpoint]
  expect(await migrate(['--from', 'nowhere'])).toMatchObject({
    code: 2,
    said: expect.stringContaining('neither aws nor an address') as string,
  })
  expect(await migrate([...from, '--database', 'none'])).toMatchObject({
    code: 1,
    said: expect.stringContaining('no database "none"') as string,
  })
  expect(await migrate([...from, '--table', 'none'])).toMatchObject({ code: 1, said: expect.stringContaining('no table "none"') as string })
  expect(await migrate(['--from', target.endpoint])).toMatchObject({ code: 2, said: expect.stringContaining('are the same') as string })
  expect(await migrate(['--from', 'http://127.0.0.1:9'])).toMatchObject({
    code: 1,
    said: expect.stringContaining('ECONNREFUSED') as string,
  })
})
