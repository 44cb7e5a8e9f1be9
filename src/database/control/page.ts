import { ServerError } from '../../base/errors.ts'
import type { Page, PageRequest } from '../database.ts'

const largestPage = 20

/**
 * One page of what is listed in the order of its keys. The token says which list it belongs to and the last key that was given out, so that
 * it means the same on every node and stays right while entries come and go.
 * @param list names the list together with its filter
 * @throws ServerError VALIDATION
 */
export function pageOf<T>(
  keys: readonly string[],
  list: string,
  { maxResults, nextToken }: PageRequest,
  item: (key: string) => T,
  largest = largestPage,
): Page<T> {
  const size = maxResults ?? largest
  if (!Number.isInteger(size) || size < 1 || size > largest) {
    const bound = size < 1 ? 'greater than or equal to 1' : `less than or equal to ${largest}`
    throw new ServerError(
      'VALIDATION',
      `1 validation error detected: Value '${size}' at 'maxResults' failed to satisfy constraint: Member must have value ${bound}`,
    )
  }
  const after = nextToken === undefined ? undefined : readToken(nextToken, list)
  const from = after === undefined ? 0 : firstAbove(keys, after)
  const page = keys.slice(from, from + size)
  const last = page.at(-1)
  const items = page.map(item)
  return last !== undefined && from + size < keys.length ? { items, nextToken: writeToken(list, last) } : { items }
}

const writeToken = (list: string, last: string): string => Buffer.from(JSON.stringify([list, last])).toString('base64url')

function readToken(token: string, list: string): string {
  try {
    const content = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown
    if (Array.isArray(content) && content.length === 2 && content[0] === list && typeof content[1] === 'string') return content[1]
  } catch {
    // said below
  }
  throw new ServerError('VALIDATION', 'Invalid pagination token')
}

/** Index of the first key above; the keys are sorted. */
function firstAbove(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') > key) high = middle
    else low = middle + 1
  }
  return low
}
