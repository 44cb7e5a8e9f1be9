import { describe, expect, it } from 'vitest'
import { sampleCatalog } from '../../../tests/sql/support/sample-catalog.ts'
import { defaultLimits } from '../../base/limits.ts'
import { compile } from '../compile.ts'

/** 2026-11-18 00:00:00 UTC. */
const nowNs = 1_794_960_000_000_000_000n
const session = { nowNs, maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }

function explain(sql: string): readonly string[] {
  const statement = compile(`EXPLAIN ${sql}`, sampleCatalog, session)
  if (statement.kind !== 'explain') throw new Error(`a plan was expected, not ${statement.kind}`)
  return statement.plan
}

describe('a plan', () => {
  it('names the columns that are read, the range of time, the stores and what is pushed down', () => {
    expect(
      explain(
        "SELECT hostname, avg(usage_user) AS mean FROM benchmark.cpu WHERE time > ago(2h) AND time <= now() AND region IN ('a', 'b') GROUP BY hostname ORDER BY mean DESC LIMIT 3",
      ),
    ).toEqual([
      '- Limit 3',
      '  - Sort by avg(usage_user) DESC',
      '    - Aggregate by hostname: avg(usage_user)',
      '      - Read "benchmark"."cpu"',
      '          columns: hostname, region, time, usage_user',
      '          time: from 2026-11-17 22:00:00.000000001 to 2026-11-18 00:00:00.000000000, 2 daily partitions',
      '          stores: memory store',
      "          pushed down: time > TIMESTAMP '2026-11-17 22:00:00.000000000' AND time <= TIMESTAMP '2026-11-18 00:00:00.000000000' AND region IN ('a', 'b')",
    ])
  })

  it('begins the range where the retention periods end when no condition does', () => {
    expect(explain('SELECT count(*) FROM benchmark.cpu')).toEqual([
      '- Aggregate: count(*)',
      '  - Read "benchmark"."cpu"',
      '      columns: none (rows are counted)',
      '      time: from 2026-10-18 00:00:00.000000000 on',
      '      stores: memory store, magnetic store',
    ])
  })

  it('tells the magnetic store alone where all rows are older than the memory store keeps them', () => {
    expect(explain('SELECT usage_user FROM benchmark.cpu WHERE time < ago(2d)').join('\n')).toContain('stores: magnetic store')
  })

  it('goes through joins, WITH items, unions and subqueries', () => {
    const lines = explain(
      'WITH a AS (SELECT hostname FROM benchmark.cpu UNION ALL SELECT truck_id FROM sampleDB.IoT) ' +
        "SELECT count(*) FROM a JOIN sampleDB.DevOps d ON a.hostname = d.hostname WHERE d.az > (SELECT max(az) FROM sampleDB.DevOps) AND d.region = 'x'",
    ).map((line) => line.trim())
    expect(lines).toContain('- Union all')
    expect(lines).toContain('- Subquery')
    expect(lines).toContain('- Join inner on hostname = hostname')
    expect(lines.filter((line) => line.startsWith('- Read')).toSorted()).toEqual([
      '- Read "benchmark"."cpu"',
      '- Read "sampleDB"."DevOps"',
      '- Read "sampleDB"."DevOps"',
      '- Read "sampleDB"."IoT"',
    ])
  })

  it('of a statement about the catalog says that it is answered there', () => {
    expect(explain('SHOW DATABASES')).toEqual(['- Answered from the catalog'])
  })

  it('is not made of a plan', () => {
    expect(() => explain('EXPLAIN SELECT 1')).toThrow('line 1:9: EXPLAIN cannot be explained')
  })
})
