import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ServerError } from '../../base/errors.ts'
import type { BackupTarget } from './backup-target.ts'

/** Backups in a folder of this machine, which is made when it is missing. @param folder absolute */
export function directoryTarget(folder: string): BackupTarget {
  return {
    text: folder,
    place: (path) => ({ kind: 'directory', path: join(folder, path) }),
    read: (path) => orAbsent(readFile(join(folder, path)), folder),
    write: (path, body) => writeWhole(join(folder, path), body),
    names: async () => (await orAbsent(readdir(folder), folder)) ?? [],
    remove: (path) => rm(join(folder, path), { recursive: true, force: true }),
  }
}

async function orAbsent<T>(reading: Promise<T>, folder: string): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new ServerError('CONFIGURATION', `The folder ${folder} cannot be read (${code ?? String(error)}).`, { cause: error })
  }
}

async function writeWhole(path: string, body: Buffer): Promise<void> {
  const unfinished = `${path}.unfinished`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(unfinished, 'w', 0o600)
    try {
      await file.writeFile(body)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ServerError('CONFIGURATION', `The file ${path} cannot be written (${code ?? String(error)}).`, { cause: error })
  }
}
