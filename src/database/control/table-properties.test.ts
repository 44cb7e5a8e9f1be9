import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../base/limits.ts'
import type { PartitionKey } from '../database.ts'
import { changePartitionKey, newTableProperties, readPartitionKey, readRetention } from './table-properties.ts'

const table = { databaseName: 'db', tableName: 'table' }
const invalid = expect.objectContaining({ code: 'VALIDATION' }) as Error

describe('the properties of a new table', () => {
  it('have the defaults that clients expect', () => {
    expect(newTableProperties(table, defaultLimits)).toEqual({
      memoryStoreHours: 6,
      magneticStoreDays: 73_000,
      magneticStoreWrites: false,
      partitionKey: { type: 'MEASURE' },
    })
  })

  it.each([
    [0, 1],
    [8767, 1],
    [1, 0],
    [1, 73_001],
    [1.5, 1],
  ])('refuse a retention of %d h and %d d', (hours, days) => {
    const retention = { memoryStoreRetentionPeriodInHours: hours, magneticStoreRetentionPeriodInDays: days }
    expect(() => readRetention(retention, defaultLimits)).toThrow(invalid)
  })

  it.each([
    [1, 1],
    [8766, 73_000],
  ])('take a retention of %d h and %d d', (hours, days) => {
    const retention = { memoryStoreRetentionPeriodInHours: hours, magneticStoreRetentionPeriodInDays: days }
    expect(readRetention(retention, defaultLimits)).toEqual({ memoryStoreHours: hours, magneticStoreDays: days })
  })

  it('take one partition key, with the enforcement optional when not said', () => {
    expect(readPartitionKey([{ type: 'DIMENSION', name: 'host' }], defaultLimits)).toEqual({
      type: 'DIMENSION',
      name: 'host',
      enforcementInRecord: 'OPTIONAL',
    })
    expect(() => readPartitionKey([{ type: 'MEASURE' }, { type: 'DIMENSION', name: 'host' }], defaultLimits)).toThrow(
      'You have specified too many partition keys to be used in your composite partition key. Only 1 partition keys can be specified.',
    )
  })

  it.each<readonly [string, readonly PartitionKey[]]>([
    ['no key', []],
    ['a dimension without a name', [{ type: 'DIMENSION' }]],
    ['a measure with a name', [{ type: 'MEASURE', name: 'cpu' }]],
    ['a measure with an enforcement', [{ type: 'MEASURE', enforcementInRecord: 'REQUIRED' }]],
    ['a reserved name', [{ type: 'DIMENSION', name: 'time' }]],
    ['a name that no dimension can have', [{ type: 'DIMENSION', name: 'a:b' }]],
    ['a long name', [{ type: 'DIMENSION', name: 'n'.repeat(61) }]],
  ])('refuse a partition key that is %s', (_, keys) => {
    expect(() => readPartitionKey(keys, defaultLimits)).toThrow(invalid)
  })

  it('refuse a location for rejected records without a bucket', () => {
    const magneticStoreWrites = { enableMagneticStoreWrites: true, rejectedDataLocation: { objectKeyPrefix: 'p' } }
    expect(() => newTableProperties({ ...table, magneticStoreWrites }, defaultLimits)).toThrow(invalid)
  })
})

describe('the partition key of a table', () => {
  const host = { type: 'DIMENSION', name: 'host', enforcementInRecord: 'REQUIRED' } as const

  it('changes its enforcement only', () => {
    expect(changePartitionKey(host, [{ ...host, enforcementInRecord: 'OPTIONAL' }], defaultLimits)).toEqual({
      ...host,
      enforcementInRecord: 'OPTIONAL',
    })
    expect(changePartitionKey(host, [{ type: 'DIMENSION', name: 'host' }], defaultLimits)).toEqual(host)
  })

  it.each<readonly [PartitionKey]>([[{ type: 'MEASURE' }], [{ type: 'DIMENSION', name: 'rack' }]])('never becomes %j', (key) => {
    expect(() => changePartitionKey(host, [key], defaultLimits)).toThrow(invalid)
  })
})
