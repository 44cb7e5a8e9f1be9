import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
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
  const parent = existsSync(memoryFolder) ? memoryFolder : tmpdir()
  await removeAbandoned(parent)
  const folder = await mkdtemp(join(parent, `tidemark-${process.pid}-`))
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

/** What processes left that were killed while their engine was opening. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid] = /^tidemark-(\d+)-[A-Za-z0-9]{6}$/.exec(name) ?? []
    if (pid === undefined || isRunning(Number(pid))) continue
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => {
      // another user's
    })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
