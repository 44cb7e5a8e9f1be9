import type { ServerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { ServerError as Refusal } from '../base/errors.ts'
import { type ChdbOptions, openChdb } from './chdb.ts'
import type { Engine } from './engine.ts'

export type EngineOptions =
  | ({ readonly kind: 'chdb' } & ChdbOptions)
  | { readonly kind: 'clickhouse'; readonly endpoints: readonly URL[]; readonly log: Log; readonly onUnmapped?: (error: ServerError) => void }

/** The engine that the configuration names. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  if (options.kind === 'chdb') return await openChdb(options)
  throw new Refusal('CONFIGURATION', 'this build has no HTTP engine yet')
}
