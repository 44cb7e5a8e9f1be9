import { join } from 'node:path'
import { buildIfStale } from '../scripts/build.mjs'

/** Wire tests spawn what is shipped: dist/, built from the sources as they are now. */
export function setup(): void {
  buildIfStale(join(import.meta.dirname, '..'), (text) => process.stderr.write(`tidemark: ${text}\n`))
}
