import { ServerError } from '../base/errors.ts'

const hiveNull = '__HIVE_DEFAULT_PARTITION__'

/** The folder of a partition, `column=value`, as Hive writes it; undefined stands for NULL. @throws ServerError VALIDATION for values that are not ASCII */
export function partitionFolder(column: string, value: string | undefined): string {
  return `${escapePart(column)}=${value === undefined || value === '' ? hiveNull : escapePart(value)}`
}

function escapePart(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) {
    throw new ServerError('VALIDATION', `UNLOAD partitions have values of ASCII characters only, not ${JSON.stringify(text.slice(0, 80))}`)
  }
  return text.replace(/["#%*/:<>?\\{}|^[\]=]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
