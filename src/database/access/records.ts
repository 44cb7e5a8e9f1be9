import { ServerError } from '../../base/errors.ts'

/** How much the queries of a principal may take; what is absent is not bounded. */
export interface GuardRails {
  /** Bytes that one query may read. */
  readonly maxBytesScanned?: number
  readonly maxQuerySeconds?: number
  /** Rows of one result. */
  readonly maxResultRows?: number
  /** Queries that run or wait at once. */
  readonly maxConcurrentQueries?: number
}

/** The catalog's document of a user; key: its name. */
export interface UserRecord {
  readonly userName: string
  readonly createdAtMs: number
  readonly policyNames: readonly string[]
  readonly groupNames: readonly string[]
  readonly guardRails?: GuardRails
}

/** The catalog's document of a group; key: its name. Users say which groups they are in. */
export interface GroupRecord {
  readonly groupName: string
  readonly createdAtMs: number
  readonly policyNames: readonly string[]
  readonly guardRails?: GuardRails
}

/** The catalog's document of a policy; key: its name. */
export interface PolicyRecord {
  readonly policyName: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** IAM JSON as it was given. */
  readonly document: string
}

/** The strictest of them. */
export function strictest(rails: readonly (GuardRails | undefined)[]): GuardRails {
  const result: Record<string, number> = {}
  for (const rail of rails) {
    for (const [name, value] of Object.entries(rail ?? {}) as [string, number][]) result[name] = Math.min(result[name] ?? value, value)
  }
  return result
}

/** @throws ServerError VALIDATION */
export function checkGuardRails(rails: GuardRails): void {
  for (const [name, value] of Object.entries(rails) as [string, number][]) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    throw new ServerError('VALIDATION', `The guard rail ${name} must be a whole number from 1, not ${value}.`)
  }
}
