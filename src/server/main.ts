import type { Socket } from 'node:net'
import { registerApi } from '../api/api.ts'
import { SignatureVerifier } from '../api/signature/signature-v4.ts'
import { BodyBudget } from '../base/body-budget.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import type { ListenAddress } from '../base/option.ts'
import { AuditLog } from '../database/access/audit-log.ts'
import { auditedDatabase } from '../database/access/audited-database.ts'
import type { RootKey } from '../database/database-options.ts'
import { openDatabase } from '../database/open.ts'
import { PgwireService } from '../pgwire/pgwire-service.ts'
import { TopicNotifier } from '../scheduler/notify/topic-notifier.ts'
import { Scheduler } from '../scheduler/scheduler.ts'
import { connectors } from '../ingest/connectors/list.ts'
import { ConnectorRuntime } from '../ingest/connector-runtime.ts'
import { registerIngest } from '../ingest/http/register.ts'
import { openObjectStore } from '../object-store/open.ts'
import { openStorage, type Storage } from '../storage/open.ts'
import { masterKeySource, type ServerConfig } from './config.ts'
import { registerHealth } from './health.ts'
import { certificateContext, createHttp, HttpService } from './http.ts'
import { startServices, type Running } from './lifecycle.ts'
import { Activity } from './sleep/activity.ts'
import {
  callObserver,
  refusalObserver,
  unmappedErrorObserver,
  watchConnectors,
  watchQueries,
  watchScheduler,
  watchSleep,
  watchStorage,
  writeObserver,
} from './observe.ts'
import { version } from './version.ts'

export interface Server {
  readonly facts: ServerFacts
  readonly running: Running
  readonly activity: Activity
  /** When a scheduled query is due next, in milliseconds since the epoch. */
  nextDueMs(): number | undefined
  /** Serves a connection that a supervisor has accepted. */
  takeConnection(socket: Socket): void
}

/** What a supervisor says to the server that it starts. */
export interface Supervised {
  readonly endpoint: URL
  /** How many times the server was woken. */
  readonly wakes: number
}

/** What people are told about a server that runs. */
export interface ServerFacts {
  readonly endpoint: string
  /** Where the PostgreSQL protocol is served. */
  readonly pgwire?: ListenAddress
  readonly dataDirectory: string
  /** In words. */
  readonly engine: string
  readonly region: string
  readonly rootKey: RootKey
  /** What the operator should know, in sentences. */
  readonly notes: readonly string[]
}

/** How often scheduled queries that other nodes changed are read. */
const sharedRefreshMs = 5000

/**
 * Builds everything from the bottom to the top and serves: the only place that constructs. When it throws, everything is closed again.
 * @throws ServerError CONFIGURATION, ENGINE_UNAVAILABLE
 */
export async function startServer(config: ServerConfig, clock: Clock, log: Log, supervised?: Supervised): Promise<Server> {
  const metrics = new Metrics()
  metrics.watchProcess()
  // First, because a certificate that cannot be read should cost no opening of the data.
  const app = createHttp(config.limits, config.tls, config.trustedProxies)
  const audit = config.auditLog && new AuditLog({ ...config.auditLog, clock, log })
  const storage = await openStorage(storageOptions(config, clock, log, metrics))
  try {
    const activity = new Activity(clock, () => isWorking())
    activity.watch(app)
    const objectStore = await openObjectStore(config.objectStore)
    watchStorage(metrics, storage)
    const { limits, region, accountId } = config
    const notifier = new TopicNotifier({
      routes: config.notifications,
      clock,
      log,
      onOutcome: (outcome) => metrics.countNotification(outcome),
    })
    const opened = await openDatabase({
      storage,
      objectStore,
      account: { region, accountId },
      ...(config.rootKey === undefined ? {} : { rootKey: config.rootKey }),
      resultCacheBytes: config.resultCacheBytes,
      productVersion: version,
      clock,
      limits,
      log,
      metrics,
      notifier,
    })
    const scheduler = new Scheduler({
      runs: opened.scheduledQueries.runs,
      clock,
      log,
      atOnce: limits.scheduledRunsAtOnce,
      ...(storage.isShared && { refreshEveryMs: sharedRefreshMs }),
    })
    watchScheduler(metrics, scheduler)
    watchQueries(metrics, () => opened.queryLoad)
    const database = audit === undefined ? opened : auditedDatabase(opened, audit)
    const budget = new BodyBudget(limits, clock)
    const verifier = new SignatureVerifier((accessKeyId, token) => database.findAccessKey(accessKeyId, token))
    registerApi(app, {
      database,
      budget,
      verifier,
      clock,
      limits,
      log,
      onCall: callObserver(metrics),
      ...(audit && { onUnauthenticated: refusalObserver(audit) }),
    })
    const ingest = new ConnectorRuntime({ database, connectors, configured: config.connectors, clock, limits, log, metrics })
    watchConnectors(metrics, () => ingest.states())
    registerIngest(app, {
      connectors,
      receiver: (type) => ingest.receiver(type),
      keys: database,
      verifySignature: (request) => verifier.verify(request, clock.nowMs()),
      budget,
      clock,
      limits,
      log,
      onCall: callObserver(metrics),
    })
    registerHealth(app, database, metrics)
    const http = new HttpService(app, config.listen, config.tls, log, supervised?.endpoint)
    const pgwire =
      config.pgListen &&
      new PgwireService({
        database,
        listen: config.pgListen,
        dataDirectory: storage.dataDirectory,
        clock,
        limits,
        log,
        ...(config.tls && { secureContext: certificateContext(config.tls) }),
      })
    const isWorking = (): boolean => {
      const { queries, inserts } = storage.engine.activity()
      const isConsuming = ingest.states().some(({ name }) => connectors.find(({ type }) => type === name)?.routes === undefined)
      return queries + inserts + scheduler.underWay + storage.writer.pending().records > 0 || isConsuming
    }
    watchSleep(metrics, supervised?.wakes ?? 0)
    const running = await startServices(
      [storage, notifier, database, scheduler, ingest, http, ...(pgwire ? [pgwire] : [])],
      log,
      config.drainMs,
    )
    const facts = { ...serverFacts(config, storage, database.rootKey, http.address), ...(pgwire && { pgwire: pgwire.address }) }
    log.info('serving', { version, endpoint: facts.endpoint, dataDirectory: facts.dataDirectory, engine: facts.engine })
    return {
      facts,
      running,
      activity,
      nextDueMs: () => opened.scheduledQueries.runs.nextDueMs(),
      takeConnection: (socket) => http.take(socket),
    }
  } catch (error) {
    // Idempotent: a failed start has stopped what it had started.
    await storage.stop?.()
    throw error
  }
}

/** What the storage is opened with. */
export function storageOptions(config: ServerConfig, clock: Clock, log: Log, metrics: Metrics): Parameters<typeof openStorage>[0] {
  const { engine, cluster, memoryStorePath, magneticStore } = config
  return {
    dataDirectory: config.dataDirectory,
    engine: engine.kind === 'chdb' || cluster === undefined ? engine : { ...engine, cluster },
    masterKey: masterKeySource(config),
    ...(memoryStorePath === undefined ? {} : { memoryStorePath }),
    ...(magneticStore === undefined ? {} : { magneticStore }),
    poolThreads: config.poolThreads,
    productVersion: version,
    clock,
    limits: config.limits,
    log,
    writeObserver: writeObserver(metrics),
    onUnmappedEngineError: unmappedErrorObserver(metrics),
  }
}

function serverFacts(config: ServerConfig, storage: Storage, rootKey: RootKey, address: URL): ServerFacts {
  const { engine, cluster, region } = config
  const nodes = engine.kind === 'chdb' ? 'chDB, in this process' : `ClickHouse at ${engine.urls.map((url) => url.host).join(', ')}`
  return {
    // Without the slash that URLs end with: clients append paths.
    endpoint: address.origin,
    dataDirectory: storage.dataDirectory,
    engine: cluster === undefined ? nodes : `${nodes}, cluster ${cluster}`,
    region,
    rootKey,
    notes: storage.notes,
  }
}
