import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readTextFile, writePrivateFile } from '../../storage/at-rest/private-file.ts'

export interface KeyPair {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** In the data directory, readable by its owner only: what the command line signs with on the same machine. */
export const rootCredentialsFile = 'root-credentials.json'

/** Leaves a file that says the same already as it is. */
export async function writeRootCredentials(dataDirectory: string, { accessKeyId, secretAccessKey }: KeyPair): Promise<void> {
  const path = join(dataDirectory, rootCredentialsFile)
  const text = `${JSON.stringify({ accessKeyId, secretAccessKey }, undefined, 2)}\n`
  if ((await readTextFile(path)) !== text) await writePrivateFile(path, text)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const idLength = 18

/** 20 upper-case characters, the first two as given, and a secret of 240 random bits in 40. */
export function newKeyPair(prefix = 'TM'): KeyPair {
  const id = [...randomBytes(idLength)].map((byte) => alphabet[byte % alphabet.length]).join('')
  return { accessKeyId: `${prefix}${id}`, secretAccessKey: randomBytes(30).toString('base64url') }
}
