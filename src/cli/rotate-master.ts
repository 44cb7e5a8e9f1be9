import type { OptionSources } from '../base/option.ts'
import { newMasterKeySource, readConfig } from '../server/config.ts'
import { rotateMaster } from '../server/rotate-storage-key.ts'
import type { Output } from './output.ts'

/** Wraps the storage keys with another master key; what is stored stays as it is. */
export async function rotateMasterKey(
  where: Parameters<typeof newMasterKeySource>[0],
  sources: OptionSources,
  output: Output,
): Promise<void> {
  const origin = await rotateMaster(readConfig(sources), newMasterKeySource(where))
  await output.write(`the data is opened with another master key from now on: ${origin}\n`)
}
