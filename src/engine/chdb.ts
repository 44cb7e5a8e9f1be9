import { existsSync } from 'node:fs'
import { totalmem } from 'node:os'
import { systemClock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { bindParameters, quoteText } from './bind-parameters.ts'
import { ChunkQueue } from './chunk-queue.ts'
import { arrowInsert } from './embedded/arrow-columns.ts'
import { IdlePool } from './embedded/idle-pool.ts'
import { LargeShapes } from './embedded/large-shapes.ts'
import { cacheArgs, insertArgs, sessionArgs } from './embedded/session-args.ts'
import { openSession, StatementSession } from './embedded/sessions.ts'
import { openFileReceiver } from './embedded/file-receiver.ts'
import { fileText, queryText } from './embedded/query-text.ts'
import { QuickShapes } from './embedded/quick-shapes.ts'
import { wholeResult } from './embedded/whole-result.ts'
import { StreamedResult } from './embedded/streamed-result.ts'
import { StreamSession } from './embedded/stream-session.ts'
import type { Engine, EngineActivity, EngineInsert, EngineParameters, EngineProgress, EngineQuery, EngineResult } from './engine.ts'
import { engineCode, mapEngineFault } from './errors.ts'
import { Gate } from './gate.ts'
import { progressOf, progressQuery, ProgressWatch } from './progress-watch.ts'
import { RunningQueries, type RunningQuery } from './running-queries.ts'

export interface ChdbOptions {
  readonly dataDirectory: string
  /** ClickHouse configuration (disks, storage policies). */
  readonly configFile?: string
  /** Further arguments of the engine, `--name=value`; settings apply to every session. */
  readonly connectionArgs?: readonly string[]
  /** What nearly every query sets: the sessions begin with it, so that the engine need not read it each time. */
  readonly querySettings?: Readonly<Record<string, string | number>>
  /** Memory for blocks of columns as they are after decryption and decompression. Default an eighth of the machine's, 1 GB at most. */
  readonly uncompressedCacheBytes?: number
  /** Size of libuv's thread pool (UV_THREADPOOL_SIZE at the start of the process), which native calls occupy while they run. Default 4. */
  readonly poolThreads?: number
  /** Queries that run at once; at most two less than the pool has threads. Default 8. */
  readonly sessions?: number
  /** Queries that may wait for a session before they are throttled. Default 64. */
  readonly waitingQueries?: number
  readonly log: Log
  /** Called for an error of the engine that errors.ts does not know. */
  readonly onUnmapped?: (error: ServerError) => void
}

/** Inserts that may wait; their caller bounds its own queue. */
const waitingInserts = 256
const waitingStatements = 4096
/** Sessions that were not needed for so long are closed. */
const shrinkEveryMs = 30_000
/**
 * ClickHouse inside this process.
 * @throws ServerError CONFIGURATION when the data directory or the configuration file is not accepted.
 */
export async function openChdb(options: ChdbOptions): Promise<Engine> {
  // the engine itself goes on with its defaults when the file is missing
  if (options.configFile !== undefined && !existsSync(options.configFile)) {
    throw new ServerError('CONFIGURATION', `The engine's configuration file ${options.configFile} does not exist`)
  }
  const args = [
    ...(options.configFile === undefined ? [] : [`--config-file=${options.configFile}`]),
    ...sessionArgs,
    ...cacheArgs(options.uncompressedCacheBytes ?? Math.min(2 ** 30, Math.floor(totalmem() / 8))),
    ...(options.connectionArgs ?? []),
  ]
  const open = (extra: readonly string[] = []): StatementSession =>
    new StatementSession(openSession(options.dataDirectory, [...args, ...extra]))
  const engine = new ChdbEngine(options, args, { control: open(), statements: open(), inserts: open(insertArgs) })
  await engine.warmUp()
  return engine
}

class ChdbEngine implements Engine {
  readonly kind = 'chdb'
  readonly name = 'engine'
  readonly #options: ChdbOptions
  /** Of the sessions that run queries. */
  readonly #args: readonly string[]
  readonly #log: Log
  /** KILL and progress have a session of their own, so that they never wait behind a statement. */
  readonly #control: StatementSession
  readonly #statements: StatementSession
  readonly #inserts: StatementSession
  readonly #queryGate: Gate
  readonly #insertGate = new Gate(1, waitingInserts, 'inserts')
  readonly #statementGate = new Gate(1, waitingStatements, 'statements')
  /** For results that are made whole; opened when they are needed. */
  readonly #idleWhole = new IdlePool<StatementSession>((session) => this.#closing(session, this.#whole))
  readonly #whole = new Set<StatementSession>()
  readonly #large = new LargeShapes()
  readonly #quick = new QuickShapes()
  readonly #idle = new IdlePool<StreamSession>((session) => this.#closing(session, this.#streams))
  #shrinking: NodeJS.Timeout | undefined
  readonly #streams = new Set<StreamSession>()
  readonly #running: RunningQueries
  readonly #progress: ProgressWatch
  #stopped: Promise<void> | undefined

  constructor(
    options: ChdbOptions,
    args: readonly string[],
    sessions: { readonly control: StatementSession; readonly statements: StatementSession; readonly inserts: StatementSession },
  ) {
    this.#options = options
    this.#args = [...args, ...Object.entries(options.querySettings ?? {}).map(([name, value]) => `--${name}=${value}`)]
    this.#log = options.log
    this.#control = sessions.control
    this.#statements = sessions.statements
    this.#inserts = sessions.inserts
    const slots = Math.max(1, Math.min(options.sessions ?? 8, (options.poolThreads ?? 4) - 2))
    this.#queryGate = new Gate(slots, options.waitingQueries ?? 64, 'queries')
    this.#running = new RunningQueries((queryId) => this.#kill(queryId), this.#log)
    this.#progress = new ProgressWatch(async (ids) => progressOf(parseRows(await this.#control.run(asRows(progressQuery(ids))))), this.#log)
  }

  async warmUp(): Promise<void> {
    this.#idle.put(await this.#openStream())
    this.#shrinking = setInterval(() => this.#shrink(), shrinkEveryMs).unref()
  }

  #shrink(): void {
    this.#idleWhole.shrink()
    this.#idle.shrink()
  }

  /** Closes a session that nobody uses. */
  #closing<T extends { close(): Promise<void> }>(session: T, open: Set<T>): void {
    open.delete(session)
    session.close().catch((error: unknown) => this.#log.warn('engine session not closed', { error: String(error) }))
  }

  async query(query: EngineQuery): Promise<EngineResult> {
    const text = this.#text(query)
    const running = this.#running.begin(query.queryId)
    let leave: (() => void) | undefined
    try {
      leave = await this.#queryGate.enter(running.stopping.signal)
      if (query.format !== undefined) return await this.#makeFile(query, running, leave)
      const whole = await this.#makeWhole(query, running)
      if (whole) {
        this.#running.finish(running)
        leave()
        return whole
      }
      const session = this.#takeIdle() ?? (await this.#openStream())
      if (running.stopped) {
        this.#idle.put(session)
        throw running.stopped
      }
      const result = this.#start(running, session, text, query.timeoutMs, leave)
      await result.ready()
      return result
    } catch (error) {
      if (!running.ended) {
        this.#running.finish(running)
        leave?.()
      }
      throw error
    }
  }

  #text(query: EngineQuery, more: Readonly<Record<string, string | number>> = {}): string {
    const known = this.#options.querySettings ?? {}
    const settings = Object.entries(query.settings ?? {}).filter(([name, value]) => known[name] !== value)
    return queryText({ ...query, settings: { ...Object.fromEntries(settings), ...more } })
  }

  /** The result in one piece; undefined when it is not wanted so or is too large for that. */
  async #makeWhole(query: EngineQuery, running: RunningQuery, mayBeQuick = true): Promise<EngineResult | undefined> {
    const { wholeBytes, timeoutMs } = query
    if (wholeBytes === undefined || this.#large.has(query.text)) return undefined
    const rowLimit = mayBeQuick ? this.#quick.rowLimit(query.text) : undefined
    const bounds = { max_result_bytes: wholeBytes, result_overflow_mode: 'throw' }
    const text = this.#text(query, rowLimit === undefined ? bounds : { ...bounds, max_threads: 1, max_rows_to_read: rowLimit })
    const session = this.#idleWhole.take() ?? this.#openWhole()
    const progress = this.#progress.watch(running.queryId)
    const relax = this.#running.watchdog(running, timeoutMs, queryTimeout)
    try {
      const startMs = systemClock.monotonicMs()
      const bytes = await session.bytes(text)
      this.#quick.ran(query.text, systemClock.monotonicMs() - startMs)
      return wholeResult(bytes, progress)
    } catch (error) {
      if (running.stopped) throw running.stopped
      const message = error instanceof Error ? error.message : String(error)
      const code = engineCode(message)
      if (code === tooManyRows && rowLimit !== undefined) this.#quick.readsMuch(query.text)
      else if (code !== resultTooLarge) throw this.#mapped(message, error)
      else {
        this.#large.add(query.text)
        return undefined
      }
    } finally {
      relax()
      progress.stop()
      this.#idleWhole.put(session)
    }
    return this.#makeWhole(query, running, false)
  }

  async #makeFile(query: EngineQuery, running: RunningQuery, leave: () => void): Promise<EngineResult> {
    const receiver = await openFileReceiver()
    const session = this.#idleWhole.take() ?? this.#openWhole()
    const progress = this.#progress.watch(running.queryId)
    const relax = this.#running.watchdog(running, query.timeoutMs, queryTimeout)
    const over = session.run(fileText(query, receiver.url)).then(
      () => receiver.finish(),
      (error: unknown) => receiver.finish(running.stopped ?? this.#mapped(error instanceof Error ? error.message : String(error), error)),
    )
    const released = over.then(() => {
      relax()
      progress.stop()
      this.#idleWhole.put(session)
      this.#running.finish(running)
      leave()
      receiver.close()
    })
    return {
      chunks: () => receiver.chunks(),
      progress: () => progress.current,
      close: async () => {
        if (!running.ended) {
          receiver.close()
          await this.#running.stop(running, new ServerError('QUERY_CANCELLED', 'The result was closed'))
        }
        await released
      },
    }
  }

  #openWhole(): StatementSession {
    const session = new StatementSession(openSession(this.#options.dataDirectory, this.#args))
    this.#whole.add(session)
    return session
  }

  #start(running: RunningQuery, session: StreamSession, text: string, timeoutMs: number | undefined, leave: () => void): StreamedResult {
    const queue = new ChunkQueue()
    const progress = this.#progress.watch(running.queryId)
    const relax = this.#running.watchdog(running, timeoutMs, queryTimeout)
    let over: () => void = () => undefined
    const released = new Promise<void>((resolve) => (over = resolve))
    session.run(text, {
      chunk: (bytes) => queue.push(bytes),
      end: (failure) => {
        relax()
        progress.stop()
        if (session.usable) this.#idle.put(session)
        else this.#streams.delete(session)
        this.#running.finish(running)
        leave()
        queue.end(failure === undefined ? undefined : (running.stopped ?? this.#mapped(failure)))
        over()
      },
    })
    return new StreamedResult(queue, {
      more: () => session.more(),
      progress: () => progress.current,
      close: async () => {
        if (!running.ended) {
          session.cancel()
          await this.#running.stop(running, new ServerError('QUERY_CANCELLED', 'The result was closed'))
        }
        await released
      },
    })
  }

  #takeIdle(): StreamSession | undefined {
    for (;;) {
      const session = this.#idle.take()
      if (!session || session.usable) return session
      this.#streams.delete(session)
    }
  }

  async #openStream(): Promise<StreamSession> {
    const session = await StreamSession.open(this.#options.dataDirectory, this.#args)
    this.#streams.add(session)
    return session
  }

  async insert(insert: EngineInsert): Promise<void> {
    if (insert.rowCount === 0) return
    const columns = arrowInsert(insert)
    await this.#insertGate.run(() => this.#mapping(() => this.#inserts.insert(columns)))
  }

  async execute(text: string, options: { readonly everyNode?: boolean; readonly parameters?: EngineParameters } = {}): Promise<void> {
    const bound = bindParameters(text, options.parameters ?? {})
    await this.#statementGate.run(() => this.#mapping(() => this.#statements.run(bound)))
  }

  async rows(text: string, parameters: EngineParameters = {}): Promise<readonly (readonly unknown[])[]> {
    const bound = asRows(bindParameters(text, parameters))
    return parseRows(await this.#statementGate.run(() => this.#mapping(() => this.#statements.run(bound))))
  }

  async cancel(queryId: string): Promise<void> {
    const running = this.#running.get(queryId)
    if (running) await this.#running.stop(running, new ServerError('QUERY_CANCELLED', 'The query was cancelled'))
  }

  /** Never `KILL … SYNC`: it hangs. */
  async #kill(queryId: string): Promise<void> {
    await this.#mapping(() => this.#control.run(`KILL QUERY WHERE Settings['log_comment'] = ${quoteText(queryId)} ASYNC FORMAT Null`))
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
      sessions: { open: this.#whole.size + this.#streams.size, idle: this.#idleWhole.size + this.#idle.size },
    }
  }

  async drain(): Promise<void> {
    this.#queryGate.close()
    await this.#running.idle()
  }

  /** Ends what runs, then closes; the process may exit only afterwards. */
  stop(): Promise<void> {
    this.#stopped ??= this.#close()
    return this.#stopped
  }

  async #close(): Promise<void> {
    clearInterval(this.#shrinking)
    for (const gate of [this.#queryGate, this.#insertGate, this.#statementGate]) gate.close()
    const why = new ServerError('SHUTTING_DOWN', 'The server is shutting down')
    await this.#running.stopAll(why)
    for (const session of this.#streams) session.cancel()
    await this.drain()
    await Promise.all([...this.#streams].map((session) => session.close()))
    for (const session of [...this.#whole, this.#inserts, this.#statements, this.#control]) await session.close()
  }

  async #mapping<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw error instanceof ServerError ? error : this.#mapped(error instanceof Error ? error.message : String(error), error)
    }
  }

  #mapped(message: string, cause?: unknown): ServerError {
    const error = mapEngineFault({ code: engineCode(message), message, cause })
    if (error.code === 'INTERNAL') {
      this.#log.error('engine error unknown', { fault: error.message })
      this.#log.debug('engine error unknown', { message })
      this.#options.onUnmapped?.(error)
    }
    return error
  }
}

const queryTimeout = (): ServerError => new ServerError('QUERY_TIMEOUT', 'The query exceeded its time limit')
/** The engine's TOO_MANY_ROWS. */
const tooManyRows = 158
/** The engine's TOO_MANY_ROWS_OR_BYTES. */
const resultTooLarge = 396

const asRows = (text: string): string => `${text}\nFORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 1`

function parseRows(text: string): readonly (readonly unknown[])[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as readonly unknown[]]))
}
