import { resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { jsonLog, standardError } from '../base/json-log.ts'
import type { OptionSources } from '../base/option.ts'
import { readConfig } from '../server/config.ts'
import { restoreDataDirectory } from '../server/restore-data-directory.ts'
import type { Output } from './output.ts'
import { ProgressBar } from './progress-bar.ts'
import { bytesText } from './status.ts'

/** Flags of the command that are the server's. */
const serverFlags = ['master-key-file', 'buckets', 's3-endpoint', 's3-region'] as const

/** Makes a data folder out of a backup, in this process. */
export async function restoreNewData(
  backup: { readonly target: string; readonly backupId?: string },
  newData: string,
  { flags, environment }: OptionSources,
  output: Output,
  progress: (text: string) => void,
): Promise<void> {
  const given = serverFlags.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]] as const]))
  const config = readConfig({
    flags: { ...Object.fromEntries(given), data: resolve(newData) },
    environment: { ...environment, TIDEMARK_DATA: undefined },
  })
  const bar = new ProgressBar(0, '', progress, bytesText)
  const log = jsonLog('warn', standardError())
  const { backupId, tableCount, rows } = await restoreDataDirectory(config, backup, systemClock, log, ({ bytesDone, bytesTotal }) =>
    bar.set(bytesDone, bytesTotal),
  )
  bar.end()
  await output.write(`${config.dataDirectory} is made from ${backupId}: ${tableCount} tables, ${rows} rows, counts and checksums agree\n`)
}
