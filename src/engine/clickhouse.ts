import { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import type { ClickHouseSettings } from '@clickhouse/client'
import { ServerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { bindParameters, quoteName, quoteText } from './bind-parameters.ts'
import { ChunkQueue } from './chunk-queue.ts'
import type { Engine, EngineActivity, EngineInsert, EngineParameters, EngineProgress, EngineQuery, EngineResult } from './engine.ts'
import { Gate } from './gate.ts'
import { Endpoints, type Endpoint } from './http/endpoints.ts'
import { withoutExceptionTail } from './http/exception-tail.ts'
import { encodeNativeBlock } from './native-block.ts'
import { progressOf, progressQuery, ProgressWatch } from './progress-watch.ts'
import { RunningQueries, type RunningQuery } from './running-queries.ts'

export interface ClickhouseOptions {
  /** `http(s)://user:password@host:8123`, one for each node that may be asked. */
  readonly endpoints: readonly (string | URL)[]
  /** A name in the nodes' `remote_servers`, checked when the engine opens. */
  readonly cluster?: string
  /** Compress bodies; by default for nodes that are not on this machine. */
  readonly compression?: boolean
  /** Queries that run at once. Default 64. */
  readonly sessions?: number
  /** Queries that may wait for that before they are throttled. Default 256. */
  readonly waitingQueries?: number
  readonly log: Log
  /** Called for an error of the engine that errors.ts does not know. */
  readonly onUnmapped?: (error: ServerError) => void
}

const insertsAtOnce = 4
const waitingInserts = 256
/** Bytes of a result that wait in memory for a slow reader; then the socket is not read. */
const readAheadBytes = 4 * 1024 * 1024
/** A killed query that does not end its response by then loses its connection. */
const killedResponseMs = 3000

const querySettings: ClickHouseSettings = {
  max_query_size: '134217728',
  timeout_before_checking_execution_speed: 0,
  cancel_http_readonly_queries_on_client_close: 1,
}
const statementSettings: ClickHouseSettings = { allow_experimental_codecs: 1, wait_end_of_query: 1 }
/** One insert is one part per partition, however many days it spans; a Distributed table answers when all its nodes have stored. */
const insertSettings: ClickHouseSettings = {
  async_insert: 0,
  wait_end_of_query: 1,
  max_partitions_per_insert_block: '0',
  distributed_foreground_insert: 1,
}

/**
 * ClickHouse nodes over HTTP.
 * @throws ServerError CONFIGURATION for addresses, credentials or a cluster name that are not accepted, ENGINE_UNAVAILABLE when no node answers.
 */
export async function openClickhouse(options: ClickhouseOptions): Promise<Engine> {
  const engine = new ClickhouseEngine(options)
  try {
    await engine.check(options.cluster)
  } catch (error) {
    await engine.stop()
    throw error
  }
  return engine
}

class ClickhouseEngine implements Engine {
  readonly kind = 'clickhouse'
  readonly name = 'engine'
  readonly #endpoints: Endpoints
  readonly #queryGate: Gate
  readonly #insertGate = new Gate(insertsAtOnce, waitingInserts, 'inserts')
  readonly #running: RunningQueries
  /** Where each query runs. */
  readonly #places = new Map<string, Endpoint>()
  readonly #progress: ProgressWatch
  #stopped: Promise<void> | undefined

  constructor(options: ClickhouseOptions) {
    this.#endpoints = new Endpoints(options.endpoints, options)
    this.#queryGate = new Gate(options.sessions ?? 64, options.waitingQueries ?? 256, 'queries')
    this.#running = new RunningQueries((queryId) => this.#kill(queryId), options.log)
    this.#progress = new ProgressWatch((queryIds) => this.#pollProgress(queryIds), options.log)
  }

  async check(cluster: string | undefined): Promise<void> {
    await this.rows('SELECT 1')
    if (cluster === undefined) return
    const known = await this.rows('SELECT count() FROM system.clusters WHERE cluster = {cluster:String}', { cluster })
    if (known[0]?.[0] === '0') throw new ServerError('CONFIGURATION', `The engine's nodes know no cluster ${cluster}`)
  }

  async query(query: EngineQuery): Promise<EngineResult> {
    const text = `${bindParameters(query.text, query.parameters ?? {})}\nFORMAT ${query.format ?? 'RowBinary'}`
    const running = this.#running.begin(query.queryId)
    let leave: (() => void) | undefined
    try {
      leave = await this.#queryGate.enter(running.stopping.signal)
      const result = await this.#start(running, text, query, leave)
      await result.ready()
      return result
    } catch (error) {
      if (!running.ended) {
        this.#running.finish(running)
        leave?.()
      }
      throw running.stopped ?? error
    }
  }

  async #start(running: RunningQuery, text: string, query: EngineQuery, leave: () => void): Promise<HttpResult> {
    const { queryId, timeoutMs } = query
    const progress = this.#progress.watch(queryId)
    const relax = this.#running.watchdog(running, timeoutMs, () => new ServerError('QUERY_TIMEOUT', 'The query exceeded its time limit'))
    const over = (): void => {
      relax()
      progress.stop()
      this.#places.delete(queryId)
      this.#running.finish(running)
      leave()
    }
    const settings: Record<string, string | number> = { ...query.settings, log_comment: queryId }
    if (timeoutMs !== undefined) settings['max_execution_time'] = Math.max(timeoutMs, 1) / 1000
    const abort = new AbortController()
    const queue = new ChunkQueue()
    const whenStopped = (): void => {
      queue.unbind()
      setTimeout(() => abort.abort(), killedResponseMs).unref()
    }
    running.stopping.signal.addEventListener('abort', whenStopped, { once: true })
    try {
      const response = await this.#endpoints.onAny('always', (endpoint) => {
        running.stopping.signal.throwIfAborted()
        this.#places.set(queryId, endpoint)
        return endpoint.client.exec({ query: text, clickhouse_settings: { ...querySettings, ...settings }, abort_signal: abort.signal })
      })
      abort.signal.addEventListener('abort', () => response.stream.destroy(), { once: true })
      const pumped = this.#pump(running, response.stream, header(response.response_headers, 'x-clickhouse-exception-tag'), queue).finally(
        over,
      )
      return new HttpResult(queue, summaryProgress(header(response.response_headers, 'x-clickhouse-summary')), progress, async () => {
        if (!running.ended) await this.#running.stop(running, new ServerError('QUERY_CANCELLED', 'The result was closed'))
        await pumped
      })
    } catch (error) {
      over()
      throw error
    }
  }

  async #pump(running: RunningQuery, stream: Readable, tag: string | undefined, queue: ChunkQueue): Promise<void> {
    try {
      for await (const chunk of withoutExceptionTail(stream as AsyncIterable<Uint8Array>, tag)) {
        // what comes after a stop is read and dropped, so that the connection can be used again
        if (running.stopped) continue
        queue.push(chunk)
        await queue.room(readAheadBytes)
      }
      queue.end(running.stopped)
    } catch (error) {
      queue.end(running.stopped ?? this.#endpoints.mapped(error))
    }
  }

  async #pollProgress(queryIds: readonly string[]): Promise<ReadonlyMap<string, EngineProgress>> {
    const places = new Map<Endpoint, string[]>()
    for (const queryId of queryIds) {
      const endpoint = this.#places.get(queryId)
      if (endpoint) places.set(endpoint, [...(places.get(endpoint) ?? []), queryId])
    }
    const polled = await Promise.all([...places].map(async ([endpoint, ids]) => progressOf(await rowsOf(endpoint, progressQuery(ids)))))
    return new Map(polled.flatMap((byId) => [...byId]))
  }

  async insert(insert: EngineInsert): Promise<void> {
    if (insert.rowCount === 0) return
    const block = encodeNativeBlock(insert)
    const names = insert.columns.map((column) => quoteName(column.name)).join(', ')
    const token = insert.deduplicationToken
    await this.#insertGate.run(() =>
      this.#endpoints.onAny(token === undefined ? 'unheard' : 'always', async ({ client }) => {
        const { stream } = await client.exec({
          query: `INSERT INTO ${quoteName(insert.database)}.${quoteName(insert.table)} (${names}) FORMAT Native`,
          values: Readable.from(block, { objectMode: false }),
          clickhouse_settings: { ...insertSettings, ...(token === undefined ? {} : { insert_deduplication_token: token }) },
        })
        await textOf(stream)
      }),
    )
  }

  async execute(text: string, options: { readonly everyNode?: boolean; readonly parameters?: EngineParameters } = {}): Promise<void> {
    const bound = bindParameters(text, options.parameters ?? {})
    const retry = /\bIF (NOT )?EXISTS\b/i.test(bound) ? 'always' : 'unheard'
    const work = async ({ client }: Endpoint): Promise<void> => {
      const { stream } = await client.exec({ query: bound, clickhouse_settings: { ...querySettings, ...statementSettings } })
      await textOf(stream)
    }
    if (!options.everyNode) await this.#endpoints.onAny(retry, work)
    else for (const endpoint of this.#endpoints.all) await this.#endpoints.on(endpoint, retry, work)
  }

  async rows(text: string, parameters: EngineParameters = {}): Promise<readonly (readonly unknown[])[]> {
    const bound = bindParameters(text, parameters)
    return this.#endpoints.onAny('always', (endpoint) => rowsOf(endpoint, bound))
  }

  async cancel(queryId: string): Promise<void> {
    const running = this.#running.get(queryId)
    if (running) await this.#running.stop(running, new ServerError('QUERY_CANCELLED', 'The query was cancelled'))
    // another process may have started it
    else if (/^[A-Za-z0-9_-]+$/.test(queryId)) await this.#kill(queryId)
  }

  /** Asks every node that answers, since any may have started it; the one that did ends its parts on the shards. */
  async #kill(queryId: string): Promise<void> {
    const text = `KILL QUERY WHERE Settings['log_comment'] = ${quoteText(queryId)} AND is_initial_query ASYNC FORMAT Null`
    const answers = await Promise.allSettled(
      this.#endpoints.all.map(async ({ client }) =>
        textOf((await client.exec({ query: text, clickhouse_settings: { wait_end_of_query: 1 } })).stream),
      ),
    )
    const [first] = answers
    if (first?.status === 'rejected' && answers.every(({ status }) => status === 'rejected')) throw this.#endpoints.mapped(first.reason)
  }

  progress(queryId: string): EngineProgress | undefined {
    return this.#progress.of(queryId)
  }

  get querySlots(): number {
    return this.#queryGate.slots
  }

  activity(): EngineActivity {
    return {
      queries: this.#queryGate.running,
      inserts: this.#insertGate.running,
      waiting: this.#queryGate.waiting + this.#insertGate.waiting,
    }
  }

  async drain(): Promise<void> {
    this.#queryGate.close()
    await this.#running.idle()
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#close()
    return this.#stopped
  }

  async #close(): Promise<void> {
    this.#queryGate.close()
    this.#insertGate.close()
    await this.#running.stopAll(new ServerError('SHUTTING_DOWN', 'The server is shutting down'))
    await this.#running.idle()
    await this.#endpoints.close()
  }
}

class HttpResult implements EngineResult {
  readonly #queue: ChunkQueue
  readonly #first: EngineProgress
  readonly #watched: { readonly current: EngineProgress }
  readonly #close: () => Promise<void>

  constructor(queue: ChunkQueue, first: EngineProgress, watched: { readonly current: EngineProgress }, close: () => Promise<void>) {
    this.#queue = queue
    this.#first = first
    this.#watched = watched
    this.#close = close
  }

  ready(): Promise<void> {
    return this.#queue.ready()
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = await this.#queue.next()
        if (chunk === undefined) return
        yield chunk
      }
    } finally {
      await this.close()
    }
  }

  progress(): EngineProgress {
    return this.#watched.current.bytesRead >= this.#first.bytesRead ? this.#watched.current : this.#first
  }

  async close(): Promise<void> {
    this.#queue.abandon()
    await this.#close()
  }
}

async function rowsOf({ client }: Endpoint, text: string): Promise<readonly (readonly unknown[])[]> {
  const { stream } = await client.exec({
    query: `${text}\nFORMAT JSONCompactEachRow`,
    clickhouse_settings: { ...querySettings, output_format_json_quote_64bit_integers: 1, wait_end_of_query: 1 },
  })
  const lines = (await textOf(stream)).split('\n')
  return lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line) as readonly unknown[]]))
}

/** What the server had read when it began to answer. */
function summaryProgress(summary: string | undefined): EngineProgress {
  const read = summary === undefined ? {} : (JSON.parse(summary) as Record<string, string | undefined>)
  return {
    rowsRead: Number(read['read_rows'] ?? 0),
    bytesRead: Number(read['read_bytes'] ?? 0),
    totalRows: Number(read['total_rows_to_read'] ?? 0),
  }
}

function header(headers: Readonly<Record<string, string | string[] | undefined>> | undefined, name: string): string | undefined {
  const value = headers?.[name]
  return Array.isArray(value) ? value[0] : value
}
