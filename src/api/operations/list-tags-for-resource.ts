import type { ListTagsForResourceRequest, ListTagsForResourceResponse } from '@aws-sdk/client-timestream-query'
import { ServerError } from '../../base/errors.ts'
import type { Tag } from '../../database/database.ts'
import { operation } from '../operation.ts'
import { encodeTags } from '../resources/encode.ts'
import { nextToken, resourceArn } from '../resources/shapes.ts'
import { integer, required, structure } from '../shape.ts'

/**
 * One target for two services. Databases and tables belong to the write service, which knows no pages: all tags come at once. Scheduled queries
 * belong to the query service, whose answers have pages; the ARN tells which is meant.
 */
export const listTagsForResource = operation<ListTagsForResourceRequest, ListTagsForResourceResponse>({
  name: 'ListTagsForResource',
  service: 'both',
  action: 'timestream:ListTagsForResource',
  summary: 'Lists the tags of a resource.',
  input: structure<ListTagsForResourceRequest>({
    ResourceARN: required(resourceArn),
    MaxResults: integer({ min: 1, max: 200 }),
    NextToken: nextToken,
  }),
  handle: async ({ ResourceARN: arn, MaxResults: maxResults, NextToken: token }, { database, caller }) => {
    const tags = await database.listTags(caller, arn)
    if (!arn.includes(':scheduled-query/')) return { Tags: encodeTags(tags) }
    const { items, next } = pageOf(tags, maxResults ?? 200, token)
    return { Tags: encodeTags(items), NextToken: next }
  },
})

/** The token is the last key of the page before, so that a page stays right while tags come and go. */
function pageOf(tags: readonly Tag[], size: number, token: string | undefined): { readonly items: readonly Tag[]; readonly next?: string } {
  const after = token === undefined ? '' : Buffer.from(token, 'base64url').toString('utf8')
  if (token !== undefined && Buffer.from(after, 'utf8').toString('base64url') !== token) {
    throw new ServerError('VALIDATION', 'Invalid pagination token')
  }
  const sorted = tags.filter((tag) => tag.key > after).toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const items = sorted.slice(0, size)
  return sorted.length > size ? { items, next: Buffer.from(items.at(-1)!.key, 'utf8').toString('base64url') } : { items }
}
