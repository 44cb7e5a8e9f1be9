import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, describe, expect, it } from 'vitest'
import type { RowRecords } from '../../../csv/data-model.ts'
import type { CsvConfiguration } from '../../../csv/model-types.ts'
import { type ModelFlags, readModel } from '../import-model.ts'
import { findFiles } from '../source-files.ts'
import { UnreadableFile } from './file-format.ts'
import { fileFormats, formatOf } from './formats.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const flags: ModelFlags = { time: 'time', timeUnit: 'SECONDS', dimensions: 'host', measures: 'load', measureName: 'metrics' }

/** Each row as `line: measures | …` or `line: reason`; and how many bytes were told. */
async function read(
  name: string,
  body: string | Buffer,
  { csv = {}, ...more }: Partial<ModelFlags> & { csv?: CsvConfiguration } = {},
): Promise<{ rows: string[]; bytes: number; records: Exclude<RowRecords, string>[number][] }> {
  const path = join(folder, name)
  if (body !== '') writeFileSync(path, body)
  const found = { rows: [] as string[], bytes: 0, records: [] as Exclude<RowRecords, string>[number][] }
  const options = {
    model: (typeOf: Parameters<typeof readModel>[1]) => readModel({ ...flags, ...more }, typeOf),
    csv,
    version: 1,
    onBytes: (count: number) => (found.bytes += count),
  }
  for await (const rows of fileFormats[formatOf(name)!].read(path, options)) {
    for (const { line, records } of rows) {
      if (typeof records === 'string') found.rows.push(`${line}: ${records}`)
      else {
        found.records.push(...records)
        const texts = records.map(({ Time, Dimensions, MeasureValues }) =>
          [Time, ...Dimensions.map((each) => each.Value), ...(MeasureValues ?? []).map((each) => `${each.Value}:${each.Type}`)].join(' '),
        )
        found.rows.push(`${line}: ${texts.join(' | ')}`)
      }
    }
  }
  return found
}

describe('an import reads', () => {
  it('CSV with its quotes, a byte order mark, times as UNLOAD writes them, and what is wrong with its lines', async () => {
    const body = '\ufefftime,host,load\n1704164645,"a,b",1.5\n2024-01-02 03:04:05.123456789,c,2\nnever,c,3\n1,c\n'
    expect(await read('a.csv', body)).toMatchObject({
      rows: [
        '2: 1704164645000000000 a,b 1.5:DOUBLE',
        '3: 1704164645123456789 c 2:DOUBLE',
        '4: The column time holds no time in SECONDS.',
        '5: The row has 2 columns, the header 3.',
      ],
      bytes: Buffer.byteLength(body),
    })
  })

  it('compressed files, telling the bytes of the file itself', async () => {
    const body = gzipSync('time\thost\tload\n1\tx\t7\n')
    expect(await read('a.tsv.gz', body)).toMatchObject({ rows: ['2: 1000000000 x 7:DOUBLE'], bytes: body.length })
  })

  it('line protocol, which says itself what a record is', async () => {
    const body =
      '# exported\ncpu,host=a load=0.5,n=9007199254740993i,ok=t,s="x y" 1704164645000000001\ncpu load=\n\nmem,host=b used=1i 1704164645000000002\n'
    const { rows, records } = await read('a.lp', body)
    expect(rows).toEqual([
      '2: 1704164645000000001 a 0.5:DOUBLE 9007199254740993:BIGINT true:BOOLEAN x y:VARCHAR',
      '3: The line is no line protocol: missing field value.',
      '5: 1704164645000000002 b 1:BIGINT',
    ])
    expect(records.map(({ MeasureName, TimeUnit }) => `${MeasureName} ${TimeUnit}`)).toEqual(['cpu NANOSECONDS', 'mem NANOSECONDS'])
    expect((await read('a.lp.gz', gzipSync(body))).rows).toEqual(rows)
  })

  it('JSON lines: members inside members, long numbers digit by digit, NULLs', async () => {
    const lines = [
      '{"time":1,"host":"a","load":{"x":12345678901234567890,"ok":true}}',
      '',
      '{"time":"1970-01-01T00:00:02Z","host":null,"load":{"x":0.1},"more":[1]}\r',
      '[1]',
      '{"time":1,',
      '{"time":1,"host":"a"}',
    ]
    expect((await read('a.jsonl', lines.join('\n'), { measures: 'load.x:varchar,load.ok:boolean' })).rows).toEqual([
      '1: 1000000000 a 12345678901234567890:VARCHAR true:BOOLEAN',
      '3: 2000000000 0.1:VARCHAR',
      '4: The line is not a JSON object.',
      '5: The line is not JSON.',
      '6: The row has no measure value.',
    ])
  })

  it('Parquet of several row groups and any type, with the types of its columns for measures', async () => {
    const path = join(folder, 'a.parquet')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    await connection.run(
      `COPY (SELECT CASE WHEN i < 2 THEN make_timestamp_ns(1704164645123456789 + i) END AS time, 'h' || i AS host, i / 4 AS load, (i % 2) * 4611686018427387904 AS n,
         i = 1 AS ok, (i + 0.07)::DECIMAL(18, 3) AS d, {'x': 'y' || i} AS s, CASE WHEN i > 0 THEN 'note' END AS note, DATE '2024-01-02' AS day,
         TIMESTAMP '2024-01-02 03:04:05' AS t FROM range(5002) r(i)) TO '${path}' (COMPRESSION zstd, ROW_GROUP_SIZE 2048)`,
    )
    const { rows, bytes, records } = await read('a.parquet', '', { measures: 'load,n,ok,d,s.x:varchar,note,day,t' })
    expect(rows.slice(0, 3)).toEqual([
      '1: 1704164645123456789 h0 0:DOUBLE 0:BIGINT false:BOOLEAN 0.070:DOUBLE y0:VARCHAR 2024-01-02:VARCHAR 1704164645000000000:TIMESTAMP',
      '2: 1704164645123456790 h1 0.25:DOUBLE 4611686018427387904:BIGINT true:BOOLEAN 1.070:DOUBLE y1:VARCHAR note:VARCHAR 2024-01-02:VARCHAR 1704164645000000000:TIMESTAMP',
      '3: The column time holds no time in SECONDS.',
    ])
    expect([rows.length, rows.at(-1)?.split(':')[0], records[0]?.TimeUnit]).toEqual([5002, '5002', 'NANOSECONDS'])
    expect(bytes).toBeGreaterThan(1000)
  })

  it.each([
    ['a csv without a column of the model', 'b.csv', 'time,host\n1,a\n', 'The file has no column "load" of the data model.'],
    ['an empty csv', 'c.csv', ' ', 'The file has no column "time", "host", "load" of the data model.'],
    ['a line without an end', 'd.jsonl', Buffer.alloc(17 << 20, 0x20), 'line 1 has more than 16777216 bytes'],
    ['a row without an end', 'e.csv', `time,host,load\n1,"${'x'.repeat(17 << 20)}`, 'line 2: the row has more than 16777216 bytes'],
    ['what is no gzip', 'f.csv.gz', 'time,host', 'it is not gzip, or not whole (incorrect header check)'],
    ['what is no Parquet', 'g.parquet', 'PAR1 and more', 'it is no Parquet file that can be read'],
  ])('%s as unreadable', async (_what, name, body, reason) => {
    await expect(read(name, body)).rejects.toThrow(UnreadableFile)
    await expect(read(name, body)).rejects.toThrow(reason)
  })
})

describe('the files to import', () => {
  it('are those of files, folders and patterns, each once', async () => {
    const root = join(folder, 'tree')
    mkdirSync(join(root, 'in'), { recursive: true })
    for (const name of ['b.csv', 'a.parquet', 'x.txt', 'in/c.jsonl.gz']) writeFileSync(join(root, name), 'x')
    const paths = async (...names: string[]) => (await findFiles(names, undefined)).map(({ path }) => path.slice(root.length + 1))
    expect(await paths(root)).toEqual(['a.parquet', 'b.csv', 'in/c.jsonl.gz'])
    expect(await paths(`${root}/*.csv`, `${root}/`, join(root, 'b.csv'))).toEqual(['b.csv', 'a.parquet', 'in/c.jsonl.gz'])
    await expect(paths(join(root, 'x.txt'))).rejects.toThrow('its name says no format')
    expect(await findFiles([join(root, 'x.txt')], 'csv')).toMatchObject([{ size: 1, format: fileFormats.csv }])
    await expect(paths(join(root, 'none.csv'))).rejects.toThrow('none.csv cannot be read (ENOENT)')
    await expect(paths(`${root}/*.none`)).rejects.toThrow('there are no files to import')
  })
})
