import { statSync, type Stats } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { glob, isDynamicPattern } from 'tinyglobby'
import { ServerError } from '../../base/errors.ts'
import { fileFormats, formatOf, type FormatName } from './read/formats.ts'
import type { FileFormat } from './read/file-format.ts'

export interface SourceFile {
  readonly path: string
  readonly size: number
  readonly format: FileFormat
}

/**
 * The files that arguments name: files, folders (with all files in them, at any depth, that a format reads) and patterns (`data/*.csv`), in the order
 * of the arguments, each file once.
 * @param as the format of all of them; by their names when absent
 * @throws ServerError CONFIGURATION with the argument that is not there, holds nothing, or is of no known format
 */
export async function findFiles(names: readonly string[], as: FormatName | undefined): Promise<SourceFile[]> {
  const found = new Map<string, SourceFile>()
  for (const name of names) {
    const files = await filesOf(name, as)
    if (files.length === 0) throw new ServerError('CONFIGURATION', `${name}: there are no files to import`)
    for (const file of files) if (!found.has(resolve(file.path))) found.set(resolve(file.path), file)
  }
  return [...found.values()]
}

async function filesOf(name: string, as: FormatName | undefined): Promise<SourceFile[]> {
  const facts = statOf(name)
  if (facts?.isFile()) {
    const format = as ?? formatOf(name)
    if (format === undefined)
      throw new ServerError('CONFIGURATION', `${name}: its name says no format; give --format ${Object.keys(fileFormats).join(' or ')}`)
    return [{ path: name, size: facts.size, format: fileFormats[format] }]
  }
  if (facts === undefined && !isDynamicPattern(name)) throw new ServerError('CONFIGURATION', `${name} cannot be read (ENOENT)`)
  const paths = facts?.isDirectory()
    ? (await glob('**/*', { cwd: name })).map((path) => `${name.replace(/\/+$/, '')}/${path}`)
    : await glob(name, { expandDirectories: false, absolute: isAbsolute(name) })
  return paths.toSorted().flatMap((path) => {
    const format = as ?? formatOf(path)
    return format === undefined ? [] : [{ path, size: statOf(path)?.size ?? 0, format: fileFormats[format] }]
  })
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ServerError('CONFIGURATION', `${path} cannot be read (${code ?? String(error)})`)
  }
}
