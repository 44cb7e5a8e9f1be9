import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCluster, type ClickhouseCluster } from '../harness/clickhouse-cluster.ts'
import { formsOf, resultForms } from './result-forms.ts'
import { findSltFiles } from './runner/files.ts'
import { openProduct, type Product } from './runner/open-product.ts'
import { runSlt } from './runner/run.ts'
import { differenceOf, dropSamples, loadSamples, sampleCases } from './samples/run-samples.ts'

const files = (await findSltFiles()).map((path) => ({ name: `${basename(dirname(path))}/${basename(path, '.slt')}`, path }))

describe.each(['chdb', 'clickhouse'] as const)('on %s', (engine) => {
  let cluster: ClickhouseCluster | undefined
  let product: Product
  beforeAll(async () => {
    if (engine === 'clickhouse') cluster = await startCluster()
    product = await openProduct(cluster?.endpoints)
  })
  afterAll(async () => {
    await product.close()
    await cluster?.stop()
  })

  test.each(files)('$name gives what is written in its file', async ({ path }) => {
    const { problems } = await runSlt(await readFile(path, 'utf8'), product.database, product.clock)
    expect(problems).toEqual([])
  })

  test('values have the form that the API describes, to the letter', async () => {
    const { columns, rowsJson } = await formsOf(
      product,
      resultForms.map(({ expression }) => expression),
    )
    expect(columns).toEqual(resultForms.map(({ type }, i) => ({ Name: `c${i}`, Type: type })))
    expect(rowsJson).toBe(`[{"Data":[${resultForms.map(({ datum }) => datum).join(',')}]}]`)
  })

  describe('the sample queries over the data of the demo', () => {
    beforeAll(() => loadSamples(product))
    afterAll(() => dropSamples(product))

    test.each(sampleCases)('$title give what its rows say', async (sample) => {
      expect(await differenceOf(sample, product)).toBeUndefined()
    })
  })
})
