import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ServerError } from '../../base/errors.ts'
import type { MasterKey } from './master-key.ts'
import { readTextFile, writePrivateFile } from './private-file.ts'
import { deriveKey, keyBytes, seal, unseal } from './sealed.ts'

/** One AES-256 key of the disks and the catalog; what is written names the id it was encrypted with. */
export interface StorageKey {
  readonly id: number
  readonly bytes: Uint8Array
}

export interface StorageKeys {
  /** All that may still be needed to read, by id. */
  readonly keys: readonly StorageKey[]
  /** What is written from now on uses this one. */
  readonly currentKeyId: number
  /** Never rotated: for what must stay the same, such as the index of names. */
  readonly rootSecret: Uint8Array
}

/** Shown by status and `keys` commands; no secrets. */
export interface StorageKeysSummary {
  readonly keyIds: readonly number[]
  readonly currentKeyId: number
}

export const storageKeysFile = 'keys.json'
const keysFileFormat = 1

interface KeysFile extends StorageKeysSummary {
  readonly format: number
  /** Base64 of the wrapped keys. */
  readonly wrapped: string
}

export const hasStorageKeys = async (dataDirectory: string): Promise<boolean> =>
  (await readTextFile(join(dataDirectory, storageKeysFile))) !== undefined

/**
 * The keys of a data directory; made when there are none yet.
 * @throws ServerError CONFIGURATION when the master key is another one or the file is damaged.
 */
export async function openStorageKeys(dataDirectory: string, masterKey: MasterKey): Promise<StorageKeys> {
  const path = join(dataDirectory, storageKeysFile)
  const text = await readTextFile(path)
  if (text !== undefined) return unwrap(path, text, masterKey)
  const first: StorageKeys = {
    keys: [{ id: 1, bytes: randomBytes(keyBytes) }],
    currentKeyId: 1,
    rootSecret: randomBytes(keyBytes),
  }
  await writePrivateFile(path, wrap(first, masterKey))
  return first
}

/** The text of the file that holds the keys of a data directory, wrapped by the master key. */
export async function wrappedStorageKeys(dataDirectory: string): Promise<string> {
  const text = await readTextFile(join(dataDirectory, storageKeysFile))
  if (text === undefined) throw new ServerError('CONFIGURATION', `${dataDirectory} holds no storage keys.`)
  return text
}

/** Adds a key and makes it the current one. The directory must not be in use (hold its lock); old keys stay, to read what they wrote. */
export async function addStorageKey(dataDirectory: string, masterKey: MasterKey): Promise<StorageKeysSummary> {
  const path = join(dataDirectory, storageKeysFile)
  const text = await readTextFile(path)
  if (text === undefined)
    throw new ServerError('CONFIGURATION', `${dataDirectory} holds no storage keys to rotate (${path} does not exist).`)
  const { keys, rootSecret } = unwrap(path, text, masterKey)
  const id = Math.max(...keys.map((key) => key.id)) + 1
  const next: StorageKeys = { keys: [...keys, { id, bytes: randomBytes(keyBytes) }], currentKeyId: id, rootSecret }
  await writePrivateFile(path, wrap(next, masterKey))
  return summaryOf(next)
}

/** Wraps the same keys with another master key. @throws ServerError CONFIGURATION when the old one does not open them */
export async function rewrapStorageKeys(dataDirectory: string, masterKey: MasterKey, next: MasterKey): Promise<void> {
  const path = join(dataDirectory, storageKeysFile)
  const text = await readTextFile(path)
  if (text === undefined)
    throw new ServerError('CONFIGURATION', `${dataDirectory} holds no storage keys to rewrap (${path} does not exist).`)
  await writePrivateFile(path, wrap(unwrap(path, text, masterKey), next))
}

/** Whether the master key is that of the directory. */
export async function opensStorageKeys(dataDirectory: string, masterKey: MasterKey): Promise<boolean> {
  const path = join(dataDirectory, storageKeysFile)
  const text = await readTextFile(path)
  if (text === undefined) return false
  try {
    unwrap(path, text, masterKey)
    return true
  } catch {
    return false
  }
}

/** The keys of a catalog that several nodes share and that has no directory: all of them follow from the master key. */
export const sharedStorageKeys = (masterKey: MasterKey): StorageKeys => ({
  keys: [{ id: 1, bytes: deriveKey(masterKey.bytes, 'shared storage key 1') }],
  currentKeyId: 1,
  rootSecret: deriveKey(masterKey.bytes, 'shared root secret'),
})

/** What is written is encrypted with it. */
export function currentKey({ keys, currentKeyId }: StorageKeys): StorageKey {
  const key = keys.find(({ id }) => id === currentKeyId)
  if (key === undefined) throw new ServerError('CONFIGURATION', `The storage key ${currentKeyId}, said to be the current one, is missing.`)
  return key
}

const summaryOf = ({ keys, currentKeyId }: StorageKeys): StorageKeysSummary => ({ keyIds: keys.map(({ id }) => id), currentKeyId })

/** The ids stand readable in the file and are bound to the wrapped part, so that neither can be changed alone. */
const contextOf = (format: number, { keyIds, currentKeyId }: StorageKeysSummary): Buffer =>
  Buffer.from(JSON.stringify([format, keyIds, currentKeyId]))

const wrappingKey = (masterKey: MasterKey): Buffer => deriveKey(masterKey.bytes, 'storage key wrapping')

function wrap(storageKeys: StorageKeys, masterKey: MasterKey): string {
  const summary = summaryOf(storageKeys)
  const secrets = Buffer.concat([storageKeys.rootSecret, ...storageKeys.keys.map(({ bytes }) => bytes)])
  const wrapped = seal(wrappingKey(masterKey), secrets, contextOf(keysFileFormat, summary)).toString('base64')
  const file: KeysFile = { format: keysFileFormat, ...summary, wrapped }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

function unwrap(path: string, text: string, masterKey: MasterKey): StorageKeys {
  const file = parseKeysFile(path, text)
  const secrets = unseal(wrappingKey(masterKey), Buffer.from(file.wrapped, 'base64'), contextOf(file.format, file))
  if (secrets === undefined) {
    throw new ServerError(
      'CONFIGURATION',
      `The master key (${masterKey.origin}) does not open the storage keys in ${path}: it is not the key that this data was encrypted with, ` +
        'or the file was changed. Nothing was opened.',
    )
  }
  const part = (index: number): Uint8Array => secrets.subarray(index * keyBytes, (index + 1) * keyBytes)
  const keys = file.keyIds.map((id, index) => ({ id, bytes: part(index + 1) }))
  if (secrets.length !== (keys.length + 1) * keyBytes) throw damaged(path)
  return { keys, currentKeyId: file.currentKeyId, rootSecret: part(0) }
}

function parseKeysFile(path: string, text: string): KeysFile {
  let file: Partial<KeysFile> | null
  try {
    file = JSON.parse(text) as Partial<KeysFile> | null
  } catch (error) {
    throw damaged(path, error)
  }
  if (typeof file !== 'object' || file === null || typeof file.format !== 'number') throw damaged(path)
  if (file.format !== keysFileFormat) {
    throw new ServerError('CONFIGURATION', `${path} has format ${file.format}, this version of Tidemark reads format ${keysFileFormat}.`)
  }
  const { format, keyIds, currentKeyId, wrapped } = file
  if (
    !Array.isArray(keyIds) ||
    !keyIds.every(isKeyId) ||
    !isKeyId(currentKeyId) ||
    !keyIds.includes(currentKeyId) ||
    typeof wrapped !== 'string'
  ) {
    throw damaged(path)
  }
  return { format, keyIds, currentKeyId, wrapped }
}

const isKeyId = (id: unknown): id is number => Number.isSafeInteger(id) && (id as number) > 0

const damaged = (path: string, cause?: unknown): ServerError =>
  new ServerError(
    'CONFIGURATION',
    `${path} is damaged: it does not hold wrapped storage keys. Restore it from a copy; without it the data cannot be read.`,
    {
      cause,
    },
  )
