import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Opened, openProduct } from '../../../tests/harness/opened.ts'

let product: Opened
let bucket: string

beforeAll(async () => {
  product = await openProduct({ limits: { queryCallMs: 1000 } })
  bucket = join(product.dataDirectory, 'buckets', 'results-bucket')
  mkdirSync(bucket, { recursive: true })
})
afterAll(() => product.close())

interface Manifest {
  readonly result_files: { readonly url: string; readonly file_metadata: { content_length_in_bytes: number; row_count: number } }[]
  readonly query_metadata: Readonly<Record<string, unknown>>
}

const pathOf = (url: string): string => join(bucket, url.replace('s3://results-bucket/', ''))
const read = (url: string): Buffer => readFileSync(pathOf(url))

async function run(queryString: string): Promise<string[]> {
  let page = await product.database.query(product.root(), { queryString })
  while (page.nextToken !== undefined) page = await product.database.query(product.root(), { queryString, nextToken: page.nextToken })
  const [row] = JSON.parse(page.rowsJson) as { Data: { ScalarValue: string }[] }[]
  return row!.Data.map(({ ScalarValue }) => ScalarValue)
}

async function unload(
  query: string,
  folder: string,
  options = '',
): Promise<{ rows: string; manifest: Manifest; metadata: unknown; texts: string[] }> {
  const [rows = '', metadataFile = '', manifestFile = ''] = await run(`UNLOAD (${query}) TO 's3://results-bucket/${folder}' ${options}`)
  const manifest = JSON.parse(read(manifestFile).toString()) as Manifest
  const texts = manifest.result_files.map(({ url }) =>
    url.endsWith('.gz') ? gunzipSync(read(url)).toString() : read(url).toString('latin1'),
  )
  return { rows, manifest, metadata: JSON.parse(read(metadataFile).toString()), texts }
}

const all = `SELECT 1 AS n, 2.5 AS d, 'a,b' AS c, 'say "hi"\\' AS q, true AS b, timestamp '2024-01-02 03:04:05.123456000' AS t, date '2024-01-02' AS day,
  array[1, 2] AS list, row(1.0, 'x"y') AS r, CAST(NULL AS varchar) AS nothing`

describe('UNLOAD', () => {
  it('writes CSV as the guide has it: gzip, no header, quotes and escapes, nested values as JSON', async () => {
    const { rows, manifest, metadata, texts } = await unload(all, 'csv')
    expect(rows).toBe('1')
    expect(texts).toEqual([
      String.raw`1,2.5,"a,b","say \"hi\"\\",true,2024-01-02 03:04:05.123456000,2024-01-02,"[1,2]","{\"field0\":1.0,\"field1\":\"x\\\"y\"}",` +
        '\n',
    ])
    const [file] = manifest.result_files
    expect(file!.url).toMatch(/^s3:\/\/results-bucket\/csv\/results\/AE[A-Z2-7]{54}_[0-9a-f-]{36}\.gz$/)
    expect(file!.file_metadata).toEqual({ content_length_in_bytes: read(file!.url).length, row_count: 1 })
    expect(manifest.query_metadata).toEqual({
      content_length_in_bytes: read(file!.url).length,
      total_row_count: 1,
      result_format: 'CSV',
      result_version: 'Amazon Timestream version 1.0.0',
    })
    expect(metadata).toMatchObject({
      ColumnInfo: expect.arrayContaining([{ Name: 'n', Type: { ScalarType: 'INTEGER' } }]) as unknown,
      Author: { Name: 'Amazon Timestream', MetadataFileVersion: '1.0' },
    })
  })

  it('takes delimiter, escape character, header and no compression', async () => {
    const options = `WITH (format = 'csv', compression = 'none', field_delimiter = '|', escaped_by = '^', include_header = 'true')`
    const { texts } = await unload(`SELECT 'a|b' AS "x|y", 'p"q^r,s' AS z`, 'styled/', options)
    expect(texts).toEqual(['"x|y"|z\n"a|b"|"p^"q^^r,s"\n'])
  })

  it('puts the values of partitioned_by into folders and leaves their columns out of the files', async () => {
    const { manifest, texts, rows } = await unload(
      `SELECT v, p, q FROM (VALUES (1, 'a', true), (2, 'b/c', true), (3, 'a', true), (4, CAST(NULL AS varchar), false)) AS t (v, p, q)`,
      'parts',
      `WITH (partitioned_by = ARRAY ['p', 'q'], compression = 'NONE')`,
    )
    expect(rows).toBe('4')
    const found = manifest.result_files.map(({ url }, index) => [
      url.replace(/.*results\//, '').replace(/\/[^/]*$/, ''),
      texts[index]!.split('\n').sort().join(' ').trim(),
    ])
    expect(found.sort()).toEqual([
      ['p=__HIVE_DEFAULT_PARTITION__/q=false', '4'],
      ['p=a/q=true', '1 3'],
      ['p=b%2Fc/q=true', '2'],
    ])
  })

  it('writes Parquet that others read, with times, dates and nested values', async () => {
    const { manifest, rows } = await unload(all, 'parquet', `WITH (format = 'PARQUET')`)
    expect(rows).toBe('1')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const answer = await connection.runAndReadAll(
      `SELECT n, d, c, q, b, epoch_ns(t) AS t, day::varchar AS day, list, r.field1 AS f, nothing FROM '${pathOf(manifest.result_files[0]!.url)}'`,
    )
    expect(answer.getRowsJson()).toEqual([[1, 2.5, 'a,b', 'say "hi"\\', true, '1704164645123456000', '2024-01-02', [1, 2], 'x"y', null]])
  })

  it('counts the rows of many and cuts files at max_file_size', async () => {
    const many = `SELECT x, to_hex(sha256(to_utf8(cast(x AS varchar)))) AS h, to_hex(sha512(to_utf8(cast(x AS varchar)))) AS g
      FROM UNNEST(sequence(1, 10000)) AS a (y) CROSS JOIN UNNEST(sequence(1, 10)) AS b (z) CROSS JOIN UNNEST(array[y * 10 + z]) AS c (x)`
    for (const format of ['CSV', 'PARQUET']) {
      const options = `WITH (format = '${format}', compression = 'NONE', max_file_size = '16MB')`
      const { manifest, rows } = await unload(many, `many-${format}`, options)
      expect(rows).toBe('100000')
      expect(manifest.result_files.length).toBeGreaterThan(1)
      const counts = manifest.result_files.map(({ file_metadata: { row_count: count } }) => count)
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100_000)
      for (const { file_metadata: facts } of manifest.result_files) expect(facts.content_length_in_bytes).toBeLessThan(17_500_000)
    }
  })

  it.each([
    ["format = 'CSV', partitioned_by = ARRAY['p']", 4],
    ["format = 'PARQUET', partitioned_by = ARRAY['p']", 4],
    ["format = 'PARQUET', max_file_size = '16MB'", 1],
  ])('with %s writes the rows that a LIMIT leaves each once, though every file is a run of its own', async (options, least) => {
    const rowsOf = `SELECT y, z, to_hex(sha512(to_utf8(cast(y * 300 + z AS varchar)))) AS h, y % 4 AS p
      FROM UNNEST(sequence(1, 300)) AS a (y) CROSS JOIN UNNEST(sequence(1, 300)) AS b (z)`
    for (const [index, limit] of ['LIMIT 60000', 'ORDER BY p DESC LIMIT 59999'].entries()) {
      const { rows, manifest } = await unload(`${rowsOf} ${limit}`, `limited-${options.length}-${index}`, `WITH (${options})`)
      expect([rows, manifest.result_files.reduce((sum, file) => sum + file.file_metadata.row_count, 0)]).toEqual([
        limit.slice(-5),
        Number(limit.slice(-5)),
      ])
      if (index === 0) expect(manifest.result_files.length).toBeGreaterThanOrEqual(least)
    }
  })

  it('tells in its insights what it has written and how much it has read', async () => {
    const { database } = product
    await database.createDatabase(product.root(), { databaseName: 'unloaded' })
    await database.createTable(product.root(), { databaseName: 'unloaded', tableName: 'cpu' })
    const record = (host: string) => ({
      Dimensions: [{ Name: 'host', Value: host }],
      MeasureName: 'load',
      MeasureValue: '1',
      Time: String(Date.now()),
    })
    await database.write(product.root(), { databaseName: 'unloaded', tableName: 'cpu', records: ['a', 'b', 'c'].map(record) })
    const queryString = `UNLOAD (SELECT measure_value::double AS v, host FROM unloaded.cpu WHERE time > ago(1h)) TO 's3://results-bucket/insights'
      WITH (compression = 'NONE', partitioned_by = ARRAY['host'])`
    let page = await database.query(product.root(), { queryString, insights: true })
    while (page.nextToken !== undefined) {
      expect(page.insights?.unload).toBeUndefined()
      page = await database.query(product.root(), { queryString, nextToken: page.nextToken })
    }
    expect(page.insights).toMatchObject({
      tableCount: 1,
      outputRows: 1,
      temporal: { tableArn: expect.stringMatching(/:database\/unloaded\/table\/cpu$/) as string },
      spatial: { partitionKey: ['measure_name'] },
      unload: { partitions: 3, rows: 3, bytes: 12 },
    })
  })

  it('of no rows writes a manifest without files', async () => {
    for (const format of ['CSV', 'PARQUET']) {
      const { manifest, rows } = await unload('SELECT 1 AS x WHERE false', `none-${format}`, `WITH (format = '${format}')`)
      expect([rows, manifest.result_files]).toEqual(['0', []])
    }
  })

  it.each([
    [`UNLOAD (SELECT 1 AS x) TO 'file://x'`, /is not s3:\/\/bucket\/folder/],
    [`UNLOAD (SELECT 1 AS x) TO 's3://results-bucket/x' WITH (colour = 'red')`, /Unknown UNLOAD option 'colour'/],
    [`UNLOAD (SELECT 1 AS x) TO 's3://results-bucket/x' WITH (format = 'ORC')`, /'format' must be one of CSV, PARQUET/],
    [`UNLOAD (SELECT 1 AS x) TO 's3://results-bucket/x' WITH (max_file_size = '1MB')`, /'max_file_size' must be from '16MB' to '78GB'/],
    [`UNLOAD (SELECT 1 AS x, 2 AS y) TO 's3://results-bucket/x' WITH (partitioned_by = ARRAY['x'])`, /must be the last columns/],
    [`UNLOAD (SELECT 1 AS x, 1 AS x) TO 's3://results-bucket/x'`, /'x' occurs twice/],
    [`UNLOAD (SELECT current_time AS x) TO 's3://results-bucket/x'`, /'x' cannot be unloaded: it holds values of type time/],
    [`UNLOAD (SELECT NULL AS x) TO 's3://results-bucket/x'`, /holds values of type unknown/],
    [`UNLOAD (SELECT 1 AS x) TO 's3://results-bucket/x' WITH (kms_key = 'k')`, /needs encryption = 'SSE_KMS'/],
    [`UNLOAD (SELECT 1 AS x) TO 's3://no-such-bucket/x'`, /The bucket no-such-bucket does not exist/],
    [`UNLOAD (SELECT 1 AS x, 'é' AS p) TO 's3://results-bucket/x' WITH (partitioned_by = ARRAY['p'])`, /ASCII characters only/],
    [
      `UNLOAD (SELECT 1 AS x, p FROM UNNEST(sequence(1, 101)) AS t (p)) TO 's3://results-bucket/x' WITH (partitioned_by = ARRAY['p'])`,
      /100 partitions at most/,
    ],
  ])('refuses %s and writes nothing', async (statement, message) => {
    await expect(run(statement)).rejects.toMatchObject({ message: expect.stringMatching(message) as string })
    expect(readdirSync(bucket)).not.toContain('x')
  })

  it.each(['CSV', 'PARQUET', "CSV', compression = 'NONE', max_file_size = '16MB"])(
    'that is cancelled leaves no %s file behind',
    async (format) => {
      const endless = `SELECT y, z, to_hex(sha512(to_utf8(cast(y * 10000 + z AS varchar)))) AS h
        FROM UNNEST(sequence(1, 9999)) AS a (y) CROSS JOIN UNNEST(sequence(1, 9999)) AS b (z)`
      const queryString = `UNLOAD (${endless}) TO 's3://results-bucket/cancelled' WITH (format = '${format}')`
      const { database } = product
      const files = (): string[] =>
        readdirSync(bucket, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('AE') && path.startsWith('cancelled'))
      const page = await database.query(product.root(), { queryString })
      expect([page.rowCount, typeof page.nextToken]).toEqual([0, 'string'])
      const whole = (): string[] => (existsSync(join(bucket, 'cancelled')) ? files().filter((path) => path.endsWith('.csv')) : [])
      if (format.includes('max_file_size')) while (whole().length === 0) await delay(20)
      await database.cancelQuery(product.root(), page.queryId)
      await expect(database.query(product.root(), { queryString, nextToken: page.nextToken! })).rejects.toMatchObject({
        code: 'QUERY_CANCELLED',
      })
      expect(files()).toEqual([])
    },
  )
})
