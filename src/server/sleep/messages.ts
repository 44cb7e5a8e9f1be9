import type { ServerFacts } from '../main.ts'

/** What the supervisor tells the server. */
export type ToServer =
  | { readonly kind: 'open'; readonly endpoint: string; readonly wakes: number }
  /** Comes with a connection; `head` is what was read of it already, in base64. */
  | { readonly kind: 'connection'; readonly head?: string }
  | { readonly kind: 'sleep' }

/** What the server tells its supervisor. */
export type ToSupervisor =
  | { readonly kind: 'serving'; readonly facts: ServerFacts }
  /** Nothing happens; at the time it must be awake again, if any. */
  | { readonly kind: 'idle'; readonly wakeAtMs?: number }
  /** Something came while it was about to sleep. */
  | { readonly kind: 'busy' }
