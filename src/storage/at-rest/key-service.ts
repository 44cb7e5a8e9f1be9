/**
 * A service that keeps a key which never leaves it, and wraps others with it: AWS KMS, or one like it. It stands for a master key of ours: the data
 * directory then holds the master key in wrapped form only, and nobody opens it without asking the service.
 */
export interface KeyService {
  /** For people, with the key that it uses: `AWS KMS (alias/tidemark)`. */
  readonly name: string
  /** A new key of 32 bytes, as it is and wrapped. @throws ServerError CONFIGURATION with the reason */
  generateKey(): Promise<{ readonly bytes: Uint8Array; readonly wrapped: Uint8Array }>
  /** @throws ServerError CONFIGURATION when the service cannot be reached, refuses, or did not wrap this */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>
}
