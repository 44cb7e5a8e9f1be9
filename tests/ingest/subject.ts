import type { Served } from '../wire/served.ts'

/** What is sent: one number of a device at a time. */
export interface Reading {
  readonly device: string
  readonly timeMs: number
  readonly value: number
}

/** What became of input that is wrong: the sender was told, or the message is among the dead letters of the connector. */
export type Refusal =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  | { readonly kind: 'buried'; readonly connector: string }

/** How one connector takes part in the runs that all of them make (scenarios.ts). The database `conformance` is there. */
export interface Subject {
  /** Of the connector; the row of the table. */
  readonly name: string
  /** Starts what is needed outside, once; answers what the server is started with. */
  start?(folder: string): Promise<{ readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> }>
  /** Hands readings over, as senders do. Resolves when the sender need not send them again; throws when it must. */
  send(served: Served, readings: readonly Reading[]): Promise<void>
  /** Sends something that is none of the protocol. */
  malformed(served: Served): Promise<Refusal>
  /** Sends more than is taken at once. */
  oversize(served: Served): Promise<Refusal>
  /** Stops the broker and starts it again with what it had. Absent: there is none. */
  restartBroker?(): Promise<void>
  stop?(): Promise<void>
  /** A query of three columns: device, time in milliseconds, value. */
  readonly sql: string
}
