import { ServerError } from '../base/errors.ts'
import type { Position } from '../base/errors.ts'
import type { OutputColumn } from './compile.ts'
import type { Expression, UnloadOption } from './syntax/ast.ts'
import { typeText } from './types/type.ts'
import type { Type } from './types/type.ts'

/** Where an UNLOAD writes, and how. Source: developer guide, "UNLOAD". */
export interface UnloadTarget {
  readonly bucket: string
  /** Without slashes at its ends; may be empty. */
  readonly folder: string
  readonly format: 'CSV' | 'PARQUET'
  readonly compression: 'GZIP' | 'NONE'
  readonly encryption: 'SSE_S3' | 'SSE_KMS'
  readonly kmsKey?: string
  readonly fieldDelimiter: string
  readonly escapedBy: string
  readonly includeHeader: boolean
  readonly maxFileBytes: number
  /** How many of the last columns tell the partition. */
  readonly partitionColumns: number
}

const megabyte = 1_000_000
const leastFileBytes = 16 * megabyte
const mostFileBytes = 78_000 * megabyte
const names = [
  'partitioned_by',
  'format',
  'compression',
  'encryption',
  'kms_key',
  'field_delimiter',
  'escaped_by',
  'include_header',
  'max_file_size',
]

/** @throws ServerError VALIDATION codes with the position of what is wrong */
export function unloadTarget(to: string, options: readonly UnloadOption[], columns: readonly OutputColumn[], at: Position): UnloadTarget {
  const [, bucket, folder = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(to) ?? []
  if (bucket === undefined) throw refuse(`UNLOAD target ${JSON.stringify(to.slice(0, 200))} is not s3://bucket/folder`, at)
  const given = new Map<string, UnloadOption>()
  for (const option of options) {
    if (!names.includes(option.name)) throw refuse(`Unknown UNLOAD option '${option.name}'; there are ${names.join(', ')}`, option.at)
    if (given.has(option.name)) throw refuse(`UNLOAD option '${option.name}' is given twice`, option.at)
    given.set(option.name, option)
  }
  const choice = <T extends string>(name: string, fallback: T, ...values: readonly T[]): T => {
    const option = given.get(name)
    if (option === undefined) return fallback
    const text = textOf(option).toUpperCase()
    const found = values.find((value) => value === text)
    if (found === undefined) throw refuse(`UNLOAD option '${name}' must be one of ${values.join(', ')}`, option.at)
    return found
  }
  const character = (name: string, fallback: string): string => {
    const option = given.get(name)
    if (option === undefined) return fallback
    const text = textOf(option)
    if (!/^[\t\x20-\x7e]$/.test(text) || text === '"')
      throw refuse(`UNLOAD option '${name}' must be one ASCII character other than "`, option.at)
    return text
  }
  const encryption = choice('encryption', 'SSE_S3', 'SSE_S3', 'SSE_KMS')
  const kms = given.get('kms_key')
  if (kms !== undefined && encryption !== 'SSE_KMS') throw refuse("UNLOAD option 'kms_key' needs encryption = 'SSE_KMS'", kms.at)
  if (kms !== undefined && !/^[\w:/-]{1,2048}$/.test(textOf(kms)))
    throw refuse("UNLOAD option 'kms_key' must be the id or ARN of a key", kms.at)
  const target: UnloadTarget = {
    bucket,
    folder: folder.replace(/^\/+|\/+$/g, ''),
    format: choice('format', 'CSV', 'CSV', 'PARQUET'),
    compression: choice('compression', 'GZIP', 'GZIP', 'NONE'),
    encryption,
    ...(kms && { kmsKey: textOf(kms) }),
    fieldDelimiter: character('field_delimiter', ','),
    escapedBy: character('escaped_by', '\\'),
    includeHeader: choice('include_header', 'FALSE', 'TRUE', 'FALSE') === 'TRUE',
    maxFileBytes: fileBytes(given.get('max_file_size')),
    partitionColumns: partitionColumns(given.get('partitioned_by'), columns),
  }
  if (target.fieldDelimiter === target.escapedBy) throw refuse("UNLOAD options 'field_delimiter' and 'escaped_by' must differ", at)
  checkColumns(columns, target, at)
  return target
}

function checkColumns(columns: readonly OutputColumn[], target: UnloadTarget, at: Position): void {
  const seen = new Set<string>()
  for (const { name, type } of columns) {
    const scalar = unloadable(type, target.format)
    if (scalar !== undefined) throw refuse(`Column '${name}' cannot be unloaded: it holds values of type ${scalar}`, at)
    if (seen.has(name)) throw refuse(`Column '${name}' occurs twice: columns that are unloaded need names of their own`, at)
    seen.add(name)
  }
  for (const { name, type } of columns.slice(columns.length - target.partitionColumns)) {
    if (type.kind !== 'scalar') throw refuse(`Column '${name}' of type ${typeText(type)} cannot be a partition`, at)
  }
}

/** The name of a type inside that no file holds. */
function unloadable(type: Type, format: UnloadTarget['format']): string | undefined {
  switch (type.kind) {
    case 'scalar': {
      const isRefused = type.name === 'time' || type.name === 'unknown' || (format === 'PARQUET' && type.name.startsWith('interval'))
      return isRefused ? type.name : undefined
    }
    case 'array':
      return unloadable(type.element, format)
    case 'timeseries':
      return unloadable(type.value, format)
    case 'row':
      return type.fields.map((field) => unloadable(field.type, format)).find((name) => name !== undefined)
    case 'map':
      return unloadable(type.key, format) ?? unloadable(type.value, format)
    case 'function':
      return 'function'
  }
}

function partitionColumns(option: UnloadOption | undefined, columns: readonly OutputColumn[]): number {
  if (option === undefined) return 0
  const { value } = option
  const items = value.kind === 'array' ? value.items.map(nameOf) : []
  if (items.length === 0 || items.includes(undefined)) {
    throw refuse("UNLOAD option 'partitioned_by' must be ARRAY['column', …]", option.at)
  }
  if (items.length >= columns.length) throw refuse('UNLOAD needs a column besides those of partitioned_by', option.at)
  const last = columns.slice(-items.length).map(({ name }) => name)
  if (last.some((name, index) => name.toLowerCase() !== items[index]?.toLowerCase())) {
    throw refuse(
      `The columns of partitioned_by must be the last columns of the query, in the same order: these are ${last.join(', ')}`,
      option.at,
    )
  }
  return items.length
}

/** `'a'`, and `a` as the guide's own examples have it. */
function nameOf(expression: Expression): string | undefined {
  if (expression.kind === 'string') return expression.value
  return expression.kind === 'name' && expression.parts.length === 1 ? expression.parts[0]?.text : undefined
}

function textOf({ name, value }: UnloadOption): string {
  if (value.kind === 'string') return value.value
  if (value.kind === 'boolean') return String(value.value)
  throw refuse(`UNLOAD option '${name}' must be a text in quotes`, value.at)
}

function fileBytes(option: UnloadOption | undefined): number {
  if (option === undefined) return mostFileBytes
  const [, size = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,9})?)\s*(MB|GB)$/i.exec(textOf(option).trim()) ?? []
  const bytes = Math.round(Number(size) * (unit.toUpperCase() === 'GB' ? 1000 : 1) * megabyte)
  if (size === '' || bytes < leastFileBytes || bytes > mostFileBytes) {
    throw refuse("UNLOAD option 'max_file_size' must be from '16MB' to '78GB'", option.at)
  }
  return bytes
}

const refuse = (message: string, position: Position): ServerError => new ServerError('SEMANTIC_ERROR', message, { position })
