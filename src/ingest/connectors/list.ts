import type { Connector } from '../connector.ts'
import { influx } from './influx/influx.ts'
import { pipes } from './pipes/pipes.ts'

/** Every connector, sorted by type. */
export const connectors: readonly Connector[] = [influx, pipes]
