import type { OptionSources } from '../base/option.ts'
import { readConfig } from '../server/config.ts'
import { rotateStorageKey } from '../server/rotate-storage-key.ts'
import type { Output } from './output.ts'

/** Makes a new storage key; what is written from the next start on uses it. */
export async function rotateStorage(sources: OptionSources, output: Output): Promise<void> {
  const summary = await rotateStorageKey(readConfig(sources))
  await output.write(
    `new data is written under key ${summary.currentKeyId} from the next start on; keys that can be read: ${summary.keyIds.join(', ')}\n`,
  )
}
