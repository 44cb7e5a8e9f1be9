import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultLimits } from '../../../src/base/limits.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import type { Database } from '../../../src/database/database.ts'
import { openDatabase } from '../../../src/database/open.ts'
import { openStorage } from '../../../src/storage/open.ts'
import { SetClock } from './set-clock.ts'

export interface Product {
  readonly database: Database
  readonly clock: SetClock
  close(): Promise<void>
}

/** The whole product without a wire, on a data directory of its own: embedded, or on ClickHouse nodes. */
export async function openProduct(endpoints?: readonly string[]): Promise<Product> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'tidemark-slt-'))
  const clock = new SetClock()
  clock.set(1_705_320_000_000_000_000n)
  const engine =
    endpoints === undefined ? ({ kind: 'chdb' } as const) : ({ kind: 'clickhouse', urls: endpoints.map((each) => new URL(each)) } as const)
  const common = { productVersion: '0.0.0', clock, limits: defaultLimits, log: silentLog }
  const storage = await openStorage({ ...common, dataDirectory, engine, masterKey: { kind: 'beside-data' } })
  const account = { region: 'us-east-1', accountId: '000000000000' }
  const database = await openDatabase({ ...common, storage, account, metrics: new Metrics() })
  await database.start?.()
  return {
    database,
    clock,
    async close() {
      await database.drain?.()
      await storage.drain?.()
      await database.stop?.()
      await storage.stop?.()
      await rm(dataDirectory, { recursive: true })
    },
  }
}
