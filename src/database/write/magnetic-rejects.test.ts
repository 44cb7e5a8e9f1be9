import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import type { PutOptions } from '../../object-store/object-store.ts'
import { type TableRecord, emptySchema } from '../../storage/table-record.ts'
import { MagneticRejects, type RejectOutcome } from './magnetic-rejects.ts'
import { type MagneticReject, rejectReport, rejectedRecordJson } from './reject-report.ts'

const table: TableRecord = {
  databaseName: 'db1',
  tableName: 'cpu',
  physicalName: 't_1',
  creationTimeMs: 0,
  lastUpdatedTimeMs: 0,
  memoryStoreHours: 1,
  magneticStoreDays: 1,
  magneticStoreWrites: true,
  rejectedDataLocation: { bucketName: 'rejects', objectKeyPrefix: '/a/b/', encryptionOption: 'SSE_KMS', kmsKeyId: 'key' },
  partitionKey: { type: 'MEASURE' },
  schema: emptySchema,
}
const reject = (reason: string, n = 1): MagneticReject => ({
  reason,
  record: {
    timeNs: 1_637_166_175_635_000_000n,
    version: 9_007_199_254_740_993n,
    measureName: 'load',
    dimensions: { names: ['host'], values: [`h"${n}`] },
    value: { kind: 'single', type: 'double', value: 3.14 },
  },
})

describe('an error report of rejected late records', () => {
  it('has each record as it was sent, by reason', () => {
    const { key, body } = rejectReport(
      table,
      '/a/b/',
      new Map([
        ['lower', [rejectedRecordJson(reject('lower'))]],
        [
          'equal',
          [
            rejectedRecordJson({
              reason: 'equal',
              record: {
                ...reject('').record,
                value: { kind: 'multi', shape: { names: ['x', 'y'], types: ['bigint', 'timestamp'] }, values: [5n, 7n] },
              },
            }),
          ],
        ],
      ]),
      Date.UTC(2026, 10, 7, 3, 4),
    )
    const { reportId } = JSON.parse(body) as { reportId: string }
    expect(reportId).toMatch(/^[0-9A-F]{32}$/)
    expect(key).toBe(`a/b/db1/cpu/2026/11/07/03/${reportId}.json`)
    expect(body).toContain('"version":9007199254740993}')
    const common = {
      dimensions: [{ name: 'host', value: 'h"1', dimensionValueType: null }],
      measureName: 'load',
      time: '1637166175635000000',
      timeUnit: 'NANOSECONDS',
      version: 9007199254740992,
    }
    expect(JSON.parse(body.replaceAll('9007199254740993', '9007199254740992'))).toEqual({
      reportId,
      errors: [
        { reason: 'lower', records: [{ ...common, measureValue: '3.14', measureValues: null, measureValueType: 'DOUBLE' }] },
        {
          reason: 'equal',
          records: [
            {
              ...common,
              measureValue: null,
              measureValues: [
                { name: 'x', value: '5', type: 'BIGINT' },
                { name: 'y', value: '7', type: 'TIMESTAMP' },
              ],
              measureValueType: 'MULTI',
            },
          ],
        },
      ],
    })
  })
})

describe('rejected late records', () => {
  let objects: { bucket: string; key: string; body: string; options: PutOptions | undefined }[]
  let isReachable: boolean
  let outcomes: Partial<Record<RejectOutcome, number>>
  let warnings: number
  let errors: number

  const open = (maxBytes = 1_000_000): MagneticRejects =>
    new MagneticRejects({
      objectStore: {
        put: async (bucket, key, body, options) => {
          if (!isReachable) throw new Error('unreachable')
          objects.push({ bucket, key, body: String(body), options })
        },
      },
      clock: systemClock,
      log: { ...silentLog, warn: () => void warnings++, error: () => void errors++ },
      maxBytes,
      onOutcome: (outcome, records) => (outcomes[outcome] = (outcomes[outcome] ?? 0) + records),
    })

  beforeEach(() => {
    vi.useFakeTimers()
    objects = []
    isReachable = true
    outcomes = {}
    warnings = errors = 0
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('of one second go into one report of their table, encrypted as the table says', async () => {
    const rejects = open()
    rejects.add(table, [reject('r', 1), reject('r', 2)])
    rejects.add(table, [reject('s', 3)])
    rejects.add({ ...table, tableName: 'other', physicalName: 't_2' }, [reject('r')])
    await vi.advanceTimersByTimeAsync(1000)
    expect(objects.map(({ bucket, key }) => `${bucket} ${key.slice(0, 12)}`)).toEqual(['rejects a/b/db1/cpu/', 'rejects a/b/db1/othe'])
    expect(objects[0]?.options).toEqual({ contentType: 'application/json', encryption: 'SSE_KMS', kmsKeyId: 'key' })
    const { errors: byReason } = JSON.parse(objects[0]!.body) as { errors: { reason: string; records: unknown[] }[] }
    expect(byReason.map(({ reason, records }) => [reason, records.length])).toEqual([
      ['r', 2],
      ['s', 1],
    ])
    expect(outcomes).toEqual({ reported: 4 })
  })

  it('wait for a bucket that cannot be reached, and are tried again ever more slowly', async () => {
    const rejects = open()
    isReachable = false
    rejects.add(table, [reject('r', 1)])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(warnings).toBe(4)
    rejects.add(table, [reject('r', 2)])
    isReachable = true
    await vi.advanceTimersByTimeAsync(60_000)
    expect(objects).toHaveLength(1)
    expect(outcomes).toEqual({ reported: 2 })
    expect(errors).toBe(0)
  })

  it('are bounded in memory: what is beyond is logged and counted', async () => {
    const bytes = rejectedRecordJson(reject('r')).length
    const rejects = open(3 * bytes)
    isReachable = false
    for (let i = 0; i < 5; i++) rejects.add(table, [reject('r')])
    expect(outcomes).toEqual({ lost: 2 })
    expect(errors).toBe(2)
    isReachable = true
    await vi.advanceTimersByTimeAsync(60_000)
    expect(outcomes).toEqual({ lost: 2, reported: 3 })
    rejects.add(table, [reject('r'), reject('r'), reject('r')])
    expect(outcomes).toEqual({ lost: 2, reported: 3 })
  })

  it('are brought out before the server stops; what cannot be is logged and counted', async () => {
    const rejects = open()
    rejects.add(table, [reject('r')])
    await rejects.drain()
    expect(outcomes).toEqual({ reported: 1 })
    const others = open()
    isReachable = false
    others.add(table, [reject('r')])
    await others.drain()
    others.add(table, [reject('r')])
    expect(outcomes).toEqual({ reported: 1, lost: 2 })
  })

  it('of a table without a bucket are counted', () => {
    const { rejectedDataLocation: _none, ...plain } = table
    open().add(plain, [reject('r')])
    expect(outcomes).toEqual({ unreported: 1 })
  })
})
