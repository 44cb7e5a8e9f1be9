import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { ServerError } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Caller } from '../database/caller.ts'
import type { Database } from '../database/database.ts'
import type { ConnectorOptions, ConnectorOptionValues } from './option.ts'
import type { Pipeline } from './pipeline/pipeline.ts'
import type { RecordSink, TableRecords } from './record-sink.ts'

/**
 * A way for records to come in: options, routes or a consume loop, and decoding that does nothing else. Everything between decoding and the
 * acknowledgement (batches, durability, missing tables, dead letters, metrics, start and stop) belongs to the house.
 */
export interface Connector {
  /** In the configuration, in metrics, in the API: `influx`. */
  readonly type: string
  /** One sentence, no full stop. */
  readonly summary: string
  readonly options: ConnectorOptions
  /** Of an HTTP receiver, which is there once, under the name of its type, and runs unless it is told not to. Others run when they are configured, any number of them. */
  readonly routes?: readonly ConnectorRoute[]
  /** @param options as `readConnectorOptions` has read them @throws ServerError VALIDATION */
  open(options: ConnectorOptionValues<ConnectorOptions>, context: ConnectorContext): OpenConnector
}

/** A connector with its options typed by their definitions. */
export function connector<D extends ConnectorOptions>(
  definition: Omit<Connector, 'options' | 'open'> & {
    readonly options: D
    readonly open: (options: ConnectorOptionValues<D>, context: ConnectorContext) => OpenConnector
  },
): Connector {
  return { ...definition, open: (options, context) => definition.open(options as ConnectorOptionValues<D>, context) }
}

export interface ConnectorContext {
  /** Of this one: `influx`, `factory-kafka`. */
  readonly name: string
  readonly database: Database
  readonly sink: RecordSink
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  /** Who records are written as: HTTP receivers have the caller of each request instead. */
  readonly owner: () => Caller
}

export interface OpenConnector {
  /** Of HTTP receivers: answers a request whose caller is known. What it throws is answered by `failure`. */
  handle?(request: IngestRequest): Promise<IngestAnswer>
  /** The answer for an error in the protocol's own form: also of requests that prove nobody. */
  failure?(error: ServerError, route: string): IngestAnswer
  /** Of consumers: turns a message into records. Pure: dead letters are decoded again when they are replayed. @throws ServerError for a message that is none, PartlyDecoded where a part is */
  decode?(message: SourceMessage): readonly TableRecords[]
  /**
   * Of consumers: takes messages from their source and pushes them into the pipeline until the signal aborts; resolves when its connections are closed.
   * When it throws, the reason is shown, and it is called again after a pause that grows.
   */
  consume?(pipeline: Pipeline, signal: AbortSignal): Promise<void>
  /** Releases what it holds when it is stopped. */
  close?(): Promise<void>
}

export interface ConnectorRoute {
  /** What the handler tells them apart by. */
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Answered without asking who it is. */
  readonly open?: true
}

export interface IngestRequest {
  readonly route: string
  /** Nobody yet for routes that are open. */
  readonly caller: Caller
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** As it came; see http/body.ts for encodings. */
  readonly body: Buffer
}

export interface IngestAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** One message of an outside source. */
export interface SourceMessage {
  readonly payload: Buffer
  /** Where it came from, for people: `orders/3/1204`. */
  readonly source: string
  readonly receivedAtMs: number
  /** What decoding may need besides the payload: topic, key, headers. Kept with a dead letter. */
  readonly attributes?: Readonly<Record<string, string>>
}
