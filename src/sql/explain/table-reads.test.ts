import { expect, it } from 'vitest'
import { sampleCatalog } from '../../../tests/sql/support/sample-catalog.ts'
import { defaultLimits } from '../../base/limits.ts'
import { tableReads } from './table-reads.ts'

/** 2026-11-18 00:00:00 UTC. */
const nowNs = 1_794_960_000_000_000_000n
const hourNs = 3_600_000_000_000n
const session = { nowNs, maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }

it('every reading of a table has the times that its conditions leave, in subqueries too', () => {
  const sql =
    'SELECT hostname FROM (SELECT hostname, time FROM benchmark.cpu) WHERE time BETWEEN ago(2h) AND now() ' +
    'AND hostname IN (SELECT hostname FROM sampleDB.DevOps WHERE time >= ago(5h) AND time < ago(1h))'
  const ranges = tableReads(sql, sampleCatalog, session).map(({ table, fromNs, toNs }) => [table, fromNs, toNs])
  expect(ranges).toContainEqual(['cpu', nowNs - 2n * hourNs, nowNs])
  expect(ranges).toContainEqual(['DevOps', nowNs - 5n * hourNs, nowNs - hourNs - 1n])
})

it('a statement about the catalog reads no table', () => {
  expect(tableReads('SHOW DATABASES', sampleCatalog, session)).toEqual([])
})
