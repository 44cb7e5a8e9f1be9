/** What becomes of a record, given the one already stored under its identity (series, measure name, time). */
export type VersionDecision =
  | { readonly kind: 'insert' }
  /** A higher version: the whole value is replaced, for multi-measure records the whole set of attributes. */
  | { readonly kind: 'replace' }
  /** A repeated write: accepted, nothing changes. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'reject'; readonly reason: string; readonly existingVersion?: bigint }

const insert: VersionDecision = { kind: 'insert' }
const replace: VersionDecision = { kind: 'replace' }
const keep: VersionDecision = { kind: 'keep' }

const sameVersionReason =
  'A record already exists with the same time, dimensions, measure name, and record version. ' +
  'A higher record version must be specified in order to update the measure value. ' +
  'Specifying record version is supported by the latest SDKs.'

/** Source of the rules and texts: developer guide, "Upserts"; API reference, `RejectedRecord` (ExistingVersion: only of a higher version). */
export function decideVersion(version: bigint, existingVersion: bigint | undefined, isSameValue: () => boolean): VersionDecision {
  if (existingVersion === undefined) return insert
  if (version > existingVersion) return replace
  if (version === existingVersion) return isSameValue() ? keep : { kind: 'reject', reason: sameVersionReason }
  return {
    kind: 'reject',
    reason:
      `The record version ${version} is lower than the existing version ${existingVersion}. ` +
      'A higher version is required to update the measure value.',
    existingVersion,
  }
}
