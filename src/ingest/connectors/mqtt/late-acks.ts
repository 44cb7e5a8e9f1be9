import { Checkpoints } from '../../pipeline/checkpoints.ts'

/**
 * Acknowledgements of one connection, sent when the records of a message are durable, in the order in which the messages came.
 * Source: MQTT 3.1.1, 4.6 (PUBACK packets in the order of the PUBLISH packets).
 */
export class LateAcks {
  readonly #send: (messageId: number) => void
  readonly #waiting: { readonly sequence: number; readonly messageId: number }[] = []
  readonly #checkpoints: Checkpoints<number>
  #sequence = 0
  #isClosed = false

  constructor(send: (messageId: number) => void) {
    this.#send = send
    this.#checkpoints = new Checkpoints((_connection, sequence) => this.#sendUpTo(sequence))
  }

  /** Notes a message as it comes; undefined: of QoS 0, nobody waits. Answers what is called when it is settled. */
  begin(messageId: number | undefined): () => void {
    if (messageId === undefined) return () => undefined
    const sequence = this.#sequence++
    this.#waiting.push({ sequence, messageId })
    return this.#checkpoints.begin('connection', sequence)
  }

  /** The connection is gone: the broker sends what was not acknowledged again, on the next one. */
  close(): void {
    this.#isClosed = true
  }

  #sendUpTo(sequence: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.sequence <= sequence) {
      const { messageId } = this.#waiting.shift()!
      if (!this.#isClosed) this.#send(messageId)
    }
  }
}
