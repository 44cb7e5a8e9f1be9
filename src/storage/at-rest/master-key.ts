import { randomBytes } from 'node:crypto'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ServerError } from '../../base/errors.ts'
import type { KeyService } from './key-service.ts'
import { readTextFile, writePrivateFile } from './private-file.ts'
import { keyBytes } from './sealed.ts'
import { opensStorageKeys, rewrapStorageKeys } from './storage-keys.ts'

/** Where the key that wraps all others comes from. */
export type MasterKeySource =
  /** Given as text, from the environment or a key file; `name` is what it came from, for messages (which never show the text). */
  | { readonly kind: 'value'; readonly text: string; readonly name: string }
  /** `master.key` in the data directory; made when the directory is new. */
  | { readonly kind: 'beside-data' }
  /** `master.key.wrapped` in the data directory, which the service unwraps; made when the directory is new. */
  | { readonly kind: 'key-service'; readonly service: KeyService }

export interface MasterKey {
  readonly bytes: Uint8Array
  /** For people: `TIDEMARK_MASTER_KEY`, a path. */
  readonly origin: string
  /** What the operator should know about this key. */
  readonly note?: string
}

export const besideDataFile = 'master.key'
const masterKeyForm = '32 bytes as 64 hexadecimal digits or as base64 (make one with: openssl rand -hex 32)'

/**
 * @param isSealed the directory holds storage keys already: no new master key may be made.
 * @throws ServerError CONFIGURATION when the key is missing, unreadable or no key.
 */
export async function readMasterKey(source: MasterKeySource, dataDirectory: string, isSealed: boolean): Promise<MasterKey> {
  switch (source.kind) {
    case 'value':
      return { bytes: parseMasterKey(source.text, source.name), origin: source.name }
    case 'beside-data':
      await finishRotation(dataDirectory)
      return besideData(join(dataDirectory, besideDataFile), isSealed)
    case 'key-service':
      return fromService(join(dataDirectory, wrappedFile), source.service, isSealed)
  }
}

/**
 * Wraps the storage keys of a directory with another master key; what they encrypt stays as it is. The directory must not be in use (hold its lock).
 * Without a new key one is made where the old one lies: beside the data, or by the key service.
 * @throws ServerError CONFIGURATION
 */
export async function rotateMasterKey(dataDirectory: string, source: MasterKeySource, next?: MasterKeySource): Promise<MasterKey> {
  const old = await readMasterKey(source, dataDirectory, true)
  const target = next ?? source
  switch (target.kind) {
    case 'value': {
      if (next === undefined) throw new ServerError('CONFIGURATION', `${target.name} gives the master key; give the new one as well.`)
      const key = await readMasterKey(target, dataDirectory, true)
      await rewrapStorageKeys(dataDirectory, old, key)
      return key
    }
    case 'beside-data': {
      const key = { bytes: randomBytes(keyBytes), origin: join(dataDirectory, besideDataFile) }
      // Whichever of the two files a crash leaves behind, the next start finds the key that opens the storage keys.
      await writePrivateFile(join(dataDirectory, nextFile), `${Buffer.from(key.bytes).toString('hex')}\n`)
      await rewrapStorageKeys(dataDirectory, old, key)
      await finishRotation(dataDirectory)
      return key
    }
    case 'key-service': {
      const path = join(dataDirectory, wrappedFile)
      const { bytes, wrapped } = await target.service.generateKey()
      const key = { bytes, origin: target.service.name }
      const kept = await readWrapped(path)
      // Both forms, until the storage keys are rewrapped: the reader takes the one that opens them.
      await writeWrapped(path, target.service, [wrapped, ...(kept ?? [])])
      await rewrapStorageKeys(dataDirectory, old, key)
      await writeWrapped(path, target.service, [wrapped])
      return key
    }
  }
}

const nextFile = 'master.key.next'
const wrappedFile = 'master.key.wrapped'

/** Completes what a crash left of a rotation: the new key counts when it opens the storage keys. */
async function finishRotation(dataDirectory: string): Promise<void> {
  const path = join(dataDirectory, nextFile)
  const text = await readTextFile(path)
  if (text === undefined) return
  const bytes = parseMasterKey(text, `The file ${path}`)
  if (await opensStorageKeys(dataDirectory, { bytes, origin: path })) await rename(path, join(dataDirectory, besideDataFile))
  else await rm(path)
}

async function fromService(path: string, service: KeyService, isSealed: boolean): Promise<MasterKey> {
  const kept = await readWrapped(path)
  if (kept === undefined) {
    if (isSealed) {
      throw new ServerError(
        'CONFIGURATION',
        `The data directory is encrypted, but its wrapped master key is missing: ${path} does not exist. To begin to use ${service.name}, rotate the master key.`,
      )
    }
    const { bytes, wrapped } = await service.generateKey()
    await writeWrapped(path, service, [wrapped])
    return {
      bytes,
      origin: service.name,
      note: `A master key was made and wrapped by ${service.name}: ${path}. Without that file and that service the data cannot be read.`,
    }
  }
  let key: MasterKey | undefined
  for (const wrapped of kept) {
    key = { bytes: await service.unwrap(wrapped), origin: service.name }
    if (kept.length === 1 || (await opensStorageKeys(dirname(path), key))) break
  }
  return key!
}

async function readWrapped(path: string): Promise<readonly Uint8Array[] | undefined> {
  const text = await readTextFile(path)
  if (text === undefined) return undefined
  try {
    const { wrapped } = JSON.parse(text) as { readonly wrapped: readonly string[] }
    const keys = wrapped.map((each) => Buffer.from(each, 'base64'))
    if (keys.length > 0) return keys
  } catch {
    // said below
  }
  throw new ServerError(
    'CONFIGURATION',
    `${path} is damaged: it does not hold a wrapped master key. Restore it from a copy; without it the data cannot be read.`,
  )
}

const writeWrapped = (path: string, { name }: KeyService, keys: readonly Uint8Array[]): Promise<void> =>
  writePrivateFile(path, `${JSON.stringify({ by: name, wrapped: keys.map((key) => Buffer.from(key).toString('base64')) }, undefined, 2)}\n`)

/** @throws ServerError CONFIGURATION that names `origin`, never the text. */
function parseMasterKey(text: string, origin: string): Uint8Array {
  const trimmed = text.trim()
  if (/^[0-9a-fA-F]{64}$/.test(trimmed)) return Buffer.from(trimmed, 'hex')
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) {
    const bytes = Buffer.from(trimmed, 'base64')
    if (bytes.length === keyBytes) return bytes
  }
  throw new ServerError('CONFIGURATION', `${origin} is not a master key: it must be ${masterKeyForm}.`)
}

async function besideData(path: string, isSealed: boolean): Promise<MasterKey> {
  const text = await readTextFile(path)
  if (text !== undefined) {
    const { bytes, note } = await readKeyFile(path)
    return { bytes, origin: path, note: note ?? `The master key lies beside the data, in ${path}: who copies the directory can read it.` }
  }
  if (isSealed) {
    throw new ServerError(
      'CONFIGURATION',
      `The data directory is encrypted, but its master key is missing: ${path} does not exist and no other master key was given.`,
    )
  }
  const bytes = randomBytes(keyBytes)
  await writePrivateFile(path, `${bytes.toString('hex')}\n`)
  return {
    bytes,
    origin: path,
    note:
      `A master key was made: ${path}. It lies beside the data that it encrypts; to keep it apart, store it elsewhere and ` +
      'give it as TIDEMARK_MASTER_KEY or as a key file. Without it the data cannot be read.',
  }
}

async function readKeyFile(path: string): Promise<{ readonly bytes: Uint8Array; readonly note?: string }> {
  const unreadable = (reason: string, cause?: unknown): ServerError =>
    new ServerError('CONFIGURATION', `The master key file ${path} ${reason}.`, { cause })
  let text: string | undefined
  let mode: number
  try {
    text = await readTextFile(path)
    if (text === undefined) throw unreadable('does not exist')
    mode = (await stat(path)).mode
  } catch (error) {
    if (error instanceof ServerError) throw error
    throw unreadable(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`, error)
  }
  const bytes = parseMasterKey(text, `The file ${path}`)
  return (mode & 0o077) === 0 ? { bytes } : { bytes, note: `The master key file ${path} may be read by other users; set its mode to 0600.` }
}
