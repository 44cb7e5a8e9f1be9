import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ServerError } from '../../base/errors.ts'
import { readTextFile, writePrivateFile } from './private-file.ts'
import { keyBytes } from './sealed.ts'

/** Where the key that wraps all others comes from. */
export type MasterKeySource =
  /** Given as text, from the environment or a key file; `name` is what it came from, for messages (which never show the text). */
  | { readonly kind: 'value'; readonly text: string; readonly name: string }
  /** `master.key` in the data directory; made when the directory is new. */
  | { readonly kind: 'beside-data' }

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
      return besideData(join(dataDirectory, besideDataFile), isSealed)
  }
}

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
