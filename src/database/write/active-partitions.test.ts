import { describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { type TableRecord, emptySchema } from '../../storage/table-record.ts'
import { ActivePartitions } from './active-partitions.ts'

const table = (databaseName: string, physicalName: string): TableRecord => ({
  databaseName,
  tableName: 'table',
  physicalName,
  creationTimeMs: 0,
  lastUpdatedTimeMs: 0,
  memoryStoreHours: 1,
  magneticStoreDays: 1,
  magneticStoreWrites: true,
  partitionKey: { type: 'MEASURE' },
  schema: emptySchema,
})
const weekNs = 7n * 86_400_000_000_000n

describe('active partitions of the magnetic store', () => {
  it('are bounded for each database, and free again six hours after the last late record', () => {
    let nowMs = 0
    const partitions = new ActivePartitions({ ...systemClock, monotonicMs: () => nowMs }, 3)
    const [a, b, elsewhere] = [table('db', 't_a'), table('db', 't_b'), table('other', 't_c')]
    partitions.admit(a, [0n, 1n, weekNs])
    partitions.admit(b, [0n])
    const refused = { code: 'THROTTLING', message: expect.stringContaining('at most 3 active partitions') as string }
    expect(() => partitions.admit(b, [0n, weekNs])).toThrow(expect.objectContaining(refused) as Error)
    partitions.admit(a, [5n])
    partitions.admit(elsewhere, [weekNs])
    nowMs = 5 * 3_600_000
    partitions.admit(a, [0n])
    nowMs = 6 * 3_600_000
    partitions.admit(b, [0n, weekNs])
    expect(() => partitions.admit(b, [2n * weekNs])).toThrow(expect.objectContaining(refused) as Error)
  })
})
