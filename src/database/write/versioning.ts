import { ServerError } from '../../base/errors.ts'
import type { Tags } from '../../storage/table-record.ts'

/** A tag of a table, because every client can set tags: which of two records without a version stays. */
export const versioningTag = 'tidemark:versioning'
export const lastWriterWins = 'last-writer-wins'
const firstWriterWins = 'first-writer-wins'

/** Records that bring no version take the place of those that are stored. */
export const isLastWriterWins = (tags: Tags | undefined): boolean => tags?.[versioningTag] === lastWriterWins

/** @throws ServerError VALIDATION for a mode that there is not */
export function checkVersioningTag({ key, value }: { readonly key: string; readonly value: string }): void {
  if (key !== versioningTag || value === lastWriterWins || value === firstWriterWins) return
  throw new ServerError(
    'VALIDATION',
    `The tag ${versioningTag} must be ${lastWriterWins} or ${firstWriterWins}, not ${JSON.stringify(value)}.`,
  )
}
