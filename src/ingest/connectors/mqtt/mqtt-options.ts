import { creationOptions } from '../../creation-options.ts'
import { choice, listOf, type OptionValue, text, wholeNumber } from '../../option.ts'
import { readTopicRules } from './rules/topic-rule.ts'

const protocols = ['mqtt:', 'mqtts:', 'ws:', 'wss:']

function brokerUrl(value: OptionValue): string {
  const url = text(value)
  if (!URL.canParse(url) || !protocols.includes(new URL(url).protocol))
    throw new Error(`is no URL that starts with ${protocols.map((each) => `${each}//`).join(', ')}`)
  if (new URL(url).username !== '') throw new Error('has a user in it: give username and password')
  return url
}

function subscription(value: OptionValue): string {
  const filter = text(value)
  if (Buffer.byteLength(filter) > 65_535) throw new Error('has a topic filter of more than 65535 bytes')
  return filter
}

export const mqttOptions = {
  ...creationOptions,
  url: { summary: 'Broker, as in mqtts://broker.example:8883; mqtt, mqtts, ws or wss', required: true, read: brokerUrl },
  rules: {
    summary: 'Rules by their names, each as CreateTopicRule of AWS IoT takes it: sql, awsIotSqlVersion, ruleDisabled, actions',
    required: true,
    read: readTopicRules,
  },
  topics: {
    summary: 'Topic filters to subscribe to (`$share/GROUP/FILTER` where nodes share the work); those of the rules when absent',
    read: listOf(subscription),
  },
  clientId: { summary: 'Client identifier, which names the session that the broker keeps; tidemark-NAME when absent', read: text },
  username: { summary: 'User of the broker', read: text },
  password: { summary: 'Password of that user', secret: true, read: text },
  caFile: { summary: 'Certificates (PEM) that the broker is trusted by; those of the system when absent', read: text },
  certificateFile: { summary: 'Certificate (PEM) that this client shows', read: text },
  keyFile: { summary: 'Private key (PEM) of that certificate', read: text },
  protocolVersion: { summary: 'Version of the protocol: 3.1.1 or 5', fallback: '3.1.1', read: choice(['3.1.1', '5']) },
  qos: { summary: 'Quality of service of the subscription: 1, at least once, or 0, at most once', fallback: 1, read: wholeNumber(0, 1) },
  keepAliveSeconds: { summary: 'How often a silent connection is tried', fallback: 30, read: wholeNumber(5, 3600) },
  messageBytes: {
    summary: 'The longest message that is taken; others become dead letters',
    fallback: 131_072,
    read: wholeNumber(1, 1_048_576),
  },
} as const
