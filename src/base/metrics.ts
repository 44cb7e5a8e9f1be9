import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const batchBuckets = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

/** What a gauge reads when somebody scrapes: one value for each combination of label values. */
export type Reading = readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[]

/** How a run of a scheduled query ended; `status` is of a closed list. */
export interface ScheduledRunFigures {
  readonly status: string
  readonly stats?: { readonly executionTimeMs: number; readonly recordsIngested: number }
}

/** What a connector has done since it was asked last. */
export type ConnectorFigures = Partial<
  Record<'recordsAccepted' | 'recordsRejected' | 'messages' | 'deadLetters' | 'bytes' | 'retries' | 'interruptions', number>
>

/** Everything that is counted, in one registry; the names are part of the product's surface (docs/reference). Durations in seconds. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests = this.#counter('tidemark_requests_total', 'API requests answered', ['operation', 'status'])
  readonly #requestSeconds = this.#histogram(
    'tidemark_request_duration_seconds',
    'Time to answer an API request',
    ['operation'],
    secondsBuckets,
  )
  readonly #records = this.#counter('tidemark_records_total', 'Records of write requests by outcome', ['outcome'])
  readonly #lateRejects = this.#counter(
    'tidemark_magnetic_rejects_total',
    'Late records that lost against stored ones: reported into the bucket of their table, lost on the way there, or unreported without a bucket',
    ['outcome'],
  )
  readonly #deletedRecords = this.#counter('tidemark_deleted_records_total', 'Records that DELETE has deleted', [])
  readonly #batchRecords = this.#histogram('tidemark_batch_records', 'Records that became durable together', [], batchBuckets)
  readonly #batchSeconds = this.#histogram('tidemark_batch_duration_seconds', 'Time to make a batch durable', [], secondsBuckets)
  readonly #batchFailures = this.#counter('tidemark_batch_failures_total', 'Batches that could not be made durable', [])
  readonly #flushRecords = this.#histogram(
    'tidemark_flush_records',
    'Records that went from the log to the engine together',
    [],
    batchBuckets,
  )
  readonly #flushSeconds = this.#histogram('tidemark_flush_duration_seconds', 'Time of the engine to take them', [], secondsBuckets)
  readonly #flushFailures = this.#counter('tidemark_flush_failures_total', 'Times that the engine refused records of the log', [])
  readonly #queryCalls = this.#counter('tidemark_query_calls_total', 'Calls of Query (one for each page) by outcome', ['outcome'])
  readonly #scheduledRuns = this.#counter('tidemark_scheduled_runs_total', 'Runs of scheduled queries that have ended', ['status'])
  readonly #scheduledRunSeconds = this.#histogram(
    'tidemark_scheduled_run_duration_seconds',
    'Time that a run of a scheduled query took',
    [],
    secondsBuckets,
  )
  readonly #scheduledRecords = this.#counter('tidemark_scheduled_records_total', 'Records that scheduled queries have written', [])
  readonly #notifications = this.#counter('tidemark_notifications_total', 'Notifications of scheduled queries by outcome', ['outcome'])
  readonly #connectorRecords = this.#counter('tidemark_connector_records_total', 'Records that came through a connector, by outcome', [
    'connector',
    'outcome',
  ])
  readonly #connectorMessages = this.#counter(
    'tidemark_connector_messages_total',
    'Messages that a connector has settled: stored, or buried as dead letters',
    ['connector', 'outcome'],
  )
  readonly #connectorBytes = this.#counter('tidemark_connector_bytes_total', 'Payload bytes that a connector has received', ['connector'])
  readonly #connectorRetries = this.#counter(
    'tidemark_connector_retries_total',
    'Times that a connector had to write again (retry), or to begin again with its source (interruption)',
    ['connector', 'cause'],
  )
  readonly #unmapped = this.#counter('tidemark_engine_errors_unmapped_total', 'Engine errors without a code of ours; any is a defect', [
    'engine_code',
  ])

  /** `operation` must come from a closed list (a label value lives forever). */
  countRequest(operation: string, status: number, seconds: number): void {
    this.#requests.inc({ operation, status: String(status) })
    this.#requestSeconds.observe({ operation }, seconds)
  }

  countRecords(outcome: 'accepted' | 'rejected', count: number): void {
    if (count > 0) this.#records.inc({ outcome }, count)
  }

  countLateRejects(outcome: 'reported' | 'lost' | 'unreported', count: number): void {
    this.#lateRejects.inc({ outcome }, count)
  }

  countDeletedRecords(count: number): void {
    this.#deletedRecords.inc(count)
  }

  /** Called once; `figures` is read when somebody scrapes. */
  watchResultCache(figures: () => { readonly hits: number; readonly misses: number; readonly bytes: number }): void {
    this.watch('tidemark_result_cache_hits', 'Queries that were answered with a kept result, since the start', [], () => [
      { value: figures().hits },
    ])
    this.watch('tidemark_result_cache_misses', 'Queries whose result might be kept and was not there, since the start', [], () => [
      { value: figures().misses },
    ])
    this.watch('tidemark_result_cache_bytes', 'Memory of kept results', [], () => [{ value: figures().bytes }])
  }

  countBatch(records: number, seconds: number): void {
    this.#batchRecords.observe(records)
    this.#batchSeconds.observe(seconds)
  }

  countBatchFailure(): void {
    this.#batchFailures.inc()
  }

  countFlush(records: number, seconds: number): void {
    this.#flushRecords.observe(records)
    this.#flushSeconds.observe(seconds)
  }

  countFlushFailure(): void {
    this.#flushFailures.inc()
  }

  countQueryCall(outcome: 'succeeded' | 'failed' | 'cancelled'): void {
    this.#queryCalls.inc({ outcome })
  }

  countScheduledRun({ status, stats }: ScheduledRunFigures): void {
    this.#scheduledRuns.inc({ status })
    if (stats === undefined) return
    this.#scheduledRunSeconds.observe(stats.executionTimeMs / 1000)
    this.#scheduledRecords.inc(stats.recordsIngested)
  }

  countNotification(outcome: 'delivered' | 'lost'): void {
    this.#notifications.inc({ outcome })
  }

  /** `connector` is a name that the configuration or the API gave. */
  countConnector(connector: string, figures: ConnectorFigures): void {
    const add = (counter: Counter, labels: Record<string, string>, value = 0): void => {
      if (value > 0) counter.inc({ connector, ...labels }, value)
    }
    add(this.#connectorRecords, { outcome: 'accepted' }, figures.recordsAccepted)
    add(this.#connectorRecords, { outcome: 'rejected' }, figures.recordsRejected)
    add(this.#connectorMessages, { outcome: 'stored' }, figures.messages)
    add(this.#connectorMessages, { outcome: 'buried' }, figures.deadLetters)
    add(this.#connectorBytes, {}, figures.bytes)
    add(this.#connectorRetries, { cause: 'retry' }, figures.retries)
    add(this.#connectorRetries, { cause: 'interruption' }, figures.interruptions)
  }

  countUnmappedEngineError(engineCode: string): void {
    this.#unmapped.inc({ engine_code: engineCode })
  }

  /** A gauge that is read at every scrape. A reading that fails leaves the gauge out of that scrape. */
  watch(name: `tidemark_${string}`, help: string, labelNames: readonly string[], read: () => Reading | Promise<Reading>): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: async () => {
        gauge.reset()
        const reading = await Promise.resolve()
          .then(read)
          .catch((): Reading => [])
        if (reading.length === 0 && labelNames.length === 0) gauge.remove()
        for (const { labels, value } of reading) gauge.set(labels ?? {}, value)
      },
    })
  }

  /** Memory, CPU, event-loop lag and garbage collection of this process. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.#registry })
  }

  /** Every metric by name, for the reference page. */
  describe(): readonly { readonly name: string; readonly help: string; readonly type: string }[] {
    return this.#registry.getMetricsAsArray().map(({ name, help, type }) => ({ name, help, type: String(type) }))
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The Prometheus text of this moment. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  #counter(name: string, help: string, labelNames: readonly string[]): Counter {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] })
  }

  #histogram(name: string, help: string, labelNames: readonly string[], buckets: readonly number[]): Histogram {
    return new Histogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers: [this.#registry] })
  }
}
