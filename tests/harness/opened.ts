import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { type Limits, defaultLimits } from '../../src/base/limits.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import type { Caller } from '../../src/database/caller.ts'
import type { OpenDatabase } from '../../src/database/database-options.ts'
import { openDatabase } from '../../src/database/open.ts'
import { openStorage } from '../../src/storage/open.ts'

export interface Opened {
  readonly database: OpenDatabase
  /** Absolute; its folder `buckets` holds the buckets. */
  readonly dataDirectory: string
  root(): Caller
  /** Stops; the directory stays. */
  leave(): Promise<void>
  /** Stops, and removes the directory. */
  close(): Promise<void>
}

export interface ProductOptions {
  readonly limits?: Partial<Limits>
  readonly dataDirectory?: string
  readonly resultCacheBytes?: number
}

/** The product on an embedded engine, in a directory of its own or in one that was left before. */
export async function openProduct(options: ProductOptions = {}): Promise<Opened> {
  const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'tidemark-product-'))
  const limits = { ...defaultLimits, ...options.limits }
  const common = { productVersion: '1.2.3', clock: systemClock, limits, log: silentLog }
  const storage = await openStorage({ ...common, dataDirectory, engine: { kind: 'chdb' }, masterKey: { kind: 'beside-data' } })
  const account = { region: 'us-east-1', accountId: '000000000000' }
  const database = await openDatabase({
    ...common,
    storage,
    account,
    metrics: new Metrics(),
    resultCacheBytes: options.resultCacheBytes ?? 0,
  })
  await database.start?.()
  const leave = async (): Promise<void> => {
    await database.drain?.()
    await database.stop?.()
    await storage.stop?.()
  }
  return {
    database,
    dataDirectory,
    root: () => ({ principal: { name: 'root', accessKeyId: database.rootKey.accessKeyId, isRoot: true }, requestId: 'R' }),
    leave,
    close: async () => {
      await leave()
      rmSync(dataDirectory, { recursive: true, force: true })
    },
  }
}
