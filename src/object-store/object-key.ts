import { join } from 'node:path'
import { ServerError } from '../base/errors.ts'

/** Source: S3 user guide, "Bucket naming rules". */
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
/** Source: S3 user guide, "Naming objects". */
export const keyBytes = 1024

/** @throws ServerError VALIDATION */
export function checkBucketName(bucket: string): void {
  if (!bucketName.test(bucket) || bucket.includes('..')) {
    throw new ServerError('VALIDATION', `${JSON.stringify(bucket.slice(0, 80))} is no name of a bucket.`)
  }
}

/**
 * The file that stands for an object in a folder that stands for its bucket.
 * @throws ServerError VALIDATION for a key that would lie elsewhere or has no file of its own
 */
export function objectPath(folder: string, key: string): string {
  const parts = key.split('/')
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= 200)
  if (!isPlain || key.includes('\0') || key.includes('\\') || Buffer.byteLength(key) > keyBytes) {
    throw new ServerError('VALIDATION', `${JSON.stringify(key.slice(0, 80))} cannot be the key of an object in a folder.`)
  }
  if (parts.some((part) => part.endsWith(unfinished))) {
    throw new ServerError('VALIDATION', `Keys of objects in a folder do not end in ${unfinished}.`)
  }
  return join(folder, ...parts)
}

/** How names of files end that are being written. */
export const unfinished = '.unfinished'
