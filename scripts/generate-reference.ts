// Writes the files that follow from records. `npm run generate`; tests/reference.test.ts fails when one is stale.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedFiles } from './reference-pages.ts'

for (const [path, text] of Object.entries(generatedFiles())) {
  const target = join(import.meta.dirname, '..', path)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
}
