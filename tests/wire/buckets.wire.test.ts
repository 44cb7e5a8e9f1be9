import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { QueryCommand } from '@aws-sdk/client-timestream-query'
import {
  CreateBatchLoadTaskCommand,
  CreateDatabaseCommand,
  CreateTableCommand,
  DescribeBatchLoadTaskCommand,
  ListBatchLoadTasksCommand,
  ResumeBatchLoadTaskCommand,
} from '@aws-sdk/client-timestream-write'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ObjectStore } from '../../src/object-store/object-store.ts'
import { S3Store } from '../../src/object-store/s3-store.ts'
import { type S3Server, startS3Server } from '../harness/s3-server.ts'
import { rootKey, type Served, serve } from './served.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
let folder: string
let s3: S3Server
let store: ObjectStore
let served: Served
const nowMs = Date.now()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-buckets-'))
  s3 = await startS3Server(['the-bucket'])
  store = new S3Store({ region: 'us-east-1', endpoint: s3.endpoint, credentials: s3.credentials })
  served = await serve({
    data: join(folder, 'data'),
    args: ['--s3-endpoint', s3.endpoint],
    env: { TIDEMARK_S3_ACCESS_KEY_ID: s3.credentials.accessKeyId, TIDEMARK_S3_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey },
  })
  await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'lake' }))
  for (const TableName of ['loaded', 'imported', 'mixed', 'again'])
    await served.write.send(new CreateTableCommand({ DatabaseName: 'lake', TableName }))
}, 60_000)
afterAll(async () => {
  await served.stop()
  store.close()
  await s3.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | string
  readonly said: string
}

/** The command line, as a user runs it. */
function tidemark(...args: string[]): Promise<Ended> {
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: served.endpoint,
    AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    )
  })
}

const count = async (table: string): Promise<string | undefined> => {
  const { Rows } = await served.query.send(new QueryCommand({ QueryString: `SELECT count(*) FROM lake.${table}` }))
  return Rows?.[0]?.Data?.[0]?.ScalarValue
}

const task = {
  TargetDatabaseName: 'lake',
  TargetTableName: 'loaded',
  DataSourceConfiguration: { DataSourceS3Configuration: { BucketName: 'the-bucket', ObjectKeyPrefix: 'in/' }, DataFormat: 'CSV' as const },
  DataModelConfiguration: {
    DataModel: {
      TimeColumn: 'time',
      DimensionMappings: [{ SourceColumn: 'host' }],
      MultiMeasureMappings: {
        TargetMultiMeasureName: 'metrics',
        MultiMeasureAttributeMappings: [{ SourceColumn: 'load', MeasureValueType: 'DOUBLE' as const }],
      },
    },
  },
  ReportConfiguration: { ReportS3Configuration: { BucketName: 'the-bucket', ObjectKeyPrefix: 'reports' } },
}

describe('with an S3 server of somebody else', () => {
  test('a batch load goes from the bucket into the table and reports there', async () => {
    await store.put('the-bucket', 'in/a.csv', `time,host,load\n${nowMs},a,1\n${nowMs},b\n${nowMs + 1},a,2\n`)
    const { TaskId } = await served.write.send(new CreateBatchLoadTaskCommand(task))
    let described = await served.write.send(new DescribeBatchLoadTaskCommand({ TaskId }))
    while (['CREATED', 'IN_PROGRESS'].includes(described.BatchLoadTaskDescription?.TaskStatus ?? '')) {
      await delay(50)
      described = await served.write.send(new DescribeBatchLoadTaskCommand({ TaskId }))
    }
    expect(described.BatchLoadTaskDescription).toMatchObject({
      TaskStatus: 'FAILED',
      RecordVersion: 1,
      CreationTime: expect.any(Date) as Date,
      ProgressReport: { RecordsProcessed: 3, RecordsIngested: 2, ParseFailures: 1, RecordIngestionFailures: 0, FileFailures: 0 },
      DataSourceConfiguration: { CsvConfiguration: {}, DataFormat: 'CSV' },
      DataModelConfiguration: { DataModel: { DimensionMappings: [{ SourceColumn: 'host', DestinationColumn: 'host' }] } },
    })
    const report: unknown = JSON.parse((await store.get('the-bucket', `reports/${TaskId}/error_report.json`)).toString())
    expect(report).toMatchObject({ fileErrors: [{ fileName: 'in/a.csv', errors: [{ lineRanges: [[3, 3]] }] }] })
    const { BatchLoadTasks } = await served.write.send(new ListBatchLoadTasksCommand({ TaskStatus: 'FAILED' }))
    expect(BatchLoadTasks).toEqual([expect.objectContaining({ TaskId, DatabaseName: 'lake', TableName: 'loaded' })])
    await expect(served.write.send(new ResumeBatchLoadTaskCommand({ TaskId }))).rejects.toMatchObject({ name: 'ValidationException' })
    expect(await count('loaded')).toBe('2')
  })

  test.each([
    [{ ...task, TargetTableName: 'none' }, 'ResourceNotFoundException'],
    [{ ...task, ReportConfiguration: {} }, 'ValidationException'],
    [{ ...task, ReportConfiguration: { ReportS3Configuration: { BucketName: 'another-bucket' } } }, 'ValidationException'],
  ])('a batch load that cannot succeed is refused: %#', async (input, name) => {
    await expect(served.write.send(new CreateBatchLoadTaskCommand(input))).rejects.toMatchObject({ name })
  })

  test('the command line exports into the bucket what it has imported from a file', async () => {
    const file = join(folder, 'local.csv')
    writeFileSync(
      file,
      `\ufefftime,host,load,note\n${Array.from({ length: 1000 }, (_, i) => `${nowMs - i},h${i % 7},${i},n\n`).join('')}${nowMs},x\n`,
    )
    const flags = ['--into', 'lake.imported', '--dimensions', 'host', '--measures', 'load,note:varchar', '--measure-name', 'metrics']
    expect(await tidemark('import', file, ...flags, '--dry-run')).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /^1000 records read, none written, 1 rejected[^]*\n {2}\{"Dimensions":\[\{"Name":"host","Value":"h0"}]/,
      ) as string,
    })
    expect(await count('imported')).toBe('0')
    const rejects = join(folder, 'rejects.json')
    expect(await tidemark('import', file, ...flags, '--rejects', rejects)).toMatchObject({
      code: 1,
      said: expect.stringContaining('1000 records written, 1 rejected') as string,
    })
    expect(JSON.parse(readFileSync(rejects, 'utf8'))).toEqual({
      rejected: 1,
      rejects: [{ file, line: 1002, reason: 'The row has 2 columns, the header 4.' }],
    })
    expect(await count('imported')).toBe('1000')
    const exported = await tidemark('export', 'SELECT host, load FROM lake.imported', 's3://the-bucket/out', '--header')
    expect(exported).toMatchObject({ code: 0, said: expect.stringMatching(/^1000 rows\nmanifest s3:\/\/the-bucket\/out\//) as string })
    const keys: string[] = []
    for await (const { key } of store.list('the-bucket', 'out/results/')) keys.push(key)
    const [head, ...lines] = gunzipSync(await store.get('the-bucket', keys[0]!))
      .toString()
      .trim()
      .split('\n')
    expect([keys.length, head, lines.length]).toEqual([1, 'host,load', 1000])
    const parquet = await tidemark(
      'export',
      'SELECT load, host FROM lake.imported',
      's3://the-bucket/parquet',
      '--format',
      'parquet',
      '--partitioned-by',
      'host',
    )
    expect(parquet).toMatchObject({ code: 0, said: expect.stringMatching(/^1000 rows/) as string })
  })

  test('the command line imports a folder of CSV, JSON lines and Parquet with a mapping file, and has the server load a bucket', async () => {
    const tree = join(folder, 'tree')
    mkdirSync(join(tree, 'deep'), { recursive: true })
    const at = (i: number): string => new Date(nowMs - i).toISOString()
    writeFileSync(join(tree, 'a.csv.gz'), gzipSync(`time,host,load\n${nowMs},csv,1\n`))
    writeFileSync(
      join(tree, 'deep', 'b.jsonl'),
      `{"time":"${at(1)}","host":"json","load":2}\n{"time":"${at(2)}","host":"json","load":"x"}\n`,
    )
    writeFileSync(join(tree, 'broken.parquet'), 'PAR1')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    await connection.run(
      `COPY (SELECT TIMESTAMP '${at(0).slice(0, -1)}' - INTERVAL 1 SECOND * i AS time, 'parquet' AS host, i::DOUBLE AS load FROM range(300) r(i)) TO '${tree}/c.parquet'`,
    )
    const mapping = join(folder, 'mapping.json')
    writeFileSync(mapping, JSON.stringify(task.DataModelConfiguration.DataModel))
    const rejects = join(folder, 'mixed-rejects.json')
    expect(await tidemark('import', tree, '--into', 'lake.mixed', '--model', mapping, '--rejects', rejects)).toMatchObject({
      code: 1,
      said: expect.stringMatching(/^302 records written, 1 rejected[^]*1 records were rejected, 1 file was not read to the end/) as string,
    })
    expect(JSON.parse(readFileSync(rejects, 'utf8'))).toMatchObject({
      rejected: 1,
      rejects: [{ file: join(tree, 'deep', 'b.jsonl'), line: 2, reason: expect.stringContaining('"x" is not a DOUBLE') as string }],
      unreadableFiles: [{ file: join(tree, 'broken.parquet'), reason: expect.stringContaining('no Parquet file') as string }],
    })
    expect(await count('mixed')).toBe('302')
    await store.put('the-bucket', 'more/a.csv', `time,host,load\n${nowMs},bucket,1\n${nowMs},bucket,NoNumber\n`)
    expect(await tidemark('import', 's3://the-bucket/more/', '--into', 'lake.mixed', '--model', mapping)).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /^1 records written, 1 rejected[^]*s3:\/\/the-bucket\/tidemark-reports\/[0-9A-F]{32}\/error_report\.json/,
      ) as string,
    })
    expect(await count('mixed')).toBe('303')
  })

  test('the command line exports into folders of its machine what others read, and what it imports again', async () => {
    const all = `SELECT time, host, load, 'say "hi"\\, é' AS text, array[1, 2] AS list, row(1.0, 'x') AS r, date '2024-01-02' AS day, load > 500 AS big,
      CAST(load AS bigint) AS n, CAST(NULL AS double) AS nothing, CASE WHEN load < 10 THEN 'few' ELSE 'many' END AS part FROM lake.imported`
    const [csv, parquet] = [join(folder, 'out-csv'), join(folder, 'out-parquet')]
    expect(await tidemark('export', all, csv, '--header')).toMatchObject({
      code: 0,
      said: expect.stringMatching(new RegExp(`^1000 rows\nmanifest ${csv}/AE[A-Z2-7]{54}_[0-9a-f-]+_manifest.json`)) as string,
    })
    const file = readdirSync(join(csv, 'results'))
    expect(file).toEqual([expect.stringMatching(/^AE[A-Z2-7]{54}_[0-9a-f-]{36}\.gz$/)])
    const [head, first] = gunzipSync(readFileSync(join(csv, 'results', file[0]!)))
      .toString()
      .split('\n')
    expect(head).toBe('time,host,load,text,list,r,day,big,n,nothing,part')
    expect(first).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9},h\d,\d+\.0,"say \\"hi\\"\\\\, é","\[1,2]","{\\"field0\\":1.0,\\"field1\\":\\"x\\"}",2024-01-02,(true|false),\d+,,\w+$/,
    )
    expect(await tidemark('export', all, parquet, '--format', 'parquet', '--partitioned-by', 'part')).toMatchObject({ code: 0 })
    expect(readdirSync(join(parquet, 'results')).sort()).toEqual(['part=few', 'part=many'])
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const answer = await connection.runAndReadAll(
      `SELECT count(*), sum(load), sum(n), max(epoch_ns(time))::varchar, any_value(text), any_value(list), any_value(r), any_value(day)::varchar,
         count(*) FILTER (big), count(nothing), count(DISTINCT part), count(*) FILTER (part = 'few') FROM read_parquet('${parquet}/results/*/*.parquet', hive_partitioning = true)`,
    )
    const sum = 499_500
    expect(answer.getRowsJson()).toEqual([
      [
        '1000',
        sum,
        String(sum),
        `${nowMs}000000`,
        'say "hi"\\, é',
        '[1,2]',
        '{"field0":1.0,"field1":"x"}',
        '2024-01-02',
        '499',
        '0',
        '2',
        '10',
      ],
    ])
    const flags = ['--into', 'lake.again', '--dimensions', 'host', '--measure-name', 'metrics']
    const files = join(folder, 'out-files')
    expect(
      await tidemark('export', 'SELECT time, host, load, note FROM lake.imported', files, '--header', '--compression', 'none'),
    ).toMatchObject({ code: 0 })
    const again = ['import', `${files}/results/*.csv`, ...flags, '--measures', 'load,note:varchar', '--escape', '\\']
    expect(await tidemark(...again)).toMatchObject({ code: 0, said: expect.stringMatching(/^1000 records written, 0 rejected/) as string })
    const { Rows } = await served.query.send(
      new QueryCommand({
        QueryString: `SELECT count(*) FROM lake.again AS a JOIN lake.imported AS b ON a.time = b.time AND a.host = b.host AND a.load = b.load AND a.note = b.note`,
      }),
    )
    expect(Rows?.[0]?.Data?.[0]?.ScalarValue).toBe('1000')
  })

  test('what the command line cannot do it says', async () => {
    expect(
      await tidemark(
        'import',
        join(folder, 'none.csv'),
        '--into',
        'lake.imported',
        '--dimensions',
        'a',
        '--measures',
        'b',
        '--measure-name',
        'm',
      ),
    ).toMatchObject({
      code: 2,
      said: expect.stringContaining('none.csv cannot be read (ENOENT)') as string,
    })
    expect(await tidemark('export', 'SELECT 1', 'file:x')).toMatchObject({ code: 2 })
    expect(await tidemark('export', 'SELECT 1', join(folder, 'x'), '--encryption', 'sse_kms')).toMatchObject({ code: 2 })
    expect(await tidemark('export', 'SELECT 1', join(folder, 'x'), '--max-file-size', '1MB')).toMatchObject({ code: 2 })
    expect(await tidemark('export', 'SELECT 1 AS a, 2 AS b', join(folder, 'x'), '--partitioned-by', 'a')).toMatchObject({
      code: 2,
      said: expect.stringContaining('must be the last columns of the query, in the same order: b') as string,
    })
    expect(await tidemark('export', 'SELECT x / (x - 9000) FROM UNNEST(sequence(1, 9999)) AS t (x)', join(folder, 'x'))).toMatchObject({
      code: 1,
    })
    expect(existsSync(join(folder, 'x')) ? readdirSync(join(folder, 'x', 'results')) : []).toEqual([])
    expect(await tidemark('export', 'SELECT 1 AS x', 's3://no-such-bucket/x')).toMatchObject({
      code: 1,
      said: expect.stringContaining('The bucket no-such-bucket does not exist') as string,
    })
  })
})
