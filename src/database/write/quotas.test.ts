import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../base/limits.ts'
import { quotaReason } from './quotas.ts'
import type { ReadRecord } from './read-record.ts'

const record = (over: Partial<ReadRecord>): ReadRecord => ({
  index: 0,
  timeNs: 1n,
  version: 1n,
  measureName: 'cpu',
  dimensions: { names: ['host'], values: ['a'] },
  value: { kind: 'single', type: 'double', value: 1 },
  ...over,
})
const multi = (count: number, type: 'double' | 'varchar', value: number | string): ReadRecord['value'] => ({
  kind: 'multi',
  shape: { names: Array.from({ length: count }, (_, i) => `m${i}`), types: Array.from({ length: count }, () => type) },
  values: Array.from({ length: count }, () => value),
})
const reason = (r: ReadRecord): string | undefined => quotaReason(r, { type: 'MEASURE' }, defaultLimits)

describe('quotas of a record', () => {
  it('let the largest record through', () => {
    expect(reason(record({ dimensions: { names: ['host'], values: ['é'.repeat(1000)] } }))).toBeUndefined()
    expect(reason(record({ value: multi(256, 'double', 1) }))).toBeUndefined()
    expect(reason(record({ value: { kind: 'single', type: 'varchar', value: 'x'.repeat(2048) } }))).toBeUndefined()
  })

  it('count dimensions in bytes', () => {
    expect(reason(record({ dimensions: { names: ['host'], values: ['é'.repeat(1023)] } }))).toBe(
      'The dimension names and values of a record have at most 2048 bytes together, not 2050.',
    )
  })

  it('count dimensions, measure name and time of a record together', () => {
    const large = record({ dimensions: { names: ['host'], values: ['x'.repeat(2000)] }, measureName: 'm'.repeat(100) })
    expect(reason(large)).toBe('A record without its values has at most 2048 bytes, not 2112.')
  })

  it('bound the measures of a record in number and bytes', () => {
    expect(reason(record({ value: multi(257, 'double', 1) }))).toContain('at most 256 measures, not 257')
    expect(reason(record({ value: multi(3, 'varchar', 'x'.repeat(700)) }))).toContain('at most 2048 bytes together, not 2100')
  })

  it('need the dimension that the partition key requires, and not one that it makes optional', () => {
    const key = (enforcementInRecord: 'REQUIRED' | 'OPTIONAL') => ({ type: 'DIMENSION', name: 'tenant', enforcementInRecord }) as const
    expect(quotaReason(record({}), key('REQUIRED'), defaultLimits)).toContain('does not have the dimension tenant')
    expect(quotaReason(record({}), key('OPTIONAL'), defaultLimits)).toBeUndefined()
    expect(quotaReason(record({ dimensions: { names: ['tenant'], values: ['t'] } }), key('REQUIRED'), defaultLimits)).toBeUndefined()
  })
})
