import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Notification } from '../../database/scheduled-query/notify/notification.ts'

/**
 * Posts a notification as SNS posts it to HTTP subscribers, unsigned. Source: SNS developer guide, "HTTP/HTTPS notification JSON format".
 * @throws when the other side does not answer 2xx in time
 */
export async function postNotification(url: string, notification: Notification, clock: Clock, timeoutMs: number): Promise<void> {
  const { topicArn, message, type, arn } = notification
  const messageId = randomUUID()
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': messageId,
      'x-amz-sns-topic-arn': topicArn,
    },
    body: JSON.stringify({
      Type: 'Notification',
      MessageId: messageId,
      TopicArn: topicArn,
      Message: message,
      Timestamp: new Date(clock.nowMs()).toISOString(),
      MessageAttributes: {
        notificationType: { Type: 'String', Value: type },
        queryArn: { Type: 'String', Value: arn },
      },
    }),
    signal: AbortSignal.timeout(timeoutMs),
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`)
}
