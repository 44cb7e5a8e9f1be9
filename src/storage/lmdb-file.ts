import { randomBytes } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { link, mkdir, open as openFile, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { open } from 'lmdb'
import { ServerError } from '../base/errors.ts'
import { syncFolder } from './at-rest/private-file.ts'

const dataFile = 'data.mdb'
/** LMDB writes two such pages when it begins a file, and crashes on opening one that has less. */
const leastBytes = 2 * 4096

/** Begins an LMDB environment in `directory` when there is none: after a crash it is there whole, or not at all. */
export async function makeLmdbDirectory(directory: string): Promise<void> {
  if (existsSync(join(directory, dataFile))) return
  const temporary = await makeTemporary(dirname(directory))
  try {
    // an empty folder gives way
    await rename(temporary, directory)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
  await syncFolder(dirname(directory))
}

/** The same for an environment that is one file; of several processes that do so at once one makes it. */
export async function makeLmdbFile(path: string): Promise<void> {
  if (existsSync(path)) return
  const temporary = await makeTemporary(dirname(path))
  try {
    await link(join(temporary, dataFile), path)
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  await syncFolder(dirname(path))
}

/** @throws ServerError CONFIGURATION for a file at which LMDB would end the process; `repair` is a sentence. */
export function checkLmdbFile(path: string, repair: string): void {
  if (statSync(path).size >= leastBytes) return
  throw new ServerError('CONFIGURATION', `${path} is damaged (it is cut off). Nothing was opened. ${repair}`)
}

/** What a crash left of files that were being made. Hold the directory's lock. */
export async function removeTemporaries(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (/^\.[0-9a-f]{16}\.tmp$/.test(name)) await rm(join(directory, name), { recursive: true, force: true })
  }
}

async function makeTemporary(parent: string): Promise<string> {
  const temporary = join(parent, `.${randomBytes(8).toString('hex')}.tmp`)
  await mkdir(temporary, { mode: 0o700 })
  await open({ path: temporary, noSubdir: false, overlappingSync: false }).close()
  const file = await openFile(join(temporary, dataFile), 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  return temporary
}
