import { describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { ControlRate } from './control-rate.ts'

describe('the rate of control operations', () => {
  it('is bounded for changes and for reads apart, and begins anew each second', () => {
    let nowMs = 10_000
    const rate = new ControlRate({ ...systemClock, monotonicMs: () => nowMs }, { controlChangesPerSecond: 1, controlReadsPerSecond: 2 })
    const throttled = { code: 'THROTTLING', message: 'Rate exceeded' }
    rate.admit('timestream:CreateTable')
    expect(() => rate.admit('timestream:DeleteDatabase')).toThrow(expect.objectContaining(throttled) as Error)
    rate.admit('timestream:DescribeTable')
    rate.admit('timestream:ListDatabases')
    expect(() => rate.admit('timestream:DescribeDatabase')).toThrow(expect.objectContaining(throttled) as Error)
    nowMs += 1000
    rate.admit('timestream:UpdateTable')
    rate.admit('timestream:ListTables')
  })

  it('does not count writes and queries', () => {
    const rate = new ControlRate(systemClock, { controlChangesPerSecond: 1, controlReadsPerSecond: 1 })
    for (let i = 0; i < 10; i++) {
      rate.admit('timestream:WriteRecords')
      rate.admit('timestream:Select')
    }
  })
})
