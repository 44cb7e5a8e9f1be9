import { describe, expect, it } from 'vitest'
import { sampleCatalog } from '../../tests/sql/support/sample-catalog.ts'
import { ServerError } from '../base/errors.ts'
import { defaultLimits } from '../base/limits.ts'
import { compile } from './compile.ts'
import { prepare } from './prepare.ts'
import { typeText } from './types/type.ts'

/** 2026-11-18 00:00:00 UTC. */
const session = { nowNs: 1_794_960_000_000_000_000n, maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }

const parameters = (sql: string): readonly string[] =>
  prepare(sql, sampleCatalog, session).parameters.map(({ name, type }) => `${name} ${typeText(type)}`)

function failure(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof ServerError) return `${error.definition.exception} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('the type of a parameter', () => {
  it.each([
    ['SELECT 1 FROM benchmark.cpu WHERE time > @from AND time <= @to', ['from timestamp', 'to timestamp']],
    ['SELECT 1 FROM benchmark.cpu WHERE hostname = @h AND usage_user > @u', ['h varchar', 'u double']],
    ['SELECT 1 FROM benchmark.cpu WHERE hostname IN (@a, @b) OR hostname LIKE @c', ['a varchar', 'b varchar', 'c varchar']],
    ['SELECT usage_user * @factor FROM benchmark.cpu', ['factor double']],
    ['SELECT bin(time, @width), count(*) FROM benchmark.cpu GROUP BY bin(time, @width)', ['width interval day to second']],
    ['SELECT 1 FROM benchmark.cpu WHERE @all OR time > ago(@span)', ['all boolean', 'span interval day to second']],
    ['SELECT 1 FROM benchmark.cpu WHERE time BETWEEN @scheduled_runtime - 1h AND @scheduled_runtime', ['scheduled_runtime timestamp']],
    ['SELECT @x FROM benchmark.cpu WHERE time > @x', ['x timestamp']],
    ['SELECT 1 FROM benchmark.cpu WHERE @a = @b AND @b = hostname', ['a varchar', 'b varchar']],
    ['SELECT CAST(@n AS bigint), if(@c, 1, 2)', ['n bigint', 'c boolean']],
    ['SELECT hostname FROM benchmark.cpu LIMIT @n', ['n bigint']],
    [
      'WITH a AS (SELECT hostname FROM benchmark.cpu WHERE region = @r) SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM a WHERE hostname = @h)',
      ['r varchar', 'h varchar'],
    ],
    ['SELECT 1', []],
  ])('comes from where it stands: %s', (sql, expected) => {
    expect(parameters(sql)).toEqual(expected)
  })

  it.each([
    ['SELECT @x', 'ValidationException line 1:8: The type of parameter @x cannot be inferred here: write CAST(@x AS type)'],
    [
      'SELECT 1 FROM benchmark.cpu WHERE time > @x AND hostname = @x',
      'ValidationException line 1:60: Parameter @x is used as varchar here and as timestamp elsewhere',
    ],
    ['SELECT nope FROM benchmark.cpu WHERE time > @x', "ValidationException line 1:8: Column 'nope' does not exist"],
    ['SHOW DATABASES', 'ValidationException line 1:1: Only a query can be prepared'],
  ])('is refused with its place: %s', (sql, message) => {
    expect(failure(() => parameters(sql))).toBe(message)
  })

  it('does not make a parameter of a query that is run', () => {
    const text = 'SELECT 1 FROM benchmark.cpu WHERE time > @x LIMIT @n'
    expect(failure(() => compile(text, sampleCatalog, session))).toBe('ValidationException line 1:42: Parameter @x has no value')
    expect(failure(() => compile('SELECT 1 LIMIT @n', sampleCatalog, session))).toBe(
      'ValidationException line 1:16: Parameter @n has no value',
    )
  })
})

describe('a prepared column', () => {
  it('has the table that it comes from when it passes unchanged, and tells whether it has an alias', () => {
    const sql =
      'WITH t AS (SELECT hostname AS h, time, usage_user FROM benchmark.cpu) ' +
      'SELECT h, t.time AS at, max(usage_user), d.az FROM t JOIN sampleDB.DevOps d ON t.h = d.hostname GROUP BY h, t.time, d.az'
    const cpu = { database: 'benchmark', table: 'cpu' }
    const { columns, tables } = prepare(sql, sampleCatalog, session)
    expect(columns.map(({ type, ...rest }) => ({ ...rest, type: typeText(type) }))).toEqual([
      { name: 'h', type: 'varchar', isAliased: false, origin: cpu },
      { name: 'at', type: 'timestamp', isAliased: true, origin: cpu },
      { name: '_col2', type: 'double', isAliased: false },
      { name: 'az', type: 'varchar', isAliased: false, origin: { database: 'sampleDB', table: 'DevOps' } },
    ])
    expect(tables).toEqual([cpu, { database: 'sampleDB', table: 'DevOps' }])
  })

  it('of a union has no table, and the type that a parameter gives it', () => {
    const { columns } = prepare(
      'SELECT hostname AS a, @x FROM benchmark.cpu WHERE usage_user < @x UNION SELECT region, 1.5 FROM benchmark.cpu',
      sampleCatalog,
      session,
    )
    expect(columns.map(({ name, isAliased, origin, type }) => [name, isAliased, origin, typeText(type)])).toEqual([
      ['a', true, undefined, 'varchar'],
      ['_col1', false, undefined, 'double'],
    ])
  })
})
