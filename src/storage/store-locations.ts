import { join } from 'node:path'
import { ServerError } from '../base/errors.ts'
import type { MagneticStoreLocation } from './at-rest/disks.ts'
import { readTextFile, writePrivateFile } from './at-rest/private-file.ts'
import { deriveKey } from './at-rest/sealed.ts'
import type { StorageKeys } from './at-rest/storage-keys.ts'

/** Where the bytes of both tiers lie; the folders exist. */
export interface StoreLocations {
  /** Absolute. */
  readonly memoryStorePath: string
  readonly magneticStore: MagneticStoreLocation
}

/** In the data directory: that the stores were made, and where a bucket is. */
const locationsFile = 'stores.json'
/** In the folder of a store: which data it belongs to. */
const markerFile = 'tidemark-store.json'

type Store = 'memory store' | 'magnetic store'

/**
 * Refuses to open data whose stores are somewhere else (a disk that is not mounted, a path that was forgotten): the engine would go on
 * without the rows. A folder may be moved with all that is in it.
 * @throws ServerError CONFIGURATION
 */
export async function checkStoreLocations(dataDirectory: string, locations: StoreLocations, { rootSecret }: StorageKeys): Promise<void> {
  const path = join(dataDirectory, locationsFile)
  const known = await readTextFile(path)
  const owner = deriveKey(rootSecret, 'store owner').toString('hex')
  const { memoryStorePath, magneticStore } = locations
  const given = `${JSON.stringify({ magneticStore: magneticStore.kind === 's3' ? bucketOf(magneticStore) : 'folder' })}\n`
  if (known !== undefined && known !== given) {
    throw new ServerError(
      'CONFIGURATION',
      `The magnetic store of this data is ${named(known)}, but ${named(given)} was given. Nothing was opened.`,
    )
  }
  const isNew = known === undefined
  await checkFolder('memory store', memoryStorePath, owner, isNew)
  if (magneticStore.kind === 'directory') await checkFolder('magnetic store', magneticStore.path, owner, isNew)
  if (isNew) await writePrivateFile(path, given)
}

async function checkFolder(store: Store, folder: string, owner: string, isNew: boolean): Promise<void> {
  const path = join(folder, markerFile)
  const marker = `${JSON.stringify({ store, owner })}\n`
  const found = await readTextFile(path)
  if (found === marker) return
  if (found !== undefined) {
    throw new ServerError(
      'CONFIGURATION',
      `${folder} holds a store of other data (or the other store of this one): it cannot be the ${store}.`,
    )
  }
  if (!isNew) {
    throw new ServerError(
      'CONFIGURATION',
      `${folder} does not hold the ${store} of this data (${markerFile} is not there). Is its disk mounted, is the path right? Nothing was opened.`,
    )
  }
  await writePrivateFile(path, marker)
}

const bucketOf = ({ bucket, prefix, endpoint = '' }: Extract<MagneticStoreLocation, { kind: 's3' }>): string =>
  `s3://${bucket}/${prefix} ${endpoint}`.trim()

function named(text: string): string {
  try {
    const { magneticStore } = JSON.parse(text) as { readonly magneticStore?: unknown }
    return magneticStore === 'folder' ? 'in a folder' : `in ${String(magneticStore)}`
  } catch {
    return 'unknown (stores.json is damaged)'
  }
}
