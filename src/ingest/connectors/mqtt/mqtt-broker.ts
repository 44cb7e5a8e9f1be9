import { ServerError } from '../../../base/errors.ts'
import { connector, type SourceMessage } from '../../connector.ts'
import { brokerOptions } from './broker-options.ts'
import { applyRules } from './rules/apply-rules.ts'
import { serveBroker } from './serve-broker.ts'

/** A broker of its own: devices publish to it without another one. */
export const mqttBroker = connector({
  type: 'mqtt-broker',
  summary: 'A broker of MQTT 3.1.1 in the server, whose messages rules of AWS IoT make records of',
  options: brokerOptions,
  open: (options, { clock, database, log }) => ({
    decode({ payload, attributes, receivedAtMs }: SourceMessage) {
      if (payload.length > options.messageBytes) {
        throw new ServerError('VALIDATION', `The message has ${payload.length} bytes; messageBytes allows ${options.messageBytes}.`)
      }
      const { topic = '', clientId, principal } = attributes ?? {}
      return applyRules(options.rules, { topic, clientId, principal, payload, receivedAtMs })
    },
    consume: (pipeline, signal) => serveBroker(options, { clock, keys: database, log, pipeline, signal }),
  }),
})
