import { readMasterKey, rotateMasterKey, type MasterKeySource } from '../storage/at-rest/master-key.ts'
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

/**
 * Wraps the storage keys with another master key; what is stored stays as it is. Without `next` a new key is made where the old one lies. The server must be
 * stopped. Answers where the new key is. Throws ServerError CONFIGURATION.
 */
export async function rotateMaster(
  config: Pick<ServerConfig, 'dataDirectory' | 'masterKey'>,
  next: MasterKeySource | undefined,
): Promise<string> {
  const lock = await lockDataDirectory(config.dataDirectory)
  try {
    return (await rotateMasterKey(lock.directory, masterKeySource(config), next)).origin
  } finally {
    await lock.release()
  }
}
