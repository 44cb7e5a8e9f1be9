import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { ConnectorFigures } from '../base/metrics.ts'
import type { Caller } from '../database/caller.ts'
import type { ConnectorDefinition, ConnectorState } from '../database/connectors/connectors.ts'
import type { DeadLetter } from '../database/connectors/dead-letter.ts'
import type { Database } from '../database/database.ts'
import type { Connector, OpenConnector } from './connector.ts'
import { creationOf } from './creation-options.ts'
import { readConnectorOptions } from './option.ts'
import { PartlyDecoded } from './partly-decoded.ts'
import { Pipeline } from './pipeline/pipeline.ts'
import { type Creation, createRecordSink, nothingMissing, type RecordSink } from './record-sink.ts'

export interface RunningConnectorOptions {
  readonly definition: ConnectorDefinition
  readonly connector: Connector
  readonly database: Database
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  readonly owner: () => Caller
  readonly count: (figures: ConnectorFigures) => void
}

const firstPauseMs = 250
const longestPauseMs = 30_000
/** Work that went well for so long starts the pauses again. */
const steadyMs = 60_000

/** One connector while it runs: its loop, its pipeline, its figures. */
export class RunningConnector {
  readonly definition: ConnectorDefinition
  readonly open: OpenConnector
  readonly #options: RunningConnectorOptions
  readonly #sink: RecordSink
  readonly #creation: Creation
  readonly #abort = new AbortController()
  #pipeline: Pipeline | undefined
  #loop: Promise<void> | undefined
  #problem: string | undefined
  readonly #figures = { recordsAccepted: 0, recordsRejected: 0, messages: 0, deadLetters: 0 }
  #lastRecordsAtMs: number | undefined

  /** @throws ServerError VALIDATION for options that are wrong */
  constructor(options: RunningConnectorOptions) {
    const { definition, connector, database, clock, limits, log, owner } = options
    this.definition = definition
    this.#options = options
    const values = readConnectorOptions(connector.options, definition.options)
    this.#creation = 'createTables' in connector.options ? creationOf(values as Parameters<typeof creationOf>[0]) : nothingMissing
    this.#sink = createRecordSink(database, (accepted, rejected) => {
      if (accepted > 0) this.#lastRecordsAtMs = clock.nowMs()
      this.#count({ recordsAccepted: accepted, recordsRejected: rejected })
    })
    this.open = connector.open(values, { name: definition.name, database, sink: this.#sink, clock, limits, log, owner })
  }

  get state(): ConnectorState {
    return {
      status: this.#problem === undefined ? 'running' : 'waiting',
      ...(this.#problem !== undefined && { problem: this.#problem }),
      ...this.#figures,
      pendingBytes: this.#pipeline?.pendingBytes ?? 0,
      ...(this.#lastRecordsAtMs !== undefined && { lastRecordsAtMs: this.#lastRecordsAtMs }),
    }
  }

  start(): void {
    if (this.open.consume !== undefined) this.#loop = this.#consume()
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    this.#pipeline?.close()
    await this.#loop
    await this.open.close?.()
  }

  /** Answers why it cannot be stored; undefined: it is stored. */
  async replay(letter: DeadLetter): Promise<string | undefined> {
    if (this.open.decode === undefined) return 'The connector takes no messages.'
    try {
      const tables = this.open.decode(letter)
      const outcomes = await this.#sink.write(this.#options.owner(), tables, this.#creation)
      const reasons = outcomes.flatMap(({ error, rejected }) =>
        error === undefined ? rejected.map(({ reason }) => reason) : [error.message],
      )
      return reasons.length === 0 ? undefined : [...new Set(reasons)].slice(0, 3).join(' ')
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      if (error instanceof PartlyDecoded) await this.#sink.write(this.#options.owner(), error.tables, this.#creation)
      return error.message
    }
  }

  #count(figures: ConnectorFigures): void {
    this.#options.count(figures)
    const counted = this.#figures
    counted.recordsAccepted += figures.recordsAccepted ?? 0
    counted.recordsRejected += figures.recordsRejected ?? 0
    counted.messages += figures.messages ?? 0
    counted.deadLetters += figures.deadLetters ?? 0
  }

  async #consume(): Promise<void> {
    const { clock, log } = this.#options
    const { signal } = this.#abort
    let pauseMs = firstPauseMs
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs()
      const pipeline = this.#openPipeline()
      this.#pipeline = pipeline
      try {
        this.#problem = undefined
        await this.open.consume!(pipeline, signal)
      } catch (error) {
        if (signal.aborted) break
        this.#problem = error instanceof Error ? error.message : String(error)
        log.warn('connector.interrupted', { reason: this.#problem, pauseMs })
        this.#count({ interruptions: 1 })
      } finally {
        pipeline.close()
      }
      if (clock.monotonicMs() - startedMs > steadyMs) pauseMs = firstPauseMs
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  }

  #openPipeline(): Pipeline {
    const { definition, database, clock, log, owner } = this.#options
    const { open } = this
    return new Pipeline({
      decode: (message) => open.decode?.(message) ?? [],
      sink: this.#sink,
      creation: this.#creation,
      owner,
      bury: (letters) => database.connectors.bury(definition.name, letters),
      clock,
      log,
      observer: {
        settled: (messages, bytes) => this.#count({ messages, bytes }),
        buried: (deadLetters) => this.#count({ deadLetters }),
        problem: (reason) => {
          this.#problem = reason
          if (reason !== undefined) this.#count({ retries: 1 })
        },
      },
    })
  }
}
