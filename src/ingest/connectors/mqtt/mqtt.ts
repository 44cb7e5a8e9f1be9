import { ServerError } from '../../../base/errors.ts'
import { connector, type SourceMessage } from '../../connector.ts'
import { consumeBroker } from './consume-broker.ts'
import { mqttOptions } from './mqtt-options.ts'
import { applyRules } from './rules/apply-rules.ts'

/** Subscribes to a broker, and does with its messages what the rules of AWS IoT do. */
export const mqtt = connector({
  type: 'mqtt',
  summary: 'Messages of an MQTT broker, made records by rules of AWS IoT',
  options: mqttOptions,
  open: (options, { name, clock, log }) => ({
    decode({ payload, attributes, receivedAtMs }: SourceMessage) {
      if (payload.length > options.messageBytes) {
        throw new ServerError('VALIDATION', `The message has ${payload.length} bytes; messageBytes allows ${options.messageBytes}.`)
      }
      const topic = attributes?.['topic'] ?? ''
      return applyRules(options.rules, { topic, clientId: attributes?.['clientId'], principal: undefined, payload, receivedAtMs })
    },
    consume: (pipeline, signal) => consumeBroker(options, { name, clock, log, pipeline, signal }),
  }),
})
