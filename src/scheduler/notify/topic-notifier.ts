import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Service } from '../../base/service.ts'
import type { Notification, Notifier } from '../../database/scheduled-query/notify/notification.ts'
import type { SnsPublisher } from './sns.ts'
import { type Destination, destinationOf, type TopicRoute } from './topic-routes.ts'
import { postNotification } from './webhook.ts'

export interface TopicNotifierOptions {
  readonly routes: readonly TopicRoute[]
  readonly clock: Clock
  readonly log: Log
  readonly onOutcome?: (outcome: 'delivered' | 'lost') => void
  /** Before the second try; doubled for each further one. */
  readonly firstPauseMs?: number
}

const tries = 5
const timeoutMs = 10_000
/** Beyond it notifications are lost: whoever sends must not wait. */
const mostPending = 10_000
const drainMs = 5000

/** Sends notifications in the background, those of one topic in their order, each tried a few times. */
export class TopicNotifier implements Notifier, Service {
  readonly name = 'notifications'
  readonly #options: TopicNotifierOptions
  /** The last delivery of each topic. */
  readonly #chains = new Map<string, Promise<void>>()
  readonly #publishers = new Map<string, Promise<SnsPublisher>>()
  #pending = 0

  constructor(options: TopicNotifierOptions) {
    this.#options = options
  }

  send(notification: Notification): void {
    const { topicArn } = notification
    const destination = destinationOf(this.#options.routes, topicArn)
    if (destination.kind === 'none') return
    if (this.#pending >= mostPending) return this.#lost(notification, 'too many notifications wait')
    this.#pending++
    const before = this.#chains.get(topicArn) ?? Promise.resolve()
    const chain = before
      .then(() => this.#deliver(destination, notification))
      .finally(() => {
        this.#pending--
        if (this.#chains.get(topicArn) === chain) this.#chains.delete(topicArn)
      })
    this.#chains.set(topicArn, chain)
  }

  async drain(): Promise<void> {
    await Promise.race([Promise.all(this.#chains.values()), delay(drainMs, undefined, { ref: false })])
  }

  async stop(): Promise<void> {
    for (const publisher of this.#publishers.values()) (await publisher.catch(() => undefined))?.close()
  }

  async #deliver(destination: Exclude<Destination, { kind: 'none' }>, notification: Notification): Promise<void> {
    let pauseMs = this.#options.firstPauseMs ?? 500
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#try(destination, notification)
        this.#options.onOutcome?.('delivered')
        return
      } catch (error) {
        if (attempt === tries) return this.#lost(notification, String(error))
        this.#options.log.debug('notification.repeated', { type: notification.type, attempt, error: String(error) })
      }
      await delay(pauseMs, undefined, { ref: false })
      pauseMs *= 2
    }
  }

  async #try(destination: Exclude<Destination, { kind: 'none' }>, notification: Notification): Promise<void> {
    const { clock, log } = this.#options
    switch (destination.kind) {
      case 'log': {
        const { topicArn, type, arn, message } = notification
        log.info('notification', { topicArn, type, arn, message: JSON.parse(message) as object })
        return
      }
      case 'webhook':
        return postNotification(destination.url, notification, clock, timeoutMs)
      case 'sns':
        return (await this.#publisher(destination.endpoint)).publish(notification)
    }
  }

  /** AWS's client takes a while to load: only for those who use it. */
  #publisher(endpoint: string | undefined): Promise<SnsPublisher> {
    const key = endpoint ?? ''
    let publisher = this.#publishers.get(key)
    if (publisher === undefined) {
      publisher = import('./sns.ts').then((sns) => new sns.SnsPublisher(endpoint, timeoutMs))
      this.#publishers.set(key, publisher)
    }
    return publisher
  }

  #lost({ topicArn, type, arn }: Notification, reason: string): void {
    this.#options.log.error('notification.lost', { topicArn, type, arn, reason })
    this.#options.onOutcome?.('lost')
  }
}
