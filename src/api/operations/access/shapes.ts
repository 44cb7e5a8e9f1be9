import { ServerError } from '../../../base/errors.ts'
import type { Target } from '../../../database/access/access.ts'
import type { GuardRails } from '../../../database/access/records.ts'
import type { Operation } from '../../operation.ts'
import { list, long, string, structure } from '../../shape.ts'

/** Names of users, groups and policies; what they may be made of is checked further in. */
export const principalName = string({ min: 1, max: 64, pattern: '[a-zA-Z0-9+=,.@_-]+' })
export const principalNames = list(principalName, { max: 100 })
export const policyText = string({ min: 1, max: 131_072 })

/** What all operations on access have in common. */
export const own = (name: string): Pick<Operation, 'name' | 'service' | 'action'> => ({
  name,
  service: 'tidemark',
  action: `tidemark:${name}`,
})

export interface TargetOnWire {
  UserName?: string | undefined
  GroupName?: string | undefined
}

/** @throws ServerError VALIDATION unless exactly one is named */
export function decodeTarget({ UserName: userName, GroupName: groupName }: Partial<Record<keyof TargetOnWire, string>>): Target {
  if (userName !== undefined && groupName === undefined) return { userName }
  if (groupName !== undefined && userName === undefined) return { groupName }
  throw new ServerError('VALIDATION', 'Either UserName or GroupName must be given')
}

export interface GuardRailsOnWire {
  MaxBytesScanned?: number | undefined
  MaxQuerySeconds?: number | undefined
  MaxResultRows?: number | undefined
  MaxConcurrentQueries?: number | undefined
}

const positive = long({ min: 1, max: Number.MAX_SAFE_INTEGER })
export const guardRailsShape = structure<GuardRailsOnWire>({
  MaxBytesScanned: positive,
  MaxQuerySeconds: positive,
  MaxResultRows: positive,
  MaxConcurrentQueries: positive,
})

const railNames = {
  MaxBytesScanned: 'maxBytesScanned',
  MaxQuerySeconds: 'maxQuerySeconds',
  MaxResultRows: 'maxResultRows',
  MaxConcurrentQueries: 'maxConcurrentQueries',
} as const satisfies Record<keyof GuardRailsOnWire, keyof GuardRails>

export function decodeGuardRails(rails: Partial<Record<keyof GuardRailsOnWire, number>>): GuardRails {
  const entries = Object.entries(railNames) as [keyof GuardRailsOnWire, keyof GuardRails][]
  return Object.fromEntries(entries.flatMap(([name, ours]) => (rails[name] === undefined ? [] : [[ours, rails[name]]])))
}

export function encodeGuardRails(rails: GuardRails): Partial<Record<keyof GuardRailsOnWire, number>> {
  const entries = Object.entries(railNames) as [keyof GuardRailsOnWire, keyof GuardRails][]
  return Object.fromEntries(entries.flatMap(([name, ours]) => (rails[ours] === undefined ? [] : [[name, rails[ours]]])))
}
