import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../base/limits.ts'
import { sampleCatalog } from '../../../tests/sql/support/sample-catalog.ts'
import { compile } from '../compile.ts'

const session = { nowNs: 0n, maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }

/** Whether the engine must watch for aggregates over no rows. */
function watches(sql: string): boolean {
  const statement = compile(sql, sampleCatalog, session)
  if (statement.kind !== 'query') throw new Error('a query was expected')
  return statement.settings['aggregate_functions_null_for_empty'] === 1
}

describe('aggregates over no rows', () => {
  it.each([
    'SELECT hostname, avg(usage_user), count(*), max(time), max_by(usage_user, time) FROM benchmark.cpu GROUP BY hostname',
    'SELECT bin(time, 1h) AS hour, sum(x) FROM (SELECT time, hostname, min(usage_user) AS x FROM benchmark.cpu GROUP BY 1, 2) GROUP BY bin(time, 1h) ORDER BY 1',
    'SELECT hostname FROM benchmark.cpu WHERE usage_user > 90',
  ])('cannot be in %s', (sql) => {
    expect(watches(sql)).toBe(false)
  })

  it.each([
    'SELECT avg(usage_user) FROM benchmark.cpu',
    'SELECT avg(usage_user) FROM benchmark.cpu GROUP BY 1 + 1',
    'SELECT hostname, avg(usage_user) FILTER (WHERE usage_user > 5) FROM benchmark.cpu GROUP BY hostname',
    'SELECT hostname, max(usage_user, 3) FROM benchmark.cpu GROUP BY ROLLUP (hostname)',
    'SELECT hostname, stddev(usage_user) FROM benchmark.cpu GROUP BY hostname',
    'SELECT hostname, max(time) OVER (ORDER BY time ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) FROM benchmark.cpu',
    'SELECT hostname, max(time) FROM benchmark.cpu WHERE usage_user > (SELECT max(usage_system) FROM benchmark.cpu) GROUP BY hostname',
    'SELECT a.hostname FROM benchmark.cpu a JOIN (SELECT max(time) AS t FROM benchmark.cpu) b ON a.time = b.t GROUP BY a.hostname',
  ])('may be in %s', (sql) => {
    expect(watches(sql)).toBe(true)
  })
})
