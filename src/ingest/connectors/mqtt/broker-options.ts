import { creationOptions } from '../../creation-options.ts'
import { listOf, object, type OptionValue, text, wholeNumber } from '../../option.ts'
import { checkTopicFilter, topicMatcher } from './rules/topic-filter.ts'
import { readTopicRules } from './rules/topic-rule.ts'

/** What one user may do. */
export interface TopicAccess {
  readonly user: string
  mayPublish(topic: string): boolean
  /** Filters are compared as they are written: a filter that is wider than an allowed one is not allowed. */
  maySubscribe(filter: string): boolean
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

function listenAddress(value: OptionValue): ListenAddress {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text(value)) ?? []
  if (host === undefined || Number(port) > 65_535) throw new Error('is no HOST:PORT')
  return { host, port: Number(port) }
}

function topicAccess(value: OptionValue): TopicAccess {
  const { user, publish = [], subscribe = [], ...others } = object(value)
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new Error(`has an entry with the member ${JSON.stringify(unknown)}; they have user, publish, subscribe`)
  const filters = listOf((each: OptionValue): string => {
    const filter = text(each)
    checkTopicFilter(filter)
    return filter
  })
  const publishes = filters(publish).map(topicMatcher)
  const subscribes = filters(subscribe)
  const subscribeMatchers = subscribes.map(topicMatcher)
  return {
    user: text(user ?? null),
    mayPublish: (topic) => publishes.some((matches) => matches(topic)),
    maySubscribe: (filter) => subscribes.includes(filter) || (!/[+#]/.test(filter) && subscribeMatchers.some((matches) => matches(filter))),
  }
}

export const brokerOptions = {
  ...creationOptions,
  listen: { summary: 'Where the broker listens, HOST:PORT', fallback: '127.0.0.1:1883', read: listenAddress },
  certificateFile: { summary: 'Certificate (PEM) of the broker; with it and keyFile, connections are encrypted', read: text },
  keyFile: { summary: 'Private key (PEM) of that certificate', read: text },
  rules: {
    summary: 'Rules by their names, each as CreateTopicRule of AWS IoT takes it: sql, awsIotSqlVersion, ruleDisabled, actions',
    required: true,
    read: readTopicRules,
  },
  access: {
    summary: 'What users may do besides root: a list of {user, publish, subscribe}, the latter two lists of topic filters',
    fallback: [],
    read: listOf(topicAccess),
  },
  connections: { summary: 'Clients that may be connected at a time', fallback: 10_000, read: wholeNumber(1, 1_000_000) },
  messageBytes: {
    summary: 'The longest message that is taken; others become dead letters',
    fallback: 131_072,
    read: wholeNumber(1, 1_048_576),
  },
} as const
