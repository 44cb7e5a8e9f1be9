import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Tags } from '../../storage/table-record.ts'
import type { Tag } from '../database.ts'
import { checkVersioningTag } from '../write/versioning.ts'

const longestKey = 128
const longestValue = 256
/** Source: developer guide, "Tag restrictions". */
const characters = /^[\p{L}\p{N}\p{Z}+\-=._:/@]*$/u
const charactersText = 'letters, digits, white space and + - = . _ : / @'

/**
 * The tags after `added` were put over `existing`.
 * @throws ServerError VALIDATION for a tag that breaks a rule, SERVICE_QUOTA_EXCEEDED when there would be too many
 */
export function addTags(existing: Tags | undefined, added: readonly Tag[], limits: Limits): Tags {
  const tags = new Map(Object.entries(existing ?? {}))
  const seen = new Set<string>()
  for (const { key, value } of added) {
    checkKey(key)
    checkText('value', key, value, longestValue)
    checkVersioningTag({ key, value })
    if (seen.has(key)) throw new ServerError('VALIDATION', `The tag key ${JSON.stringify(key)} is given more than once.`)
    seen.add(key)
    tags.set(key, value)
  }
  if (tags.size > limits.tags) {
    throw new ServerError('SERVICE_QUOTA_EXCEEDED', `A resource can have at most ${limits.tags} tags; this would make ${tags.size}.`)
  }
  return Object.fromEntries(tags)
}

/** Keys that are not there are no error. */
export function removeTags(existing: Tags | undefined, keys: readonly string[]): Tags {
  for (const key of keys) checkKey(key)
  const removed = new Set(keys)
  return Object.fromEntries(Object.entries(existing ?? {}).filter(([key]) => !removed.has(key)))
}

/** In the order of their keys. */
export const listOf = (tags: Tags | undefined): readonly Tag[] =>
  Object.entries(tags ?? {})
    .map(([key, value]) => ({ key, value }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))

function checkKey(key: string): void {
  if (key === '') throw new ServerError('VALIDATION', 'A tag key has at least 1 character.')
  checkText('key', key, key, longestKey)
  if (key.toLowerCase().startsWith('aws:')) {
    throw new ServerError('VALIDATION', `The tag key ${JSON.stringify(key)} begins with aws:, which is reserved.`)
  }
}

function checkText(part: 'key' | 'value', key: string, text: string, longest: number): void {
  if ([...text].length > longest)
    throw new ServerError(
      'VALIDATION',
      `The tag ${part} of ${JSON.stringify(key.slice(0, longestKey))} is longer than ${longest} characters.`,
    )
  if (!characters.test(text)) {
    throw new ServerError('VALIDATION', `The tag ${part} of ${JSON.stringify(key)} has characters other than ${charactersText}.`)
  }
}
