import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { paginateQuery } from '@aws-sdk/client-timestream-query'
import { CreateDatabaseCommand, CreateTableCommand, WriteRecordsCommand } from '@aws-sdk/client-timestream-write'
import { expect, test } from 'vitest'
import { type Served, serve } from '../wire/served.ts'

const writers = 4
const kills = Number(process.env['TIDEMARK_TEST_KILLS'] ?? 20)
const table = { DatabaseName: 'crash', TableName: 'records' }

/** mulberry32, so that a failing run can be repeated from its printed seed. */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Writes until the server dies; adds the values of each acknowledged call. New dimensions and measures now and then, so that ALTERs are hit too. */
async function writeUntilDeath(served: Served, writer: number, counter: { value: number }, acknowledged: Set<string>): Promise<void> {
  for (;;) {
    const first = counter.value
    counter.value += 5
    const values = Array.from({ length: 5 }, (_, i) => String(first + i))
    try {
      await served.write.send(
        new WriteRecordsCommand({
          ...table,
          CommonAttributes: {
            Dimensions: [
              { Name: 'writer', Value: String(writer) },
              { Name: `extra_${first % 7}`, Value: 'x' },
            ],
            MeasureName: `value_${first % 3}`,
            MeasureValueType: 'BIGINT',
            TimeUnit: 'NANOSECONDS',
          },
          Records: values.map((MeasureValue) => ({ MeasureValue, Time: String(BigInt(Date.now()) * 1_000_000n + BigInt(MeasureValue)) })),
        }),
      )
    } catch {
      return
    }
    for (const value of values) acknowledged.add(value)
  }
}

async function storedValues(served: Served): Promise<string[]> {
  const values: string[] = []
  for await (const page of paginateQuery({ client: served.query }, { QueryString: 'SELECT measure_value::bigint FROM crash.records' })) {
    for (const row of page.Rows ?? []) values.push(row.Data![0]!.ScalarValue!)
  }
  return values
}

test(`every acknowledged record is there after ${kills} kills in the middle of writing`, { timeout: 180_000 }, async () => {
  const seed = Date.now() % 1_000_000
  console.info(`seed ${seed}`)
  const next = random(seed)
  const data = mkdtempSync(join(tmpdir(), 'tidemark-crash-'))
  const acknowledged = new Set<string>()
  const counter = { value: 0 }
  try {
    let served = await serve({ data })
    await served.write.send(new CreateDatabaseCommand({ DatabaseName: table.DatabaseName }))
    await served.write.send(new CreateTableCommand(table))
    for (let kill = 0; kill < kills; kill++) {
      const working = Array.from({ length: writers }, (_, writer) => writeUntilDeath(served, writer, counter, acknowledged))
      await new Promise((resolve) => setTimeout(resolve, 50 + next() * 1500))
      served.process.kill('SIGKILL')
      await Promise.all([...working, served.exited])
      served = await serve({ data })
    }
    const stored = await storedValues(served)
    expect(await served.stop()).toBe(0)
    const kept = new Set(stored)
    expect(acknowledged.size).toBeGreaterThan(kills * 5)
    expect([...acknowledged].filter((value) => !kept.has(value))).toEqual([])
    expect(stored.length).toBe(kept.size)
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
})
