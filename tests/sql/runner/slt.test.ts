import { describe, expect, test } from 'vitest'
import { cellText, rowMatches } from './cell.ts'
import { readLoadLine } from './load.ts'
import { completeError, completeQuery, formatSlt, parseSlt, type ErrorBlock, type QueryBlock } from './slt.ts'

const file = `# what this file is about

clock 2024-01-15 12:00:00

load db.My Table
host=h1 | cpu | now | 1.5

# with a note
query (host varchar, "a b" array(row(a bigint, b double)), _col2 bigint) ordered truth: observed
SELECT host,
  x, y FROM t
----
h1 | [(1, 2.0)] | 3

query rowsort
SELECT 1

statement error truth: documented SYNTAX_ERROR line 1:1: mismatched input 'x'
x

statement error
SELECT y

statement ok
SELECT 1
`

describe('the dialect', () => {
  test('a file is read block by block, and written as it was', () => {
    const blocks = parseSlt(file)
    expect(blocks.map((block) => [block.kind, block.line])).toEqual([
      ['comment', 1],
      ['clock', 3],
      ['load', 5],
      ['query', 8],
      ['query', 15],
      ['error', 18],
      ['error', 21],
      ['ok', 24],
    ])
    expect(blocks[2]).toMatchObject({ database: 'db', table: 'My Table', records: ['host=h1 | cpu | now | 1.5'] })
    expect(blocks[3]).toMatchObject({
      sql: 'SELECT host,\n  x, y FROM t',
      order: 'ordered',
      truth: 'observed',
      columns: [
        { name: 'host', type: 'varchar' },
        { name: 'a b', type: 'array(row(a bigint, b double))' },
        { name: '_col2', type: 'bigint' },
      ],
      rows: ['h1 | [(1, 2.0)] | 3'],
    })
    expect(blocks[5]).toMatchObject({ code: 'SYNTAX_ERROR', truth: 'documented', message: "line 1:1: mismatched input 'x'" })
    expect(blocks[6]).not.toHaveProperty('code')
    expect(formatSlt(blocks)).toBe(file)
  })

  test('a database with a dot in its name is quoted', () => {
    expect(parseSlt('load "d.b".My.Table')).toMatchObject([{ database: 'd.b', table: 'My.Table' }])
  })

  test('completing writes the head and the rows, and keeps comments', () => {
    const blocks = parseSlt(file)
    const query = completeQuery(blocks[3] as QueryBlock, [{ name: 'a,b', type: 'double' }], ['1.0'])
    expect(query.lines).toEqual([
      '# with a note',
      'query ("a,b" double) ordered truth: observed',
      'SELECT host,\n  x, y FROM t',
      '----',
      '1.0',
    ])
    const error = completeError(blocks[6] as ErrorBlock, 'COLUMN_NOT_FOUND', 'line 1:8: no')
    expect(error.lines).toEqual(['statement error truth: ours COLUMN_NOT_FOUND line 1:8: no', 'SELECT y'])
  })

  test.each([
    ['quary\nSELECT 1', "line 1: unknown directive 'quary'"],
    ['\nquery sorted\nSELECT 1', "line 2: unknown option 'sorted'"],
    ['query truth: mine\nSELECT 1', "line 1: unknown truth 'mine'"],
    ['query (a bigint\nSELECT 1', 'line 1: the list of columns is never closed'],
    ['load x', 'line 1: load takes DATABASE.TABLE'],
  ])('%j is refused', (text, message) => {
    expect(() => parseSlt(text)).toThrow(message)
  })
})

describe('cells', () => {
  test.each([
    [{ NullValue: true }, 'NULL'],
    [{ ScalarValue: 'NULL' }, '"NULL"'],
    [{ ScalarValue: '' }, '""'],
    [{ ScalarValue: 'a b:c' }, 'a b:c'],
    [{ ScalarValue: ' a' }, '" a"'],
    [{ ScalarValue: 'a | b' }, '"a \\u007c b"'],
    [{ ArrayValue: [{ ScalarValue: '1' }, { NullValue: true }] }, '[1, NULL]'],
    [{ RowValue: { Data: [{ ScalarValue: 'a,b' }, { ArrayValue: [] }] } }, '("a,b", [])'],
    [
      { TimeSeriesValue: [{ Time: '2024-01-01 00:00:00.000000000', Value: { ScalarValue: '1.5' } }] },
      '{2024-01-01 00:00:00.000000000 = 1.5}',
    ],
  ] as const)('%j is %s', (datum, text) => {
    expect(cellText(datum)).toBe(text)
  })

  test('a tilde allows for the last digits of a double', () => {
    expect(rowMatches('a | ~2.5', 'a | 2.5000000001')).toBe(true)
    expect(rowMatches('a | ~2.5', 'a | 2.6')).toBe(false)
    expect(rowMatches('a | ~2.5', 'b | 2.5')).toBe(false)
    expect(rowMatches('2.5', '2.5000000001')).toBe(false)
  })
})

describe('load lines', () => {
  test('a list makes single-measure records, a step apart', () => {
    expect(readLoadLine('host=h1 city="New York" | cpu | 2024-01-15 11:00:00.5 +15s | 1.5, _, 3', 0n)).toEqual(
      [
        ['1705316400500000000', '1.5'],
        ['1705316430500000000', '3'],
      ].map(([Time, MeasureValue]) => ({
        Dimensions: [
          { Name: 'host', Value: 'h1' },
          { Name: 'city', Value: 'New York' },
        ],
        MeasureName: 'cpu',
        MeasureValue,
        MeasureValueType: 'DOUBLE',
        Time,
        TimeUnit: 'NANOSECONDS',
      })),
    )
  })

  test('named lists make multi-measure records of every type', () => {
    const [first, second] = readLoadLine(
      `host=h1 | metrics | now-1s +1s | a=1.5,_ b=12i, -3i c=true d='x, y' e=@"1970-01-01 00:00:01" | 7`,
      5_000_000_000n,
    )
    expect(first).toMatchObject({
      MeasureValueType: 'MULTI',
      Version: 7,
      Time: '4000000000',
      MeasureValues: [
        { Name: 'a', Value: '1.5', Type: 'DOUBLE' },
        { Name: 'b', Value: '12', Type: 'BIGINT' },
        { Name: 'c', Value: 'true', Type: 'BOOLEAN' },
        { Name: 'd', Value: 'x, y', Type: 'VARCHAR' },
        { Name: 'e', Value: '1000000000', Type: 'TIMESTAMP' },
      ],
    })
    expect(second).toMatchObject({ Time: '5000000000', MeasureValues: [{ Name: 'b', Value: '-3' }] })
  })

  test.each(['a=1 | cpu | now', 'a | cpu | now | 1', 'a=1 | cpu | soon | 1', 'a=1 | cpu | now | x y', 'a=1 | cpu | now +5x | 1'])(
    '%s is refused',
    (line) => {
      expect(() => readLoadLine(line, 0n)).toThrow(/^(load line|a dimension|no )/)
    },
  )
})
