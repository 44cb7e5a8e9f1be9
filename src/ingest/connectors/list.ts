import type { Connector } from '../connector.ts'
import { influx } from './influx/influx.ts'
import { kafka } from './kafka/kafka.ts'
import { kinesis } from './kinesis/kinesis.ts'
import { mqttBroker } from './mqtt/mqtt-broker.ts'
import { mqtt } from './mqtt/mqtt.ts'
import { otlp } from './otlp/otlp.ts'
import { pipes } from './pipes/pipes.ts'
import { prometheus } from './prometheus/prometheus.ts'

/** Every connector, sorted by type. */
export const connectors: readonly Connector[] = [influx, kafka, kinesis, mqtt, mqttBroker, otlp, pipes, prometheus]
