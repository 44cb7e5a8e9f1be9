import type { AttributeType, SingleMeasureType } from '../table-record.ts'

/** A valid record on its way into a table, merged with what was common to its request. */
export interface WriteRecord {
  /** Its place in the caller's request. */
  readonly index: number
  readonly timeNs: bigint
  readonly version: bigint
  /** Takes the place of whatever record is stored: its version is raised above that one's where it is not. */
  readonly isLastWord?: boolean
  readonly store: 'memory' | 'magnetic'
  readonly measureName: string
  readonly dimensions: DimensionSet
  readonly value: RecordValue
}

/** Names in the caller's order. Sets with the same names share the array, so that work per name is done once. */
export interface DimensionSet {
  readonly names: readonly string[]
  readonly values: readonly string[]
  /** Whoever made it keeps it for all records of its series, so that it comes again: what is found out about it is worth remembering. */
  readonly isKept?: true
}

export type Cell = number | bigint | boolean | string

export type RecordValue = { readonly kind: 'single'; readonly type: SingleMeasureType; readonly value: Cell } | MultiValue

export interface MultiValue {
  readonly kind: 'multi'
  readonly shape: MultiShape
  /** By type: double number; bigint bigint; boolean boolean; varchar string; timestamp bigint nanoseconds. */
  readonly values: readonly Cell[]
}

/** Names and types of a multi-measure record's attributes; one object for all records that agree in them. */
export interface MultiShape {
  readonly names: readonly string[]
  readonly types: readonly AttributeType[]
}

export interface WriteOutcome {
  readonly rejected: readonly VersionReject[]
}

export interface VersionReject {
  readonly index: number
  readonly reason: string
  readonly existingVersion?: bigint
}
