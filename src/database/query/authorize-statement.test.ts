import { describe, expect, it } from 'vitest'
import { sampleCatalog } from '../../../tests/sql/support/sample-catalog.ts'
import { ServerError } from '../../base/errors.ts'
import { defaultLimits } from '../../base/limits.ts'
import { compile } from '../../sql/compile.ts'
import type { Permissions } from '../access/permissions.ts'
import type { AccessDecision, Caller } from '../caller.ts'
import { authorizeStatement } from './authorize-statement.ts'

const account = { region: 'us-east-1', accountId: '000000000000' }
const session = { nowNs: 1n, maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }
const cpu = 'arn:aws:timestream:us-east-1:000000000000:database/benchmark/table/cpu'

/** What a statement asks for, and the first action that is refused to whoever has only these. */
function asked(sql: string, ...allowed: readonly string[]): { readonly actions: readonly string[]; readonly refused?: string } {
  const permissions: Permissions = {
    decide: (action) => ({
      outcome: allowed.includes(action) ? 'allowed' : 'implicit-deny',
      because: [],
      isSteady: true,
      kind: 'identity-based',
    }),
    guardRails: () => ({}),
  }
  const decisions: AccessDecision[] = []
  const caller: Caller = { principal: { name: 'ann', accessKeyId: 'k', isRoot: false, permissions }, requestId: 'r', decisions }
  const actions = (): readonly string[] => decisions.map(({ action, resource }) => `${action} ${resource}`)
  try {
    authorizeStatement(caller, compile(sql, sampleCatalog, session), account)
    return { actions: actions() }
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== 'ACCESS_DENIED') throw error
    return { actions: actions(), refused: decisions.at(-1)!.action }
  }
}

describe('the permissions of a statement', () => {
  it('UNLOAD needs Unload and Select on every table that it reads', () => {
    const sql = "UNLOAD (SELECT hostname FROM benchmark.cpu) TO 's3://bucket/folder'"
    expect(asked(sql, 'timestream:Unload', 'timestream:Select')).toEqual({
      actions: [`timestream:Unload ${cpu}`, `timestream:Select ${cpu}`],
    })
    expect(asked(sql, 'timestream:Select').refused).toBe('timestream:Unload')
    expect(asked(sql, 'timestream:Unload').refused).toBe('timestream:Select')
    const joined = "UNLOAD (SELECT a.hostname FROM benchmark.cpu a, sampleDB.IoT b) TO 's3://bucket/folder'"
    expect(asked(joined, 'timestream:Unload', 'timestream:Select').actions).toHaveLength(4)
  })

  it('DELETE needs DeleteRecords and nothing else, and so does counting before it', () => {
    for (const sql of ["DELETE FROM benchmark.cpu WHERE hostname = 'a'", "EXPLAIN DELETE FROM benchmark.cpu WHERE hostname = 'a'"]) {
      expect(asked(sql, 'timestream:DeleteRecords')).toEqual({ actions: [`timestream:DeleteRecords ${cpu}`] })
      expect(asked(sql, 'timestream:Select', 'timestream:WriteRecords', 'timestream:DeleteTable').refused).toBe('timestream:DeleteRecords')
    }
  })
})
