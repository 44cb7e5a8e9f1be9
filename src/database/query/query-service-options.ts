import type { Clock } from '../../base/clock.ts'
import type { ErrorCode } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { Engine } from '../../engine/engine.ts'
import type { ObjectStore } from '../../object-store/object-store.ts'
import type { CompiledStatement } from '../../sql/compile.ts'
import type { SchemaCatalog } from '../../storage/schema-catalog.ts'
import type { RecordDeleter } from '../../storage/record-deleter.ts'
import type { TableName } from '../../storage/writer/batch-store.ts'
import type { Account } from '../control/arn.ts'
import type { AdmissionOptions } from './admission.ts'
import type { ResultCache } from './result-cache.ts'
import type { ResultFiles } from './result-files.ts'

export interface QueryServiceOptions {
  readonly engine: Engine
  readonly catalog: Pick<SchemaCatalog, 'snapshot' | 'refresh' | 'table'>
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  readonly account: Account
  /** Where UNLOAD writes. */
  readonly objectStore?: ObjectStore
  /** What DELETE deletes with. */
  readonly deleter?: RecordDeleter
  /** Called with the number of records that a DELETE has deleted. */
  readonly onDeleted?: (records: number) => void
  /** The machine, when the engine runs on this one. */
  readonly machine?: AdmissionOptions['machine']
  /** Where results wait for slow readers; without it the engine waits. */
  readonly resultFiles?: ResultFiles
  /** Results that need not be made anew; without it each is. */
  readonly resultCache?: ResultCache
  /** Brings acknowledged records of a table that wait in this process into the engine; without it there are none. */
  readonly flushTable?: (table: TableName) => Promise<void>
  /** Called once for every statement that was compiled, when it has ended. */
  readonly onFinished?: (query: FinishedQuery) => void
}

export interface FinishedQuery {
  readonly queryId: string
  readonly kind: CompiledStatement['kind']
  readonly rows: number
  readonly bytesScanned: number
  readonly durationMs: number
  readonly errorCode?: ErrorCode
}
