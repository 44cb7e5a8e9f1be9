import { systemClock } from '../../src/base/clock.ts'
import { defaultLimits } from '../../src/base/limits.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import type { Caller } from '../../src/database/caller.ts'
import type { OpenDatabase } from '../../src/database/database-options.ts'
import { openDatabase } from '../../src/database/open.ts'
import { type Storage, openStorage } from '../../src/storage/open.ts'

export interface TestDatabase {
  readonly storage: Storage
  readonly database: OpenDatabase
  /** The root principal. */
  readonly caller: Caller
  close(): Promise<void>
}

/** The whole product without its edges, on the embedded engine. */
export async function openTestDatabase(dataDirectory: string): Promise<TestDatabase> {
  const common = { productVersion: '0.0.0', clock: systemClock, limits: defaultLimits, log: silentLog }
  const storage = await openStorage({ ...common, dataDirectory, engine: { kind: 'chdb' }, masterKey: { kind: 'beside-data' } })
  const account = { region: 'us-east-1', accountId: '000000000000' }
  const database = await openDatabase({ ...common, storage, account, metrics: new Metrics() })
  return {
    storage,
    database,
    caller: { principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'TEST' },
    close: async () => {
      await database.stop?.()
      await storage.stop?.()
    },
  }
}
