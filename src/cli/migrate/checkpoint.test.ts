import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Checkpoint } from './checkpoint.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-checkpoint-'))
  path = join(folder, 'checkpoint')
})
afterEach(() => rmSync(folder, { recursive: true }))

const slice = (fromMs: number, rows: number): { fromMs: number; toMs: number; rows: number } => ({ fromMs, toMs: fromMs + 1, rows })
const outcome = { written: 5, rejected: 0, measures: { m: { rows: 5, sum: 1 } } }

function use<T>(work: (checkpoint: Checkpoint) => T): T {
  const checkpoint = new Checkpoint(path, { from: 'aws' })
  try {
    return work(checkpoint)
  } finally {
    checkpoint.close()
  }
}

test('what is done is known to the next run, but not what a crash cut short', () => {
  use((checkpoint) => {
    checkpoint.plan('d.t', [slice(0, 5), slice(1, 5)])
    checkpoint.done('d.t', slice(0, 5), outcome)
  })
  appendFileSync(path, '{"done":"d.t","fromMs":1,')
  for (let run = 0; run < 2; run++)
    expect(use((checkpoint) => checkpoint.slices('d.t'))).toEqual([{ ...slice(0, 5), outcome }, slice(1, 5)])
})

test('a slice that has other records when it is planned again is copied again', () => {
  use((checkpoint) => {
    checkpoint.plan('d.t', [slice(0, 5), slice(1, 5)])
    for (const each of [slice(0, 5), slice(1, 5)]) checkpoint.done('d.t', each, outcome)
    checkpoint.finish()
    expect(checkpoint.isFinished).toBe(true)
    checkpoint.plan('d.t', [slice(0, 5), slice(1, 6), slice(2, 1)])
  })
  expect(use((checkpoint) => checkpoint.slices('d.t'))).toEqual([{ ...slice(0, 5), outcome }, slice(1, 6), slice(2, 1)])
  expect(use((checkpoint) => checkpoint.isFinished)).toBe(false)
})

test('a file of another migration, or of something else, is refused', () => {
  use(() => undefined)
  expect(() => new Checkpoint(path, { from: 'http://x' })).toThrow('is of another migration (--from aws)')
  const other = join(folder, 'other')
  appendFileSync(other, 'something\n')
  expect(() => new Checkpoint(other, { from: 'aws' })).toThrow('no checkpoint')
})
