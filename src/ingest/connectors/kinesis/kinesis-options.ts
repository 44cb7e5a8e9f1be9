import { creationOptions } from '../../creation-options.ts'
import { payloadOptions } from '../../mapping/payload-decoder.ts'
import { type OptionValue, text, wholeNumber } from '../../option.ts'

/** Where shards are read from that were never read. */
export type StartPosition = { readonly type: 'TRIM_HORIZON' | 'LATEST' } | { readonly type: 'AT_TIMESTAMP'; readonly timestamp: Date }

function startPosition(value: OptionValue): StartPosition {
  if (value === 'oldest') return { type: 'TRIM_HORIZON' }
  if (value === 'latest') return { type: 'LATEST' }
  const ms = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms)) throw new Error('is neither oldest nor latest nor a time, as in 2026-01-31T12:00:00Z')
  return { type: 'AT_TIMESTAMP', timestamp: new Date(ms) }
}

function httpUrl(value: OptionValue): string {
  const url = text(value)
  if (!/^https?:\/\/./.test(url) || !URL.canParse(url)) throw new Error('is no URL that starts with http:// or https://')
  return url
}

export const kinesisOptions = {
  ...creationOptions,
  stream: { summary: 'Name of the stream, or its ARN', required: true, read: text },
  ...payloadOptions,
  region: { summary: 'Region of the stream', fallback: 'us-east-1', read: text },
  endpoint: { summary: 'Where Kinesis is reached; AWS when absent', read: httpUrl },
  accessKeyId: { summary: 'Access key id; found as AWS clients find it (environment, profile, role) when absent', read: text },
  secretAccessKey: { summary: 'Secret of that key', secret: true, read: text },
  start: { summary: 'Where shards are read from that were never read: oldest, latest, or a time', fallback: 'oldest', read: startPosition },
  recordsPerCall: { summary: 'Records that one GetRecords asks for', fallback: 5000, read: wholeNumber(1, 10_000) },
  idleMs: { summary: 'How long a shard rests that had nothing, in milliseconds', fallback: 1000, read: wholeNumber(200, 60_000) },
  leaseSeconds: { summary: 'How long shards of a node that is gone wait for another one', fallback: 15, read: wholeNumber(3, 300) },
} as const
