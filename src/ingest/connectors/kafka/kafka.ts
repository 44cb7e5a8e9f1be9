import { connector, type SourceMessage } from '../../connector.ts'
import { createPayloadDecoder } from '../../mapping/payload-decoder.ts'
import { consumeTopics } from './consume-topics.ts'
import { kafkaOptions } from './kafka-options.ts'

/** A member of a consumer group; nodes share the partitions. */
export const kafka = connector({
  type: 'kafka',
  summary: 'Messages of Kafka (MSK, Redpanda …): JSON, CSV or line protocol, as a member of a consumer group',
  options: kafkaOptions,
  open: (options, { name, clock, log }) => {
    const decodePayload = createPayloadDecoder(options)
    return {
      decode: ({ payload, receivedAtMs }: SourceMessage) => decodePayload(payload, receivedAtMs),
      consume: (pipeline, signal) => consumeTopics(options, { name, clock, log, pipeline, signal }),
    }
  },
})
