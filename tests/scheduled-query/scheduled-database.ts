import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../src/base/clock.ts'
import { defaultLimits, type Limits } from '../../src/base/limits.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import type { Caller } from '../../src/database/caller.ts'
import type { OpenDatabase } from '../../src/database/database-options.ts'
import { openDatabase } from '../../src/database/open.ts'
import type { Notification } from '../../src/database/scheduled-query/notify/notification.ts'
import { DirectoryStore } from '../../src/object-store/directory-store.ts'
import { Scheduler } from '../../src/scheduler/scheduler.ts'
import { openStorage } from '../../src/storage/open.ts'

export interface ScheduledDatabase {
  readonly database: OpenDatabase
  readonly caller: Caller
  /** Starts to run what is due, every few milliseconds. */
  readonly scheduler: Scheduler
  readonly notifications: readonly Notification[]
  /** The folder of the bucket `reports`. */
  readonly reports: string
  /** First value of every row, as the API writes it. */
  values(queryString: string): Promise<readonly (readonly (string | null)[])[]>
  close(): Promise<void>
}

export const bucket = 'reports'
export const account = { region: 'us-east-1', accountId: '000000000000' }

/** The whole product with its scheduler, without other edges, on the embedded engine. */
export async function openScheduled(dataDirectory: string, clock: Clock, limits: Partial<Limits> = {}): Promise<ScheduledDatabase> {
  const common = { productVersion: '0.0.0', clock, limits: { ...defaultLimits, ...limits }, log: silentLog }
  const buckets = join(dataDirectory, 'buckets')
  const storage = await openStorage({ ...common, dataDirectory, engine: { kind: 'chdb' }, masterKey: { kind: 'beside-data' } })
  mkdirSync(join(buckets, bucket), { recursive: true })
  const notifications: Notification[] = []
  const notifier = { send: (notification: Notification) => void notifications.push(notification) }
  const options = { ...common, storage, account, objectStore: new DirectoryStore(buckets), metrics: new Metrics(), notifier }
  const database = await openDatabase(options)
  await database.start?.()
  const { runs } = database.scheduledQueries
  const scheduler = new Scheduler({ runs, clock, log: silentLog, atOnce: common.limits.scheduledRunsAtOnce, lookEveryMs: 5 })
  const caller: Caller = { principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'TEST' }
  return {
    database,
    caller,
    scheduler,
    notifications,
    reports: join(buckets, bucket),
    values: (queryString) => valuesOf(database, caller, queryString),
    close: async () => {
      await scheduler.drain()
      await database.drain?.()
      await database.stop?.()
      await storage.stop?.()
    },
  }
}

async function valuesOf(database: OpenDatabase, caller: Caller, queryString: string): Promise<readonly (readonly (string | null)[])[]> {
  const rows: (readonly (string | null)[])[] = []
  let nextToken: string | undefined
  do {
    const page = await database.query(caller, { queryString, ...(nextToken !== undefined && { nextToken }) })
    const parsed = JSON.parse(page.rowsJson) as readonly { readonly Data: readonly { readonly ScalarValue?: string }[] }[]
    rows.push(...parsed.map(({ Data }) => Data.map(({ ScalarValue }) => ScalarValue ?? null)))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return rows
}

/** Waits until it holds; fails loudly when it does not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`in vain waited until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
