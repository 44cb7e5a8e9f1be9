// Writes the pages of docs/reference that follow from records. `npm run generate`; tests/reference.test.ts fails when a page is stale.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { referencePages } from './reference-pages.ts'

for (const [name, text] of Object.entries(referencePages())) writeFileSync(join(import.meta.dirname, '..', 'docs', 'reference', name), text)
