import { openChdb, type ChdbOptions } from './chdb.ts'
import { openClickhouse, type ClickhouseOptions } from './clickhouse.ts'
import type { Engine } from './engine.ts'

export type EngineConfiguration = ({ readonly kind: 'chdb' } & ChdbOptions) | ({ readonly kind: 'clickhouse' } & ClickhouseOptions)

/** @throws ServerError CONFIGURATION, ENGINE_UNAVAILABLE */
export function openEngine(configuration: EngineConfiguration): Promise<Engine> {
  switch (configuration.kind) {
    case 'chdb':
      return openChdb(configuration)
    case 'clickhouse':
      return openClickhouse(configuration)
  }
}
