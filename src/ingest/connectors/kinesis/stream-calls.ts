import type { GetRecordsCommandOutput, Shard } from '@aws-sdk/client-kinesis'
import { ServerError } from '../../../base/errors.ts'
import type { ConnectorOptionValues } from '../../option.ts'
import type { kinesisOptions, StartPosition } from './kinesis-options.ts'

type KinesisOptions = ConnectorOptionValues<typeof kinesisOptions>

/** What is asked of Kinesis about one stream. */
export interface StreamCalls {
  /** Open and closed ones, as long as their records are kept. */
  shards(): Promise<readonly Shard[]>
  shardIterator(shardId: string, after: string | undefined, start: StartPosition): Promise<string | undefined>
  getRecords(iterator: string, most: number, signal: AbortSignal): Promise<GetRecordsCommandOutput>
  close(): void
}

/** @throws ServerError CONFIGURATION when the client is not installed */
export async function openStreamCalls(options: KinesisOptions): Promise<StreamCalls> {
  const { stream, region, endpoint, accessKeyId, secretAccessKey } = options
  const { KinesisClient, ListShardsCommand, GetShardIteratorCommand, GetRecordsCommand } = await loadClient()
  const { NodeHttpHandler } = await import('@smithy/node-http-handler')
  const client = new KinesisClient({
    region,
    // a shard waits for its own answer: one connection for all of them, as HTTP/2 has it, gains nothing
    requestHandler: new NodeHttpHandler({ requestTimeout: 30_000, connectionTimeout: 10_000 }),
    ...(endpoint !== undefined && { endpoint }),
    ...(accessKeyId !== undefined && { credentials: { accessKeyId, secretAccessKey: secretAccessKey ?? '' } }),
  })
  const name = stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream }
  return {
    async shards() {
      const shards: Shard[] = []
      let next: string | undefined
      do {
        const page = await client.send(new ListShardsCommand(next === undefined ? name : { NextToken: next }))
        shards.push(...(page.Shards ?? []))
        next = page.NextToken
      } while (next !== undefined)
      return shards
    },
    async shardIterator(shardId, after, start) {
      const from =
        after !== undefined
          ? ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after } as const)
          : start.type === 'AT_TIMESTAMP'
            ? ({ ShardIteratorType: start.type, Timestamp: start.timestamp } as const)
            : ({ ShardIteratorType: start.type } as const)
      return (await client.send(new GetShardIteratorCommand({ ...name, ShardId: shardId, ...from }))).ShardIterator
    },
    getRecords: (iterator, most, signal) =>
      client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: most, ...(stream.startsWith('arn:') && { StreamARN: stream }) }),
        { abortSignal: signal },
      ),
    close: () => client.destroy(),
  }
}

async function loadClient() {
  try {
    return await import('@aws-sdk/client-kinesis')
  } catch (error) {
    throw new ServerError(
      'CONFIGURATION',
      'The connector kinesis needs the package @aws-sdk/client-kinesis: npm install @aws-sdk/client-kinesis',
      { cause: error },
    )
  }
}
