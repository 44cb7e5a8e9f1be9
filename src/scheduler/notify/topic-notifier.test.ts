import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { type Log, silentLog } from '../../base/log.ts'
import type { Notification } from '../../database/scheduled-query/notify/notification.ts'
import { TopicNotifier } from './topic-notifier.ts'
import { destinationOf, parseTopicRoutes } from './topic-routes.ts'

const topicArn = 'arn:aws:sns:eu-west-1:000000000000:alerts'
const arn = 'arn:aws:timestream:us-east-1:000000000000:scheduled-query/q-0123456789abcdef'
const notification = (number = 0): Notification => ({
  topicArn,
  arn,
  type: 'SCHEDULED_QUERY_DELETED',
  message: JSON.stringify({ type: 'SCHEDULED_QUERY_DELETED', arn, number }),
})

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let server: Server
let address: string
let received: Received[]
/** Answered first, then 200. */
let statuses: number[]

beforeEach(async () => {
  received = []
  statuses = []
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      response.writeHead(statuses.shift() ?? 200, { 'content-type': 'text/xml' })
      response.end('<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

async function send(routes: string, notifications: readonly Notification[], log: Log = silentLog): Promise<readonly string[]> {
  const outcomes: string[] = []
  const notifier = new TopicNotifier({
    routes: parseTopicRoutes(routes),
    clock: systemClock,
    log,
    firstPauseMs: 1,
    onOutcome: (outcome) => outcomes.push(outcome),
  })
  for (const each of notifications) notifier.send(each)
  await notifier.drain()
  await notifier.stop()
  return outcomes
}

describe('a notification', () => {
  it('is posted to a webhook as SNS posts it', async () => {
    expect(await send(`*=${address}/hook?a=b`, [notification()])).toEqual(['delivered'])
    expect(received[0]?.headers).toMatchObject({ 'x-amz-sns-message-type': 'Notification', 'x-amz-sns-topic-arn': topicArn })
    expect(JSON.parse(received[0]!.body)).toMatchObject({
      Type: 'Notification',
      TopicArn: topicArn,
      Message: notification().message,
      MessageAttributes: {
        notificationType: { Type: 'String', Value: 'SCHEDULED_QUERY_DELETED' },
        queryArn: { Type: 'String', Value: arn },
      },
    })
  })

  it('is published to SNS at any endpoint, in the region of its topic', async () => {
    process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIDTEST'
    process.env['AWS_SECRET_ACCESS_KEY'] ??= 'secret'
    expect(await send(`*=sns:${address}`, [notification()])).toEqual(['delivered'])
    const form = new URLSearchParams(received[0]!.body)
    expect(Object.fromEntries(form)).toMatchObject({
      Action: 'Publish',
      TopicArn: topicArn,
      Message: notification().message,
      'MessageAttributes.entry.1.Name': 'notificationType',
      'MessageAttributes.entry.1.Value.StringValue': 'SCHEDULED_QUERY_DELETED',
    })
    expect(received[0]?.headers.authorization).toContain('/eu-west-1/sns/aws4_request')
  })

  it('is written to the log', async () => {
    const lines: unknown[] = []
    const log: Log = { ...silentLog, info: (event, data) => void lines.push([event, data]) }
    expect(await send(`${topicArn}=log`, [notification()], log)).toEqual(['delivered'])
    expect(lines).toEqual([
      ['notification', { topicArn, type: 'SCHEDULED_QUERY_DELETED', arn, message: JSON.parse(notification().message) as object }],
    ])
  })

  it('is repeated when it was refused, and its followers wait for it', async () => {
    statuses = [500, 503]
    expect(await send(`*=${address}`, [notification(1), notification(2)])).toEqual(['delivered', 'delivered'])
    const numbers = received.map(({ body }) => (JSON.parse((JSON.parse(body) as { Message: string }).Message) as { number: number }).number)
    expect(numbers).toEqual([1, 1, 1, 2])
  })

  it('is lost after some tries, and said to be', async () => {
    statuses = Array.from({ length: 5 }, () => 500)
    const lines: string[] = []
    const log: Log = { ...silentLog, error: (event) => void lines.push(event) }
    expect(await send(`*=${address}`, [notification()], log)).toEqual(['lost'])
    expect(received).toHaveLength(5)
    expect(lines).toEqual(['notification.lost'])
  })

  it('goes nowhere when no route fits', async () => {
    expect(await send('arn:aws:sns:us-east-1:*=log', [notification()])).toEqual([])
  })
})

describe('routes', () => {
  it('are tried in their order', () => {
    const routes = parseTopicRoutes(`${topicArn}=none,arn:aws:sns:eu-*=sns,*=sns:http://localhost:4566`)
    expect(destinationOf(routes, topicArn)).toEqual({ kind: 'none' })
    expect(destinationOf(routes, `${topicArn}2`)).toEqual({ kind: 'sns' })
    expect(destinationOf(routes, 'arn:aws:sns:us-east-1:000000000000:x')).toEqual({ kind: 'sns', endpoint: 'http://localhost:4566' })
  })

  it.each(['x', '=log', 'a*b=log', '*=ftp://x', '*=sns:nowhere', '*=http://'])('%s is refused', (text) => {
    expect(() => parseTopicRoutes(text)).toThrow(/^(is not|has a)/)
  })
})
