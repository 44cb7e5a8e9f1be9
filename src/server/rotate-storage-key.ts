import { readMasterKey } from '../storage/at-rest/master-key.ts'
import { addStorageKey, type StorageKeysSummary } from '../storage/at-rest/storage-keys.ts'
import { lockDataDirectory } from '../storage/data-directory.ts'
import { masterKeySource, type ServerConfig } from './config.ts'

/** Makes a new storage key the current one. The server must be stopped. Throws ServerError CONFIGURATION. */
export async function rotateStorageKey(config: Pick<ServerConfig, 'dataDirectory' | 'masterKey'>): Promise<StorageKeysSummary> {
  const lock = await lockDataDirectory(config.dataDirectory)
  try {
    return await addStorageKey(lock.directory, await readMasterKey(masterKeySource(config), lock.directory, true))
  } finally {
    await lock.release()
  }
}
