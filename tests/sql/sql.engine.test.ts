import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findSltFiles } from './runner/files.ts'
import { openProduct, type Product } from './runner/open-product.ts'
import { runSlt } from './runner/run.ts'

let product: Product
beforeAll(async () => {
  product = await openProduct()
})
afterAll(async () => {
  await product.close()
})

test.each((await findSltFiles()).map((path) => ({ name: basename(dirname(path)) + '/' + basename(path, '.slt'), path })))(
  '$name gives what is written in its file',
  async ({ path }) => {
    const { problems } = await runSlt(await readFile(path, 'utf8'), product.database, product.clock)
    expect(problems).toEqual([])
  },
)
