import { describe, expect, it } from 'vitest'
import { sampleCatalog } from '../../tests/sql/support/sample-catalog.ts'
import { ServerError } from '../base/errors.ts'
import { defaultLimits } from '../base/limits.ts'
import { compile } from './compile.ts'
import { format } from './syntax/format.ts'
import { parse } from './syntax/parse.ts'

/** 2026-11-18 00:00:00 UTC. */
const nowNs = 1_794_960_000_000_000_000n
const session = { nowNs, maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }

function compiled(sql: string) {
  const statement = compile(sql, sampleCatalog, session)
  if (statement.kind !== 'delete') throw new Error(`DELETE was expected, not ${statement.kind}`)
  return statement
}

function failure(sql: string): string {
  try {
    compile(sql, sampleCatalog, session)
  } catch (error) {
    if (error instanceof ServerError) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('DELETE', () => {
  it('selects every stored row by the condition, and counts those that a query sees', () => {
    const { database, table, condition, countText, dryRun } = compiled(
      "DELETE FROM benchmark.CPU WHERE hostname = 'host-1' AND time < ago(1h)",
    )
    expect({ database, table, dryRun }).toEqual({ database: 'benchmark', table: 'cpu', dryRun: false })
    expect(condition).toContain("'host-1'")
    expect(condition).toContain(String(nowNs - 3_600_000_000_000n))
    expect(condition).not.toContain('greaterOrEquals')
    expect(countText).toMatch(/^SELECT toString\(count\(\)\) FROM \(SELECT .*WHERE and\(greaterOrEquals\(time, /)
  })

  it('is counted only by EXPLAIN', () => {
    expect(compiled("EXPLAIN DELETE FROM benchmark.cpu WHERE hostname = 'a'").dryRun).toBe(true)
    expect(failure("EXPLAIN ANALYZE DELETE FROM benchmark.cpu WHERE hostname = 'a'")).toMatch(/^NOT_SUPPORTED line 1:1: DELETE cannot be/)
  })

  it('takes conditions of every shape on dimensions, measure_name and time', () => {
    for (const condition of [
      "hostname IN ('a', 'b') OR region IS NULL",
      "measure_name LIKE 'cpu%' AND NOT (hostname = 'a')",
      "time BETWEEN '2026-11-17 00:00:00' AND timestamp '2026-11-18 00:00:00'",
      "bin(time, 1h) = timestamp '2026-11-17 10:00:00' AND lower(hostname) = 'a'",
      "CASE hostname WHEN 'a' THEN true ELSE false END",
    ]) {
      const { condition: text } = compiled(`DELETE FROM benchmark.cpu WHERE ${condition}`)
      expect(text).toMatch(/^ifNull\(.*, 0\)$/)
    }
  })

  it.each([
    [
      'DELETE FROM benchmark.cpu WHERE measure_value::double > 1',
      "SEMANTIC_ERROR line 1:33: DELETE selects records by dimensions, measure_name and time, not by the measure 'measure_value::double'",
    ],
    [
      "DELETE FROM benchmark.cpu WHERE hostname = 'a'\n OR measure_value::double > 1",
      "SEMANTIC_ERROR line 2:5: DELETE selects records by dimensions, measure_name and time, not by the measure 'measure_value::double'",
    ],
    [
      'DELETE FROM benchmark.cpu WHERE hostname IN (SELECT hostname FROM benchmark.cpu)',
      'SEMANTIC_ERROR line 1:42: DELETE selects records by dimensions, measure_name and time, not by another query',
    ],
    [
      'DELETE FROM benchmark.cpu WHERE time > (SELECT now())',
      'SEMANTIC_ERROR line 1:40: DELETE selects records by dimensions, measure_name and time, not by another query',
    ],
    [
      'DELETE FROM benchmark.cpu WHERE random() < 0.5 AND time < now()',
      'SEMANTIC_ERROR line 1:33: DELETE selects records by dimensions, measure_name and time, not by chance: random()',
    ],
    [
      'DELETE FROM benchmark.cpu WHERE true',
      'SEMANTIC_ERROR line 1:33: DELETE selects records by dimensions, measure_name and time: the condition names none of them',
    ],
    ['DELETE FROM benchmark.cpu WHERE hostname', 'TYPE_MISMATCH line 1:33: WHERE clause must evaluate to a boolean: actual type varchar'],
    ["DELETE FROM benchmark.cpu WHERE nosuch = 'a'", "COLUMN_NOT_FOUND line 1:33: Column 'nosuch' does not exist"],
    [
      "DELETE FROM benchmark.cpu WHERE max(hostname) = 'a'",
      'SEMANTIC_ERROR line 1:47: WHERE clause cannot contain aggregations, window functions or grouping operations',
    ],
    [
      "DELETE FROM benchmark.nosuch WHERE hostname = 'a'",
      "TABLE_NOT_FOUND Requested table 'nosuch' not found for identifier 'benchmark.nosuch' at line 1:13",
    ],
    ['DELETE FROM benchmark.cpu', "SYNTAX_ERROR line 1:26: mismatched input '<EOF>'. Expecting: '.', 'WHERE'"],
    ["DELETE FROM benchmark.cpu WHERE hostname = 'a' LIMIT 1", "SYNTAX_ERROR line 1:48: mismatched input 'LIMIT'"],
  ])('refuses %s', (sql, message) => {
    expect(failure(sql)).toContain(message)
  })

  it('is parsed and formatted without loss', () => {
    const text = `DELETE FROM "a"."b" WHERE hostname = 'x'`
    const bounds = { maxNestingDepth: 100, maxTokens: 1000 }
    expect(format(parse(text, bounds))).toBe(text)
  })
})
