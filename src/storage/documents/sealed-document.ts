import { createHmac } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { ServerError } from '../../base/errors.ts'
import { deriveKey, seal, unseal } from '../at-rest/sealed.ts'
import type { StorageKeys } from '../at-rest/storage-keys.ts'
import type { DocumentKind, Versioned } from '../document-store.ts'

/**
 * How a document is kept: encrypted and authenticated (AES-256-GCM) under the current storage key, found by a keyed hash of its name, so that
 * neither names nor contents can be read in the store. A sealed document is: form (1) · key id (4) · nonce, tag, ciphertext.
 */
export interface DocumentSeal {
  /** Where the document is kept: 1 byte of kind, 32 of hash. */
  storedKey(kind: DocumentKind, key: string): Buffer
  seal<T>(storedKey: Uint8Array, kind: DocumentKind, document: Versioned<T>): Buffer
  /** @throws ServerError CONFIGURATION when it was written with another key or was changed. */
  open<T>(storedKey: Uint8Array, sealed: Uint8Array): Versioned<T>
}

interface Content {
  readonly kind: DocumentKind
  readonly key: string
  readonly revision: number
  readonly value: unknown
}

const form = 1
const headerBytes = 5
/** Longer texts are compressed before they are sealed: a schema repeats itself, and a shared store takes 1 MB at most. */
const compressFrom = 1024

/** The first byte of a stored key; a number stays with its kind for ever. */
const kindBytes: Readonly<Record<DocumentKind, number>> = {
  database: 1,
  table: 2,
  'access-key': 3,
  setting: 4,
  'table-change': 5,
  user: 20,
  group: 21,
  policy: 22,
  'batch-load': 30,
  'log-checkpoint': 31,
  'scheduled-query': 40,
  'scheduled-query-state': 41,
  connector: 50,
  'connector-position': 51,
}
export const documentKinds = Object.keys(kindBytes) as readonly DocumentKind[]
export const kindByte = (kind: DocumentKind): number => kindBytes[kind]

export function createDocumentSeal({ keys, currentKeyId, rootSecret }: StorageKeys): DocumentSeal {
  const nameKey = deriveKey(rootSecret, 'catalog names')
  const contentKeys = new Map(keys.map(({ id, bytes }) => [id, deriveKey(bytes, 'catalog documents')]))
  return {
    storedKey: (kind, key) => Buffer.concat([Buffer.of(kindByte(kind)), createHmac('sha256', nameKey).update(`${kind}\0${key}`).digest()]),
    seal: (storedKey, kind, { key, revision, value }) => {
      const contentKey = contentKeys.get(currentKeyId)
      if (contentKey === undefined) throw new ServerError('CONFIGURATION', `The storage key ${currentKeyId} is missing.`)
      const content: Content = { kind, key, revision, value }
      const header = Buffer.alloc(headerBytes)
      header.writeUInt8(form)
      header.writeUInt32BE(currentKeyId, 1)
      return Buffer.concat([header, seal(contentKey, pack(JSON.stringify(content)), storedKey)])
    },
    open: <T>(storedKey: Uint8Array, sealed: Uint8Array) => {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
      if (bytes.length < headerBytes || bytes.readUInt8() !== form) throw unreadable('it has an unknown form')
      const id = bytes.readUInt32BE(1)
      const contentKey = contentKeys.get(id)
      if (contentKey === undefined) throw unreadable(`it was written with storage key ${id}, which is missing`)
      const plain = unseal(contentKey, bytes.subarray(headerBytes), storedKey)
      if (plain === undefined) throw unreadable('it was written with another master key or was changed')
      const { key, revision, value } = JSON.parse(unpack(plain)) as Content
      return { key, revision, value: value as T }
    },
  }
}

function pack(text: string): Buffer {
  const bytes = Buffer.from(text)
  return bytes.length < compressFrom ? Buffer.concat([Buffer.of(0), bytes]) : Buffer.concat([Buffer.of(1), deflateRawSync(bytes)])
}

const unpack = (packed: Buffer): string => (packed[0] === 0 ? packed.subarray(1) : inflateRawSync(packed.subarray(1))).toString()

const unreadable = (reason: string): ServerError => new ServerError('CONFIGURATION', `A document of the catalog cannot be read: ${reason}.`)
