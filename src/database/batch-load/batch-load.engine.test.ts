import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Opened, openProduct } from '../../../tests/harness/opened.ts'
import type { DataModel } from '../../csv/model-types.ts'
import type { CreateTableInput } from '../database.ts'
import type { BatchLoadTask, CreateBatchLoadInput } from './batch-loads.ts'

const limits = {
  batchLoadFiles: 5,
  batchLoadBytes: 30_000_000,
  batchLoadFileBytes: 20_000_000,
  batchLoadRowBytes: 100_000,
  batchLoadsPerTable: 1,
  batchLoads: 2,
  batchLoadResumableMs: 5000,
}
let product: Opened
let nowMs = 0
let tables = 0

beforeAll(async () => {
  product = await openProduct({ limits })
  nowMs = Date.now()
  for (const bucket of ['source-bucket', 'report-bucket']) mkdirSync(join(product.dataDirectory, 'buckets', bucket), { recursive: true })
  await product.database.createDatabase(product.root(), { databaseName: 'loads' })
})
afterAll(() => product.close())

const put = (key: string, body: string | Buffer): void => {
  const path = join(product.dataDirectory, 'buckets', 'source-bucket', key)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, body)
}
async function newTable(required?: string, more: Partial<CreateTableInput> = {}): Promise<string> {
  const tableName = `table${++tables}`
  const key =
    required === undefined
      ? {}
      : { compositePartitionKey: [{ type: 'DIMENSION' as const, name: required, enforcementInRecord: 'REQUIRED' as const }] }
  await product.database.createTable(product.root(), { databaseName: 'loads', tableName, ...key, ...more })
  return tableName
}

const multi: DataModel = {
  TimeColumn: 'time',
  DimensionMappings: [{ SourceColumn: 'host' }],
  MultiMeasureMappings: {
    TargetMultiMeasureName: 'metrics',
    MultiMeasureAttributeMappings: [
      { SourceColumn: 'load', MeasureValueType: 'DOUBLE' },
      { SourceColumn: 'note', TargetMultiMeasureAttributeName: 'remark', MeasureValueType: 'VARCHAR' },
    ],
  },
}

const create = (tableName: string, prefix: string, more: Partial<CreateBatchLoadInput> = {}): Promise<string> =>
  product.database.batchLoads.create(product.root(), {
    databaseName: 'loads',
    tableName,
    source: { bucketName: 'source-bucket', objectKeyPrefix: prefix },
    ...(more.dataModelLocation ? {} : { dataModel: multi }),
    report: { bucketName: 'report-bucket', objectKeyPrefix: 'reports/' },
    ...more,
  })

async function ended(taskId: string, of = product): Promise<BatchLoadTask> {
  for (let round = 0; round < 600; round++) {
    const task = await of.database.batchLoads.describe(of.root(), taskId)
    if (!['CREATED', 'IN_PROGRESS', 'PENDING_RESUME'].includes(task.status)) return task
    await delay(50)
  }
  throw new Error('the task does not end')
}

const report = (taskId: string): unknown =>
  JSON.parse(readFileSync(join(product.dataDirectory, 'buckets', 'report-bucket', 'reports', taskId, 'error_report.json'), 'utf8'))

async function rows(tableName: string, select: string, of = product): Promise<unknown[]> {
  const { rowsJson } = await of.database.query(of.root(), { queryString: `SELECT ${select} FROM loads.${tableName}` })
  return (JSON.parse(rowsJson) as { Data: { ScalarValue?: string }[] }[]).map(({ Data }) =>
    Data.map(({ ScalarValue }) => ScalarValue ?? null).join(' '),
  )
}

describe('a batch load', () => {
  it('loads all files under a prefix and says so', async () => {
    const table = await newTable()
    put('plain/a.csv', `time,host,load,note\r\n${nowMs},a,1.5,"x, ""y"""\r\n${nowMs + 1},a,2.5,\r\n`)
    put('plain/b.csv', `note,time,host,load\n"two\nlines",${nowMs},b,3`)
    const task = await ended(await create(table, 'plain/'))
    expect(task).toMatchObject({
      status: 'SUCCEEDED',
      progress: { recordsProcessed: 3, recordsIngested: 3, parseFailures: 0, fileFailures: 0 },
    })
    expect(task.progress.bytesMetered).toBeGreaterThan(50)
    expect((await rows(table, "host || ':' || cast(load AS varchar) || ':' || coalesce(remark, '-')")).sort()).toEqual([
      'a:1.5:x, "y"',
      'a:2.5:-',
      'b:3.0:two\nlines',
    ])
  })

  it('brings three years of history into several tables of one database, in whatever order it comes', async () => {
    const weeks = 157
    const midday = Math.floor(nowMs / 86_400_000) * 86_400_000 - 43_200_000
    const lines = Array.from({ length: weeks }, (_, i) => `${midday - ((i * 89) % weeks) * 7 * 86_400_000 + i},h${i % 3},${i},n\n`)
    put('years.csv', `time,host,load,note\n${lines.join('')}`)
    for (let i = 0; i < 2; i++) {
      const table = await newTable(undefined, { magneticStoreWrites: { enableMagneticStoreWrites: true } })
      const task = await ended(await create(table, 'years.csv'))
      expect(task).toMatchObject({ status: 'SUCCEEDED', progress: { recordsIngested: weeks } })
      expect(await rows(table, 'count(*), count(DISTINCT bin(time, 1d))')).toEqual([`${weeks} ${weeks}`])
    }
  })

  it('takes separator, quote, escape, null value and trimming; a measure name column; mixed measures; a version', async () => {
    const table = await newTable()
    put(
      'styled.csv',
      `time; host ;kind;value\n${Math.floor(nowMs / 1000)}; 'a;b\\'c' ;cpu; 7 \n${Math.floor(nowMs / 1000)};d;memory;NULL\n${Math.floor(nowMs / 1000)};d;other;1\n`,
    )
    const dataModel: DataModel = {
      TimeColumn: 'time',
      TimeUnit: 'SECONDS',
      DimensionMappings: [{ SourceColumn: 'host', DestinationColumn: 'machine' }],
      MeasureNameColumn: 'kind',
      MixedMeasureMappings: [
        { MeasureName: 'cpu', SourceColumn: 'value', TargetMeasureName: 'cpu_load', MeasureValueType: 'BIGINT' },
        {
          MeasureName: 'memory',
          MeasureValueType: 'MULTI',
          MultiMeasureAttributeMappings: [{ SourceColumn: 'value', MeasureValueType: 'DOUBLE' }],
        },
      ],
    }
    const csv = { ColumnSeparator: ';', QuoteChar: "'", EscapeChar: '\\', NullValue: 'NULL', TrimWhiteSpace: true }
    const source = { bucketName: 'source-bucket', objectKeyPrefix: 'styled.csv', csv }
    const taskId = await create(table, '', { source, dataModel, recordVersion: 7n })
    expect(await ended(taskId)).toMatchObject({ status: 'FAILED', progress: { recordsProcessed: 3, recordsIngested: 1, parseFailures: 2 } })
    expect(await rows(table, "machine || ' ' || measure_name || ' ' || cast(measure_value::bigint AS varchar)")).toEqual([
      "a;b'c cpu_load 7",
    ])
    expect(report(taskId)).toEqual({
      taskId,
      taskErrors: [],
      fileErrors: [
        {
          fileName: 'styled.csv',
          errors: [
            { reason: 'The row has no measure value for "memory".', lineRanges: [[3, 3]] },
            { reason: 'The row has no measure value for "other".', lineRanges: [[4, 4]] },
          ],
        },
      ],
    })
    const record = {
      Dimensions: [{ Name: 'machine', Value: "a;b'c" }],
      MeasureName: 'cpu_load',
      MeasureValueType: 'BIGINT' as const,
      Time: `${Math.floor(nowMs / 1000)}000`,
    }
    const lower = { ...record, MeasureValue: '8', Version: 6 }
    await expect(
      product.database.write(product.root(), { databaseName: 'loads', tableName: table, records: [lower] }),
    ).rejects.toMatchObject({ code: 'REJECTED_RECORDS' })
  })

  it('reads its data model from a bucket', async () => {
    const table = await newTable()
    put('models/one.json', JSON.stringify(multi))
    put('models/broken.json', '{')
    put('modelled.csv', `time,host,load,note\n${nowMs},a,1,x\n`)
    const at = (objectKey: string) => create(table, 'modelled.csv', { dataModelLocation: { bucketName: 'source-bucket', objectKey } })
    expect(await ended(await at('models/one.json'))).toMatchObject({ status: 'SUCCEEDED', progress: { recordsIngested: 1 } })
    await expect(at('models/broken.json')).rejects.toMatchObject({ code: 'VALIDATION', message: /not JSON/ })
    await expect(at('models/none.json')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
  })

  it('reports rows and files that it cannot load with their lines, and loads the others', async () => {
    const table = await newTable()
    const good = (index: number): string => `${nowMs + index},a,${index},x\n`
    const far = nowMs - 400 * 86_400_000
    put(
      'bad/1.csv',
      Buffer.concat([
        Buffer.from(`time,host,load,note\n${good(1)}${nowMs},a\n${nowMs},b,1\nnever,a,1,x\n`),
        Buffer.from([0x31, 0xff, 0x0a]),
        Buffer.from(`${nowMs + 9},a,NoNumber,x\n${far},a,1,x\n${good(2)}`),
      ]),
    )
    put('bad/2.csv', `\ufefftime,host,load,note\n${good(3)}`)
    put('bad/3.csv', `time,host,note\n${good(4)}`)
    put('bad/4.csv', `time,host,load,note\n${good(5)}${nowMs},a,1,"${'x'.repeat(limits.batchLoadRowBytes)}"\n${good(6)}`)
    put('bad/5.csv', '')
    const taskId = await create(table, 'bad/')
    const task = await ended(taskId)
    expect(task).toMatchObject({ status: 'FAILED', progress: { recordsIngested: 4, recordIngestionFailures: 2, fileFailures: 3 } })
    const { fileErrors } = report(taskId) as { fileErrors: { fileName: string; errors: { reason: string; lineRanges: number[][] }[] }[] }
    expect(fileErrors.map(({ fileName }) => fileName)).toEqual(['bad/1.csv', 'bad/2.csv', 'bad/3.csv', 'bad/4.csv', 'bad/5.csv'])
    const [first, ...files] = fileErrors
    expect(Object.fromEntries(first!.errors.map(({ reason, lineRanges }) => [reason, lineRanges]))).toMatchObject({
      'The row has 2 columns, the header 4.': [[3, 3]],
      'The row has 3 columns, the header 4.': [[4, 4]],
      'The column time holds no time in MILLISECONDS.': [[5, 5]],
      'The row is not valid UTF-8.': [[6, 6]],
      'The record timestamp is outside the time range of the data ingestion window.': [[8, 8]],
    })
    expect(files.map(({ errors }) => errors[0]!.reason)).toEqual([
      'The file begins with a byte order mark (BOM).',
      'The file has no column "load" of the data model.',
      'The row has more than 100000 bytes.',
      'The file has no header.',
    ])
  })

  it('ends the reading of a file at a row of 20 MB, with the line, and keeps what was before it and the next file', async () => {
    const table = await newTable()
    put('wide/1.csv', `time,host,load,note\n${nowMs},a,1,x\n${nowMs + 1},a,1,"${'x'.repeat(20_000_000 - 200)}`)
    put('wide/2.csv', `time,host,load,note\n${nowMs + 2},a,1,x\n`)
    const taskId = await create(table, 'wide/')
    expect(await ended(taskId)).toMatchObject({ status: 'FAILED', progress: { recordsIngested: 2, fileFailures: 1 } })
    expect(report(taskId)).toMatchObject({
      fileErrors: [
        {
          fileName: 'wide/1.csv',
          errors: [{ reason: 'The row has more than 100000 bytes; nothing behind it is loaded.', lineRanges: [[3, 3]] }],
        },
      ],
    })
    expect(await rows(table, 'count(*)')).toEqual(['2'])
  })

  it('goes on from its checkpoint after a stop, with the right counts', async () => {
    const table = await newTable()
    const count = 30_000
    put('long.csv', `time,host,load,note\n${Array.from({ length: count }, (_, index) => `${nowMs - index},a,${index},x\n`).join('')}`)
    const taskId = await create(table, 'long.csv')
    await delay(100)
    const { dataDirectory } = product
    await product.leave()
    product = await openProduct({ limits, dataDirectory })
    const halfway = await product.database.batchLoads.describe(product.root(), taskId)
    expect(halfway.status).toBe('IN_PROGRESS')
    expect(halfway.progress.recordsProcessed).toBeLessThan(count)
    expect(await ended(taskId)).toMatchObject({ status: 'SUCCEEDED', progress: { recordsProcessed: count, recordsIngested: count } })
    expect(await rows(table, 'count(*)')).toEqual([String(count)])
  })

  it('stops when its bucket goes, and is resumed', async () => {
    const table = await newTable()
    await expect(product.database.batchLoads.resume(product.root(), 'NOTHING')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
    const bucket = join(product.dataDirectory, 'buckets', 'going-bucket')
    mkdirSync(bucket)
    // two that fill the places, so that it does not begin before its bucket is gone
    const blocked = await Promise.all([0, 1].map(async (index) => create(await newTable(), index === 0 ? 'long.csv' : 'long.csv')))
    const taskId = await create(table, '', { source: { bucketName: 'going-bucket' } })
    rmSync(bucket, { recursive: true })
    const stopped = await ended(taskId)
    expect(stopped).toMatchObject({ status: 'PROGRESS_STOPPED', errorMessage: 'The bucket going-bucket does not exist.' })
    expect(stopped.resumableUntilMs).toBeGreaterThan(stopped.creationTimeMs)
    mkdirSync(bucket)
    writeFileSync(join(bucket, 'a.csv'), `time,host,load,note\n${nowMs},a,1,x\n`)
    await product.database.batchLoads.resume(product.root(), taskId)
    expect(await ended(taskId)).toMatchObject({ status: 'SUCCEEDED', progress: { recordsIngested: 1 } })
    await expect(product.database.batchLoads.resume(product.root(), taskId)).rejects.toMatchObject({ code: 'VALIDATION' })
    for (const each of blocked) expect(await ended(each)).toMatchObject({ status: 'SUCCEEDED' })
  })

  it('is one task for one client token', async () => {
    const table = await newTable()
    put('token.csv', `time,host,load,note\n${nowMs},a,1,x\n`)
    const clientToken = 'the-token'
    const taskId = await create(table, 'token.csv', { clientToken })
    expect(await create(table, 'token.csv', { clientToken })).toBe(taskId)
    await expect(create(table, 'other.csv', { clientToken })).rejects.toMatchObject({ code: 'CONFLICT' })
    await ended(taskId)
    const { items } = await product.database.batchLoads.list(product.root(), { status: 'SUCCEEDED', maxResults: 100 })
    expect(items.filter((task) => task.taskId === taskId)).toHaveLength(1)
    const first = await product.database.batchLoads.list(product.root(), { maxResults: 1 })
    const second = await product.database.batchLoads.list(product.root(), { maxResults: 1, nextToken: first.nextToken! })
    expect(second.items[0]!.taskId > first.items[0]!.taskId).toBe(true)
  })

  it('fails as a whole for too many files, too many bytes or none', async () => {
    const table = await newTable()
    for (let index = 0; index <= limits.batchLoadFiles; index++) put(`many/${index}.csv`, 'x')
    put('large/1.csv', Buffer.alloc(limits.batchLoadFileBytes + 1))
    put('huge/1.csv', Buffer.alloc(limits.batchLoadBytes + 1))
    for (const [prefix, message] of [
      ['many/', 'There are more than 5 files under the prefix.'],
      ['huge/', 'The files under the prefix have more than 30000000 bytes.'],
      ['nothing/', 'There are no files under the prefix.'],
    ] as const) {
      expect(await ended(await create(table, prefix))).toMatchObject({ status: 'FAILED', errorMessage: message })
    }
    expect(await ended(await create(table, 'large/'))).toMatchObject({ status: 'FAILED', progress: { fileFailures: 1 } })
  })

  it('refuses at once what cannot succeed, and makes no task of it', async () => {
    const table = await newTable()
    const before = await product.database.batchLoads.list(product.root(), { maxResults: 100 })
    const report = { bucketName: 'report-bucket' }
    const withKey = await newTable('rack')
    const refusals: readonly [() => Promise<string>, object][] = [
      [() => create('no-such-table', 'x'), { code: 'RESOURCE_NOT_FOUND' }],
      [() => create(table, 'x', { source: { bucketName: 'no-such-bucket' } }), { code: 'BUCKET_UNREACHABLE' }],
      [() => create(table, 'x', { report: { bucketName: 'no-such-bucket' } }), { code: 'BUCKET_UNREACHABLE' }],
      [() => create(table, 'x', { report: { ...report, encryptionOption: 'SSE_KMS' } }), { code: 'VALIDATION' }],
      [
        () => create(table, 'x', { dataModel: { DimensionMappings: multi.DimensionMappings } }),
        { code: 'VALIDATION', message: /TimeColumn/ },
      ],
      [
        () => create(table, 'x', { dataModel: { ...multi, MixedMeasureMappings: [{ MeasureValueType: 'MULTI' }] } }),
        { code: 'VALIDATION' },
      ],
      [() => create(table, 'x', { source: { bucketName: 'source-bucket', csv: { ColumnSeparator: 'x' } } }), { code: 'VALIDATION' }],
      [() => create(withKey, 'x'), { code: 'VALIDATION', message: /rack/ }],
    ]
    for (const [call, error] of refusals) await expect(call()).rejects.toMatchObject(error)
    expect((await product.database.batchLoads.list(product.root(), { maxResults: 100 })).items).toHaveLength(before.items.length)
    expect(existsSync(join(product.dataDirectory, 'buckets', 'no-such-bucket'))).toBe(false)
  })
})
