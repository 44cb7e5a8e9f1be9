import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { arithmeticOperators } from '../../src/sql/functions/operators/arithmetic.ts'
import { durationUnits, reservedWords } from '../../src/sql/syntax/token.ts'
import { findSltFiles } from './runner/files.ts'
import { parseSlt, type Block } from './runner/slt.ts'

/**
 * The rows of the language's tables, and what the files of expected results have of each. The blocks that belong to a row follow the line
 * `## table: row`, up to the next such line.
 */
let blocksOf: ReadonlyMap<string, readonly Block[]>

beforeAll(async () => {
  const found = new Map<string, Block[]>()
  for (const path of await findSltFiles()) {
    let row: string | undefined
    for (const block of parseSlt(await readFile(path, 'utf8'))) {
      row = block.lines.findLast((line) => line.startsWith('## '))?.slice(3) ?? row
      if (row !== undefined) found.set(row, [...(found.get(row) ?? []), block])
    }
  }
  blocksOf = found
})

const rowsOf = (row: string): readonly Block[] => blocksOf.get(row) ?? []
const sqlOf = (block: Block): string => ('sql' in block ? block.sql : '')
const cells = (block: Block): readonly string[] => (block.kind === 'query' ? block.rows.flatMap((line) => line.split(' | ')) : [])
const hasValue = (row: string): boolean => rowsOf(row).some((block) => cells(block).some((cell) => cell !== 'NULL'))
const hasNull = (row: string): boolean =>
  rowsOf(row).some((block) => block.kind === 'query' && /\bNULL\b/.test(block.sql) && block.rows.length > 0)
const hasError = (row: string): boolean => rowsOf(row).some((block) => block.kind === 'error' && block.code !== undefined)
const without = (rows: readonly string[], has: (row: string) => boolean): readonly string[] => rows.filter((row) => !has(row))

const operators = [
  ...Object.keys(arithmeticOperators),
  ...[
    'unary -',
    '=',
    '<>',
    '!=',
    '<',
    '<=',
    '>',
    '>=',
    'BETWEEN',
    'IS NULL',
    'IS DISTINCT FROM',
    'IN',
    'LIKE',
    'AND',
    'OR',
    'NOT',
    'ALL',
    'ANY',
    'SOME',
  ],
  ...['||', '[]', '.', 'CASE x WHEN', 'IF', 'COALESCE', 'NULLIF', 'TRY'],
].map((name) => `operator: ${name}`)
const durations = [...durationUnits.keys()].map((unit) => `duration: ${unit}`)
const intervals = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'].map((unit) => `interval: ${unit}`)
const fields = [
  ...['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'DAY_OF_MONTH', 'DAY_OF_WEEK', 'DOW', 'DAY_OF_YEAR', 'DOY', 'YEAR_OF_WEEK', 'YOW'],
  ...['HOUR', 'MINUTE', 'SECOND'],
].map((field) => `extract: ${field}`)
const units = ['millisecond', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'].flatMap((unit) =>
  ['date_trunc', 'date_add', 'date_diff'].map((name) => `${name}: ${unit}`),
)
const mysqlLetters = [...'abcdefHhIijklMmprSsTvWxYy'].map((letter) => `date_format: %${letter}`)
const jodaLetters = [...'GCYyuxweEDMLdaKhHkmsS'].map((letter) => `format_datetime: ${letter}`)

describe('every row of the tables has in the files', () => {
  const all = [...operators, ...durations, ...intervals, ...fields, ...units, ...mysqlLetters, ...jodaLetters, "format_datetime: '"]

  it('a value', () => {
    expect(without(all, hasValue)).toEqual([])
  })
  it('a NULL', () => {
    expect(without(all, hasNull)).toEqual([])
  })
  it('an error', () => {
    expect(without(all, hasError)).toEqual([])
  })
})

it('every letter of MySQL that is not supported is refused in a file', () => {
  expect(
    without(
      [...'DUuVwX'].map((letter) => `date_format: %${letter}`),
      hasError,
    ),
  ).toEqual([])
})

it('every reserved word is a name in quotes, and none without', () => {
  const rows = [...reservedWords].map((word) => `reserved: ${word}`)
  expect(without(rows, (row) => hasValue(row) && hasError(row))).toEqual([])
})

it('every kind of literal has a value and, but for the words, an error', () => {
  const kinds = ['integer', 'double', 'varchar', 'boolean', 'bigint', 'timestamp', 'date', 'time', 'varbinary', 'array', 'row']
  expect(
    without(
      kinds.map((kind) => `literal: ${kind}`),
      (row) => hasValue(row) && hasError(row),
    ),
  ).toEqual([])
})

const scalars = [
  ...['boolean', 'integer', 'bigint', 'double', 'varchar', 'varbinary', 'date', 'time', 'timestamp'],
  ...['interval day to second', 'interval year to month'],
]

it('every scalar type is cast to every other one, by CAST and by TRY_CAST, or refused', () => {
  const missing = [...scalars, 'unknown'].flatMap((from) => {
    const sql = rowsOf(`cast: ${from}`).map(sqlOf).join('\n')
    return scalars.flatMap((to) =>
      [`(?<!TRY_)CAST\\([^()]*(?:\\([^()]*\\))?[^()]* ?AS ${to}\\)`, `TRY_CAST\\([^()]* AS ${to}\\)`]
        .filter((pattern) => !new RegExp(pattern).test(sql))
        .map(() => `${from} → ${to}`),
    )
  })
  expect(missing).toEqual([])
})

it('every scalar type meets every other one in a comparison, a set operation and CASE, or is refused there', () => {
  const types = [...scalars, 'unknown']
  const counts = types.map((type) => {
    const blocks = rowsOf(`coercion: ${type}`)
    const count = (pattern: RegExp): number => blocks.reduce((sum, block) => sum + [...sqlOf(block).matchAll(pattern)].length, 0)
    return { type, compared: count(/ = /g), united: count(/UNION ALL/g), chosen: count(/CASE WHEN true/g) }
  })
  const least = (type: string): number => (type === 'time' || type === 'varchar' ? types.length - 1 : types.length)
  expect(counts).toEqual(types.map((type) => ({ type, compared: least(type), united: types.length, chosen: types.length })))
})

it('every situation in which a query is refused has its error in a file', () => {
  const situations = [
    ...[
      'unknown column',
      'unknown database',
      'unknown table',
      'syntax',
      'unknown function',
      'wrong argument types',
      'type mismatch',
      'not in GROUP BY',
    ],
    ...['division by zero', 'bad cast', 'sequence too long', 'bit_count', 'parameter', 'statement'],
  ]
  expect(
    without(
      situations.map((situation) => `error: ${situation}`),
      hasError,
    ),
  ).toEqual([])
})
