import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ServerError } from '../base/errors.ts'
import { readTextFile, writePrivateFile } from './at-rest/private-file.ts'
import { lockFileNames } from './data-directory.ts'

/** Of everything in a data directory together; one more with every change that an older version could not read. */
export const currentFormat = 2

const formatFile = 'format.json'
/** May lie in a directory that was not used yet. */
const harmlessNames = new Set([...lockFileNames, 'master.key', 'lost+found', 'buckets'])

/**
 * Writes the format into a new directory, checks that of an old one. Hold the directory's lock.
 * @throws ServerError CONFIGURATION when a version of another format wrote it, when the file is damaged or missing, or when the folder holds other things.
 */
export async function checkFormat(dataDirectory: string, productVersion: string): Promise<void> {
  const path = join(dataDirectory, formatFile)
  const text = await readTextFile(path)
  if (text === undefined) {
    const foreign = (await readdir(dataDirectory)).filter((name) => !harmlessNames.has(name) && !name.endsWith('.tmp'))
    if (foreign.length > 0) {
      throw new ServerError(
        'CONFIGURATION',
        `${dataDirectory} is no Tidemark data directory: it is not empty (it holds ${foreign.slice(0, 3).join(', ')}) and ${formatFile} is missing.`,
      )
    }
    await writePrivateFile(path, `${JSON.stringify({ format: currentFormat, createdBy: productVersion })}\n`)
    return
  }
  const { format, createdBy } = parse(path, text)
  if (format > currentFormat) {
    throw new ServerError(
      'CONFIGURATION',
      `${dataDirectory} has data format ${format} (first written by version ${createdBy}); this version (${productVersion}) reads format ${currentFormat}. ` +
        'Use a newer version. Nothing was changed.',
    )
  }
  if (format < currentFormat) {
    throw new ServerError(
      'CONFIGURATION',
      `${dataDirectory} has data format ${format} of a version before the first release (${createdBy}); this version (${productVersion}) reads format ` +
        `${currentFormat}. Start with an empty directory and write the data anew, or use the version that wrote it. Nothing was changed.`,
    )
  }
}

function parse(path: string, text: string): { readonly format: number; readonly createdBy: string } {
  try {
    const { format, createdBy } = JSON.parse(text) as { readonly format?: unknown; readonly createdBy?: unknown }
    if (Number.isSafeInteger(format) && (format as number) > 0) return { format: format as number, createdBy: String(createdBy) }
  } catch {
    // said below
  }
  throw new ServerError('CONFIGURATION', `${path} is damaged: it does not say which format the data has. Nothing was opened.`)
}
