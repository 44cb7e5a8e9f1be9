import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../base/limits.ts'
import type { Catalog } from '../../sql/catalog.ts'
import { compile, type CompiledStatement, type Session } from '../../sql/compile.ts'
import { catalogOf, tableSchema } from '../../../tests/sql/support/sample-catalog.ts'
import { CompiledTexts } from './compiled-texts.ts'

const secondNs = 1_000_000_000n
const startNs = 1_795_000_000n * secondNs
const table = () => ({
  ...tableSchema('benchmark', 'cpu', 't_cpu', { dimensions: ['hostname'], attributes: { usage_user: 'double' } }),
  retention: { memoryStoreHours: 24, magneticStoreDays: 30 },
})
const catalog = catalogOf(table())

const session = (nowNs: bigint, more: Partial<Session> = {}): Session => ({
  nowNs,
  maxNestingDepth: defaultLimits.sqlNestingDepth,
  maxTokens: defaultLimits.sqlTokens,
  ...more,
})

/** Its facts are worked out when they are asked for. */
const plain = (statement: CompiledStatement): object => ({ ...statement, facts: undefined })

/** What each asking answers, by seconds after the start; each as a fresh compilation would. */
function asked(
  text: string,
  seconds: readonly number[],
  snapshots: (index: number) => Catalog = () => catalog,
): readonly CompiledStatement[] {
  const texts = new CompiledTexts()
  return seconds.map((second, index) => {
    const at = session(startNs + BigInt(Math.round(second * 1000)) * 1_000_000n)
    const statement = texts.compile(text, snapshots(index), snapshots(index), at)
    expect(plain(statement)).toEqual(plain(compile(text, snapshots(index), at)))
    return statement
  })
}

const lateBeginning = "SELECT max(usage_user) FROM benchmark.cpu WHERE time >= timestamp '2026-11-18 00:00:00'"

describe('texts that come again', () => {
  it('are compiled twice, and then once a minute, while they begin later than the retention period does', () => {
    const [first, second, third, fourth, later, latest] = asked(lateBeginning, [0, 1, 2, 60, 62, 63])
    expect(second).not.toBe(first)
    expect(third).toBe(second)
    expect(fourth).toBe(second)
    expect(later).not.toBe(second)
    expect(latest).toBe(later)
  })

  it.each([
    ['have a retention period in them', 'SELECT max(usage_user) FROM benchmark.cpu'],
    ['say now()', `${lateBeginning} AND time < now()`],
    ['say ago()', 'SELECT max(usage_user) FROM benchmark.cpu WHERE time > ago(1h)'],
    ['compare a field of now() with a constant', `${lateBeginning} AND second(now()) = 3`],
    ['hide now() in a subquery', `${lateBeginning} AND usage_user > (SELECT count(*) FROM (VALUES current_time) AS t(x))`],
    ['read years of two digits, which are near now', `${lateBeginning} AND hostname <> date_format(parse_datetime('70', 'yy'), '%Y')`],
    ['list what the caller may see', 'SELECT table_name FROM information_schema.tables'],
  ])('are compiled each time when they %s', (_why, text) => {
    const statements = asked(text, [0, 1, 2, 3, 4])
    expect(new Set(statements).size).toBe(5)
  })

  it('are compiled anew when the retention period reaches their beginning', () => {
    const short = catalogOf({ ...table(), retention: { memoryStoreHours: 1, magneticStoreDays: 1 } })
    const beginsSoonExpired = new Date(Number((startNs - 25n * 3600n * secondNs) / 1_000_000n) + 90_000).toISOString()
    const text = `SELECT max(usage_user) FROM benchmark.cpu WHERE time >= from_iso8601_timestamp('${beginsSoonExpired}')`
    asked(text, [0, 1, 2, 28, 31, 59, 61, 88, 89, 91, 95, 120, 150, 151, 152], () => short)
  })

  it('are compiled anew when anything of the catalog changes', () => {
    const changed = catalogOf({ ...table(), physical: { database: 'tidemark', table: 't_cpu', final: true } })
    const [, second, third, fourth] = asked(lateBeginning, [0, 1, 2, 3], (index) => (index < 2 ? catalog : changed))
    expect(third).not.toBe(second)
    expect(fourth).not.toBe(third)
  })
})
