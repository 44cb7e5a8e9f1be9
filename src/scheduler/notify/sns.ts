import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import type { Notification } from '../../database/scheduled-query/notify/notification.ts'

/** Publishes to the topics of one endpoint. Credentials are those of the environment, as for the tools of AWS. */
export class SnsPublisher {
  readonly #endpoint: string | undefined
  readonly #timeoutMs: number
  readonly #clients = new Map<string, SNSClient>()

  constructor(endpoint: string | undefined, timeoutMs: number) {
    this.#endpoint = endpoint
    this.#timeoutMs = timeoutMs
  }

  async publish({ topicArn, message, type, arn }: Notification): Promise<void> {
    const command = new PublishCommand({
      TopicArn: topicArn,
      Message: message,
      MessageAttributes: {
        notificationType: { DataType: 'String', StringValue: type },
        queryArn: { DataType: 'String', StringValue: arn },
      },
    })
    await this.#client(topicArn).send(command, { abortSignal: AbortSignal.timeout(this.#timeoutMs) })
  }

  close(): void {
    for (const client of this.#clients.values()) client.destroy()
  }

  /** One for each region, which the topic's ARN names. */
  #client(topicArn: string): SNSClient {
    const region = topicArn.split(':')[3] ?? ''
    let client = this.#clients.get(region)
    if (client === undefined) {
      client = new SNSClient({ region, maxAttempts: 1, ...(this.#endpoint !== undefined && { endpoint: this.#endpoint }) })
      this.#clients.set(region, client)
    }
    return client
  }
}
