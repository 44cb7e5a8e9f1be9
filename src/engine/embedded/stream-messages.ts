/** What the engine (engine.ts of this thread) and a stream worker say to each other. */
export type ToStreamWorker =
  | { readonly kind: 'open'; readonly dataDirectory: string; readonly connectionArgs: readonly string[] }
  /** Run this text, which names its FORMAT; `window` chunks may be sent before the first `more`. */
  | { readonly kind: 'run'; readonly text: string; readonly window: number }
  /** One further chunk may be sent. */
  | { readonly kind: 'more' }
  /** Send no further chunk; `end` follows when the engine has let go. */
  | { readonly kind: 'cancel' }
  | { readonly kind: 'close' }

export type FromStreamWorker =
  | { readonly kind: 'opened' }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  /** The run, or opening the session, failed: the engine's text. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'closed' }
