import type { Clock } from '../base/clock.ts'
import type { Limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import type { Storage } from '../storage/open.ts'
import type { KeyPair } from './access/root-credentials.ts'
import type { Account } from './control/arn.ts'
import type { Database } from './database.ts'
import type { QueryLoad } from './query/admission.ts'
import type { Notifier } from './scheduled-query/notify/notification.ts'

export interface DatabaseOptions {
  readonly storage: Storage
  /** Closed with the database; absent: folders in `buckets` of the data directory. */
  readonly objectStore?: ObjectStore
  readonly account: Account
  /** Stands instead of the catalog's root key, for this start; the catalog does not take it up. */
  readonly rootKey?: KeyPair
  readonly productVersion: string
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  /** For results that are kept for the same query; 0 or absent: none are. Only with the embedded engine, whose tables nobody else changes. */
  readonly resultCacheBytes?: number
  readonly metrics: Pick<Metrics, 'watchResultCache' | 'countRecords' | 'countDeletedRecords' | 'countLateRejects' | 'countScheduledRun'>
  /** Where notifications of scheduled queries go; absent: nowhere. */
  readonly notifier?: Notifier
}

/** The root principal's key, and what to tell about it. */
export interface RootKey extends KeyPair {
  readonly origin: 'given' | 'kept' | 'new'
  /** The file that holds it, for tools on the same machine. */
  readonly path: string
}

export interface OpenDatabase extends Database {
  readonly rootKey: RootKey
  /** For metrics. */
  readonly queryLoad: QueryLoad
}
