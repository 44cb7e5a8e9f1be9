import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DiskOptions, disksXml, usersXml } from './disks.ts'
import { writePrivateFile } from './private-file.ts'

/** The engine's configuration as a file, for as long as the engine needs it to open. */
export interface ConfigurationFile {
  readonly path: string
  /** Idempotent. */
  remove(): Promise<void>
}

/** A file system in memory, where there is one: what is written there never reaches a disk, also when the process is killed. */
const memoryFolder = '/dev/shm'

/** Holds the storage keys: 0600 in a folder that only this user can enter. Remove it as soon as the engine is open. */
export async function writeEngineConfiguration(options: DiskOptions): Promise<ConfigurationFile> {
  const folder = await mkdtemp(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'tidemark-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, 'engine.xml')
    const usersPath = join(folder, 'users.xml')
    await writePrivateFile(usersPath, usersXml())
    await writePrivateFile(path, disksXml(options, usersPath))
    return { path, remove }
  } catch (error) {
    await remove()
    throw error
  }
}
