import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CancelQueryCommand, paginateQuery, QueryCommand } from '@aws-sdk/client-timestream-query'
import {
  CreateBatchLoadTaskCommand,
  CreateDatabaseCommand,
  CreateTableCommand,
  DescribeBatchLoadTaskCommand,
} from '@aws-sdk/client-timestream-write'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClickhouseCluster, startCluster } from '../harness/clickhouse-cluster.ts'
import { type Served, serve } from './served.ts'

const count = 20_000
const nowMs = Date.now()
let folder: string
let bucket: string
let cluster: ClickhouseCluster
let served: Served

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-clickhouse-buckets-'))
  bucket = join(folder, 'buckets', 'the-bucket')
  mkdirSync(join(bucket, 'in'), { recursive: true })
  cluster = await startCluster()
  served = await serve({
    data: join(folder, 'data'),
    args: ['--buckets', join(folder, 'buckets'), '--engine', cluster.endpoints.join(',')],
  })
  await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'remote' }))
  await served.write.send(new CreateTableCommand({ DatabaseName: 'remote', TableName: 'loads' }))
}, 120_000)
afterAll(async () => {
  await served?.stop()
  await cluster?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function rows(QueryString: string): Promise<string[][]> {
  const found: string[][] = []
  for await (const { Rows = [] } of paginateQuery({ client: served.query }, { QueryString }))
    found.push(...Rows.map(({ Data = [] }) => Data.map(({ ScalarValue = '' }) => ScalarValue)))
  return found
}

test('on a ClickHouse server a batch load loads, counts and reports', { timeout: 60_000 }, async () => {
  const lines = Array.from({ length: count }, (_, i) => (i === 77 ? 'wrong\n' : `${nowMs - count + i},h${i % 3},${i},"note ${i}"\n`))
  writeFileSync(join(bucket, 'in', 'a.csv'), `time,host,load,note\n${lines.join('')}`)
  const { TaskId } = await served.write.send(
    new CreateBatchLoadTaskCommand({
      TargetDatabaseName: 'remote',
      TargetTableName: 'loads',
      DataSourceConfiguration: { DataSourceS3Configuration: { BucketName: 'the-bucket', ObjectKeyPrefix: 'in/' }, DataFormat: 'CSV' },
      DataModelConfiguration: {
        DataModel: {
          TimeColumn: 'time',
          DimensionMappings: [{ SourceColumn: 'host' }],
          MultiMeasureMappings: {
            TargetMultiMeasureName: 'metrics',
            MultiMeasureAttributeMappings: [
              { SourceColumn: 'load', MeasureValueType: 'DOUBLE' },
              { SourceColumn: 'note', MeasureValueType: 'VARCHAR' },
            ],
          },
        },
      },
      ReportConfiguration: { ReportS3Configuration: { BucketName: 'the-bucket', ObjectKeyPrefix: 'reports' } },
    }),
  )
  const describeTask = async () => (await served.write.send(new DescribeBatchLoadTaskCommand({ TaskId }))).BatchLoadTaskDescription
  let task = await describeTask()
  for (; ['CREATED', 'IN_PROGRESS'].includes(task?.TaskStatus ?? ''); task = await describeTask()) await delay(100)
  expect(task).toMatchObject({
    TaskStatus: 'FAILED',
    ProgressReport: { RecordsProcessed: count, RecordsIngested: count - 1, ParseFailures: 1 },
  })
  const report = JSON.parse(readFileSync(join(bucket, 'reports', TaskId!, 'error_report.json'), 'utf8')) as object
  expect(report).toMatchObject({ fileErrors: [{ fileName: 'in/a.csv', errors: [{ lineRanges: [[79, 79]] }] }] })
  expect(await rows('SELECT count(*), count(DISTINCT load) FROM remote.loads')).toEqual([[String(count - 1), String(count - 1)]])
})

test('an UNLOAD of it is read by others', { timeout: 60_000 }, async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  for (const [format, reader] of [
    ['CSV', 'read_csv'],
    ['PARQUET', 'read_parquet'],
  ] as const) {
    const to = `s3://the-bucket/${format}`
    const options = `format = '${format}', partitioned_by = ARRAY['host']${format === 'CSV' ? ", include_header = 'true'" : ''}`
    const unload = `UNLOAD (SELECT time, load, note, host FROM remote.loads) TO '${to}' WITH (${options})`
    const [[written, metadata, manifest] = []] = await rows(unload)
    expect([written, metadata, manifest]).toEqual([
      String(count - 1),
      expect.stringMatching(new RegExp(`^${to}/.*_metadata.json$`)),
      expect.stringMatching(new RegExp(`^${to}/.*_manifest.json$`)),
    ])
    const answer = await connection.runAndReadAll(
      `SELECT host, count(*), sum(load), max(note) FROM ${reader}('${bucket}/${format}/results/*/*', hive_partitioning = true) GROUP BY host ORDER BY host`,
    )
    expect(answer.getRowsJson()).toEqual(
      (await rows('SELECT host, count(*), sum(load), max(note) FROM remote.loads GROUP BY host ORDER BY host')).map(
        ([host, n, sum, note]) => [host, n, Number(sum), note],
      ),
    )
  }
})

test('an UNLOAD that is cancelled leaves nothing', { timeout: 60_000 }, async () => {
  const endless = 'SELECT a.load, b.note FROM remote.loads AS a CROSS JOIN remote.loads AS b'
  const QueryString = `UNLOAD (${endless}) TO 's3://the-bucket/cancelled' WITH (compression = 'NONE', max_file_size = '16MB')`
  // its first answer comes after half a minute, or when it is cancelled
  const call = served.query.send(new QueryCommand({ QueryString })).catch((error: unknown) => error)
  const files = (): string[] => {
    try {
      return readdirSync(join(bucket, 'cancelled', 'results'))
    } catch {
      return []
    }
  }
  while (files().filter((name) => name.endsWith('.csv')).length === 0) await delay(20)
  const QueryId = files()[0]!.split('_')[0]!
  await served.query.send(new CancelQueryCommand({ QueryId }))
  expect(await call).toBeInstanceOf(Error)
  while (files().length > 0) await delay(20)
})
