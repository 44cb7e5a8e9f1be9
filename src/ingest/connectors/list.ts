import type { Connector } from '../connector.ts'
import { influx } from './influx/influx.ts'
import { kinesis } from './kinesis/kinesis.ts'
import { mqtt } from './mqtt/mqtt.ts'
import { otlp } from './otlp/otlp.ts'
import { pipes } from './pipes/pipes.ts'
import { prometheus } from './prometheus/prometheus.ts'

/** Every connector, sorted by type. */
export const connectors: readonly Connector[] = [influx, kinesis, mqtt, otlp, pipes, prometheus]
