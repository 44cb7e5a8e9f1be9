import { describe, expect, it } from 'vitest'
import type { Clock } from '../../base/clock.ts'
import type { DocumentStore } from '../../storage/document-store.ts'
import type { UpdateAccountSettingsInput } from '../database.ts'
import { AccountSettingsControl } from './account-settings.ts'

function setUp() {
  let nowMs = 1_000_000_000_000
  const kept = { value: undefined as unknown, revision: 0 }
  const clock: Clock = { nowMs: () => nowMs, nowNs: () => BigInt(nowMs) * 1_000_000n, monotonicMs: () => nowMs }
  const documents: Pick<DocumentStore, 'get' | 'put'> = {
    get: async <T>(_kind: string, key: string) =>
      kept.revision === 0 ? undefined : { key, value: kept.value as T, revision: kept.revision },
    put: async (_kind, _key, value, ifRevision) => {
      if (ifRevision !== kept.revision) return false
      kept.value = value
      kept.revision++
      return true
    },
  }
  return { settings: new AccountSettingsControl(documents, clock), pass: (ms: number) => void (nowMs += ms) }
}

const capacity = (targetQueryTcu: number): UpdateAccountSettingsInput => ({ computeMode: 'PROVISIONED', provisioned: { targetQueryTcu } })

describe('account settings', () => {
  it('are AWS’s until they are changed, and keep what an update leaves out', async () => {
    const { settings } = setUp()
    expect(await settings.describe()).toEqual({ maxQueryTcu: 200, queryPricingModel: 'COMPUTE_UNITS' })
    await settings.update({ maxQueryTcu: 1000 })
    await settings.update({ queryPricingModel: 'COMPUTE_UNITS' })
    expect(await settings.describe()).toEqual({ maxQueryTcu: 1000, queryPricingModel: 'COMPUTE_UNITS' })
  })

  it('provision capacity, lower it after an hour and give it back', async () => {
    const { settings, pass } = setUp()
    expect(await settings.update(capacity(16))).toMatchObject({ maxQueryTcu: 200, provisioned: { targetQueryTcu: 16 } })
    await expect(settings.update(capacity(8))).rejects.toThrow('16 TCU were provisioned less than an hour ago')
    await expect(settings.update({ computeMode: 'ON_DEMAND' })).rejects.toThrow('lowered one hour after')
    pass(3_600_000)
    expect(await settings.update(capacity(8))).toMatchObject({ provisioned: { targetQueryTcu: 8 } })
    expect(await settings.update(capacity(0))).toEqual({ maxQueryTcu: 200, queryPricingModel: 'COMPUTE_UNITS' })
  })

  it.each<[UpdateAccountSettingsInput, string]>([
    [{ maxQueryTcu: 6 }, 'MaxQueryTCU must be a multiple of 4 from 4 to 1000, not 6'],
    [{ maxQueryTcu: 0 }, 'not 0'],
    [{ maxQueryTcu: 1004 }, 'not 1004'],
    [{ queryPricingModel: 'BYTES_SCANNED' }, 'only be set to COMPUTE_UNITS'],
    [{ computeMode: 'PROVISIONED' }, 'needs ProvisionedCapacity'],
    [{ computeMode: 'ON_DEMAND', provisioned: { targetQueryTcu: 4 } }, 'needs ComputeMode PROVISIONED'],
    [capacity(5), 'TargetQueryTCU must be a multiple of 4 from 0 to 1000, not 5'],
    [capacity(-4), 'not -4'],
  ])('refuse %j', async (input, message) => {
    await expect(setUp().settings.update(input)).rejects.toThrow(message)
  })
})
