import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { DocumentStore } from '../../storage/document-store.ts'
import type { AccountSettings, ProvisionedCapacity, UpdateAccountSettingsInput } from '../database.ts'

/** The document, kind `setting`. */
const key = 'account'

interface StoredSettings {
  readonly maxQueryTcu: number
  readonly provisioned?: ProvisionedCapacity
  readonly provisionedAtMs?: number
}

/** Source of the numbers: developer guide, "Timestream Compute Unit". */
const defaultMaxQueryTcu = 200
const leastMaxQueryTcu = 4
const greatestMaxQueryTcu = 1000
const tcuStep = 4
/** Provisioned capacity is kept for so long before it may become less. Source: API reference, UpdateAccountSettings. */
const keptForMs = 3_600_000

/** The settings of the query service for the whole account: one document, changed by compare-and-set. */
export class AccountSettingsControl {
  readonly #documents: Pick<DocumentStore, 'get' | 'put'>
  readonly #clock: Clock

  constructor(documents: Pick<DocumentStore, 'get' | 'put'>, clock: Clock) {
    this.#documents = documents
    this.#clock = clock
  }

  async describe(): Promise<AccountSettings> {
    return shown((await this.#documents.get<StoredSettings>('setting', key))?.value)
  }

  /** Compute units that queries may take: the provisioned ones, else the greatest number allowed on demand. */
  async tcu(): Promise<number> {
    return tcuOf(await this.describe())
  }

  /** @throws ServerError VALIDATION */
  async update(input: UpdateAccountSettingsInput): Promise<AccountSettings> {
    check(input)
    for (;;) {
      const stored = await this.#documents.get<StoredSettings>('setting', key)
      const next = changed(stored?.value ?? { maxQueryTcu: defaultMaxQueryTcu }, input, this.#clock.nowMs())
      if (await this.#documents.put('setting', key, next, stored?.revision ?? 0)) return shown(next)
    }
  }
}

export const tcuOf = ({ maxQueryTcu, provisioned }: AccountSettings): number => provisioned?.targetQueryTcu ?? maxQueryTcu

function shown({ maxQueryTcu, provisioned }: StoredSettings = { maxQueryTcu: defaultMaxQueryTcu }): AccountSettings {
  return { maxQueryTcu, queryPricingModel: 'COMPUTE_UNITS', ...(provisioned && { provisioned }) }
}

function check({ maxQueryTcu, queryPricingModel, computeMode, provisioned }: UpdateAccountSettingsInput): void {
  if (maxQueryTcu !== undefined) {
    const isFit = maxQueryTcu % tcuStep === 0 && maxQueryTcu >= leastMaxQueryTcu && maxQueryTcu <= greatestMaxQueryTcu
    if (!isFit)
      throw invalid(`MaxQueryTCU must be a multiple of ${tcuStep} from ${leastMaxQueryTcu} to ${greatestMaxQueryTcu}, not ${maxQueryTcu}`)
  }
  if (queryPricingModel === 'BYTES_SCANNED') throw invalid('QueryPricingModel can only be set to COMPUTE_UNITS')
  if (computeMode === 'PROVISIONED' && !provisioned) throw invalid('ComputeMode PROVISIONED needs ProvisionedCapacity')
  if (computeMode !== 'PROVISIONED' && provisioned) throw invalid('ProvisionedCapacity needs ComputeMode PROVISIONED')
  if (!provisioned) return
  const { targetQueryTcu } = provisioned
  if (targetQueryTcu % tcuStep !== 0 || targetQueryTcu < 0 || targetQueryTcu > greatestMaxQueryTcu) {
    throw invalid(`TargetQueryTCU must be a multiple of ${tcuStep} from 0 to ${greatestMaxQueryTcu}, not ${targetQueryTcu}`)
  }
}

/** A target of 0 gives the capacity back: the account is on demand again. */
function changed(current: StoredSettings, input: UpdateAccountSettingsInput, nowMs: number): StoredSettings {
  const { maxQueryTcu = current.maxQueryTcu, computeMode, provisioned } = input
  const { provisioned: before, provisionedAtMs = 0 } = current
  const target = computeMode === 'ON_DEMAND' ? 0 : provisioned?.targetQueryTcu
  if (target === undefined) return { ...current, maxQueryTcu }
  if (before && target < before.targetQueryTcu && nowMs < provisionedAtMs + keptForMs) {
    throw invalid(
      `Provisioned capacity can be lowered one hour after it was provisioned; ${before.targetQueryTcu} TCU were provisioned less than an hour ago`,
    )
  }
  if (!provisioned || target === 0) return { maxQueryTcu }
  const isRaised = target > (before?.targetQueryTcu ?? 0)
  return { maxQueryTcu, provisioned, provisionedAtMs: isRaised ? nowMs : provisionedAtMs }
}

const invalid = (message: string): ServerError => new ServerError('VALIDATION', message)
