import { creationOptions } from '../../creation-options.ts'
import { payloadOptions } from '../../mapping/payload-decoder.ts'
import { choice, listOf, onOrOff, type OptionValue, text, wholeNumber } from '../../option.ts'

function broker(value: OptionValue): string {
  const address = text(value)
  if (!/^\S+:\d{1,5}$/.test(address)) throw new Error('has an entry that is no HOST:PORT')
  return address
}

function some<T>(read: (value: OptionValue) => T): (value: OptionValue) => readonly T[] {
  const list = listOf(read)
  return (value) => {
    const found = list(value)
    if (found.length === 0 || found.length > 1000) throw new Error('has not 1 to 1000 entries')
    return found
  }
}

export const kafkaOptions = {
  ...creationOptions,
  brokers: { summary: 'Brokers to begin with, HOST:PORT each', required: true, read: some(broker) },
  topics: { summary: 'Topics to read', required: true, read: some(text) },
  ...payloadOptions,
  group: { summary: 'Consumer group, whose members share the partitions; tidemark-NAME when absent', read: text },
  start: {
    summary: 'Where partitions are read from that the group has never read: oldest or latest',
    fallback: 'oldest',
    read: choice(['oldest', 'latest']),
  },
  tls: { summary: 'Connections are encrypted', fallback: false, read: onOrOff },
  caFile: { summary: 'Certificates (PEM) that brokers are trusted by; those of the system when absent', read: text },
  certificateFile: { summary: 'Certificate (PEM) that this client shows', read: text },
  keyFile: { summary: 'Private key (PEM) of that certificate', read: text },
  saslMechanism: {
    summary: 'How the user is proved: plain, scram-sha-256 or scram-sha-512',
    fallback: 'scram-sha-512',
    read: choice(['plain', 'scram-sha-256', 'scram-sha-512']),
  },
  username: { summary: 'User of the brokers (SASL); none when absent', read: text },
  password: { summary: 'Password of that user', secret: true, read: text },
  sessionSeconds: { summary: 'How long partitions of a member that is gone wait for another one', fallback: 30, read: wholeNumber(6, 300) },
  fetchBytes: { summary: 'Bytes that one answer of a partition may have', fallback: 1_048_576, read: wholeNumber(1024, 64 * 1024 * 1024) },
} as const
