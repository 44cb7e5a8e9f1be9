/**
 * `npm run slt -- [--complete] [FILE …]`: runs files of tests/sql (all when none is named) and prints what is not as expected.
 * With --complete it writes what came into the files, but never over what is documented or observed.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { findSltFiles } from './files.ts'
import { openProduct } from './open-product.ts'
import { runSlt } from './run.ts'

const args = process.argv.slice(2)
const complete = args.includes('--complete')
const named = args.filter((arg) => !arg.startsWith('--'))
const files = named.length > 0 ? named : await findSltFiles()
const product = await openProduct()
let count = 0
for (const file of files) {
  const text = await readFile(file, 'utf8')
  const outcome = await runSlt(text, product.database, product.clock)
  for (const problem of outcome.problems) process.stdout.write(`${file} ${problem}\n`)
  count += outcome.problems.length
  if (complete && outcome.text !== text) await writeFile(file, outcome.text)
}
await product.close()
process.stdout.write(`${files.length} files, ${count} differences\n`)
process.exitCode = complete || count === 0 ? 0 : 1
