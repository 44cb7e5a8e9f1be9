/** Where the notifications of a topic go. */
export type Destination =
  | { readonly kind: 'log' }
  | { readonly kind: 'none' }
  /** `endpoint` is absent for AWS itself. */
  | { readonly kind: 'sns'; readonly endpoint?: string }
  | { readonly kind: 'webhook'; readonly url: string }

export interface TopicRoute {
  /** The ARN of a topic, or the beginning of one and `*`. */
  readonly topic: string
  readonly destination: Destination
}

/** `TOPIC=DESTINATION,…`; throws an Error that continues the sentence `--notifications: "text" …`. */
export function parseTopicRoutes(text: string): readonly TopicRoute[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const mark = part.indexOf('=')
      const topic = part.slice(0, mark)
      if (mark < 1 || (topic.indexOf('*') !== -1 && topic.indexOf('*') !== topic.length - 1)) {
        throw new Error('is not TOPIC=DESTINATION[,…] with the ARN of a topic, or the beginning of one and *')
      }
      return { topic, destination: parseDestination(part.slice(mark + 1)) }
    })
}

function parseDestination(text: string): Destination {
  if (text === 'log' || text === 'none') return { kind: text }
  if (text === 'sns') return { kind: 'sns' }
  if (text.startsWith('sns:')) return { kind: 'sns', endpoint: addressOf(text.slice('sns:'.length)) }
  return { kind: 'webhook', url: addressOf(text) }
}

function addressOf(text: string): string {
  if (/^https?:\/\/[^\s/]/.test(text) && URL.canParse(text)) return text
  throw new Error('has a destination that is none of log, none, sns, sns:URL and http(s)://…')
}

/** The first route that fits decides; without one, notifications go nowhere. */
export function destinationOf(routes: readonly TopicRoute[], topicArn: string): Destination {
  const found = routes.find(({ topic }) => (topic.endsWith('*') ? topicArn.startsWith(topic.slice(0, -1)) : topic === topicArn))
  return found?.destination ?? { kind: 'none' }
}
