import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type RootDatabase, open } from 'lmdb'
import { ServerError } from '../base/errors.ts'
import { checkLmdbFile, makeLmdbFile } from './lmdb-file.ts'

/** The right to use a data directory; one process has it at a time. */
export interface DirectoryLock {
  /** Absolute, without symbolic links. */
  readonly directory: string
  /** Idempotent. */
  release(): Promise<void>
}

/** Who holds the lock. A process is known by its number and the moment that it began, since numbers are used again. */
interface Owner {
  readonly token: string
  readonly pid: number
  readonly started: string | undefined
}

export const lockFileNames: readonly string[] = ['lock.mdb', 'lock.mdb-lock']
const ownerKey = 'owner'

/**
 * Makes the directory when it is missing (0700) and takes its lock; the lock of a process that is gone is taken over. The owner is read and
 * replaced in one LMDB transaction, whose writer lock the system releases when a process dies: two takers cannot both succeed.
 * @throws ServerError CONFIGURATION when the directory cannot be used or a living process has it (its number is in the message).
 */
export async function lockDataDirectory(path: string): Promise<DirectoryLock> {
  const directory = await usableDirectory(path)
  const store = await openLock(directory)
  const self: Owner = { token: randomUUID(), pid: process.pid, started: processStart(process.pid) }
  const holder = store.transactionSync(() => {
    const owner = store.get(ownerKey)
    if (owner !== undefined && isAlive(owner)) return owner
    void store.put(ownerKey, self)
    return undefined
  })
  if (holder !== undefined) {
    await store.close()
    const who = holder.pid === process.pid ? 'this process' : `process ${holder.pid}`
    throw new ServerError('CONFIGURATION', `The data directory ${directory} is in use by ${who}; one process at a time can open it.`)
  }
  let isHeld = true
  return {
    directory,
    release: async () => {
      if (!isHeld) return
      isHeld = false
      store.transactionSync(() => {
        if (store.get(ownerKey)?.token === self.token) void store.remove(ownerKey)
      })
      await store.close()
    },
  }
}

async function openLock(directory: string): Promise<RootDatabase<Owner, string>> {
  const path = join(directory, 'lock.mdb')
  try {
    await makeLmdbFile(path)
    checkLmdbFile(path, 'Remove it when no process uses the directory: it holds nothing else.')
    return open<Owner, string>({ path, encoding: 'json', overlappingSync: false })
  } catch (error) {
    if (error instanceof ServerError) throw error
    throw new ServerError('CONFIGURATION', `The lock ${path} of the data directory cannot be opened (${String(error)}).`, { cause: error })
  }
}

async function usableDirectory(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    return await realpath(path)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new ServerError('CONFIGURATION', `The data directory ${path} cannot be made or opened (${reason}).`, { cause: error })
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: there is such a process, of another user
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return owner.started === undefined || owner.started === processStart(owner.pid)
}

/** The boot and the tick at which a process began; undefined where the system does not tell. */
function processStart(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the name in parentheses may hold anything; field 22 counted from the first
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return ticks === undefined ? undefined : `${boot} ${ticks}`
  } catch {
    return undefined
  }
}
