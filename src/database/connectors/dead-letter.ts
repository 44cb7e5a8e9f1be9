/** A message that could not be stored and whose sender cannot be told. */
export interface NewDeadLetter {
  /** Where it came from: `orders/3/1204`. */
  readonly source: string
  readonly reason: string
  readonly receivedAtMs: number
  readonly failedAtMs: number
  /** What decoding needs besides the payload. */
  readonly attributes: Readonly<Record<string, string>>
  readonly payload: Buffer
}

export interface DeadLetter extends NewDeadLetter {
  /** `CONNECTOR:NUMBER`. */
  readonly id: string
  readonly connector: string
  /** The payload was too long to be kept whole: it cannot be replayed. */
  readonly isCut: boolean
}
