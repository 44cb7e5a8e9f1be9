import { ServerError } from '../../base/errors.ts'
import { deriveKey, seal, unseal } from './sealed.ts'
import type { StorageKeys } from './storage-keys.ts'

/** How small files of the data directory are encrypted and authenticated: key id (4) · nonce, tag, ciphertext. */
export interface FileSeal {
  /** `context` is not hidden, but must be the same when it is opened. */
  seal(plain: Uint8Array, context: string): Buffer
  /** @throws ServerError CONFIGURATION when it was written with another key or was changed */
  open(sealed: Buffer, context: string): Buffer
}

const headerBytes = 4

/** @param purpose keeps files of one kind from being taken for another */
export function createFileSeal({ keys, currentKeyId }: StorageKeys, purpose: string): FileSeal {
  const derived = new Map(keys.map(({ id, bytes }) => [id, deriveKey(bytes, purpose)]))
  return {
    seal: (plain, context) => {
      const key = derived.get(currentKeyId)
      if (key === undefined) throw new ServerError('CONFIGURATION', `The storage key ${currentKeyId} is missing.`)
      const header = Buffer.alloc(headerBytes)
      header.writeUInt32BE(currentKeyId)
      return Buffer.concat([header, seal(key, plain, Buffer.from(context))])
    },
    open: (sealed, context) => {
      const key = sealed.length < headerBytes ? undefined : derived.get(sealed.readUInt32BE(0))
      const plain = key && unseal(key, sealed.subarray(headerBytes), Buffer.from(context))
      if (plain === undefined) throw new ServerError('CONFIGURATION', `The file ${context} was written with another key or was changed.`)
      return plain
    },
  }
}
