import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import { silentLog } from '../../base/log.ts'
import type { Caller } from '../../database/caller.ts'
import type { NewDeadLetter } from '../../database/connectors/dead-letter.ts'
import type { SourceMessage } from '../connector.ts'
import { nothingMissing, type RecordSink, type TableOutcome, type TableRecords } from '../record-sink.ts'
import { Pipeline, type PipelineBounds } from './pipeline.ts'

const owner = (): Caller => ({ principal: { name: 'root', accessKeyId: 'AKID', isRoot: true }, requestId: 'r' })
const message = (text: string): SourceMessage => ({ payload: Buffer.from(text), source: text, receivedAtMs: 1 })

/** `table:value,value` is a message of records; `!` is one that is none. */
function decode({ payload }: SourceMessage): readonly TableRecords[] {
  const [tableName = '', values = ''] = payload.toString().split(':')
  if (tableName === '!') throw new ServerError('VALIDATION', 'no message')
  const records = values.split(',').map((value) => ({
    timeNs: BigInt(value),
    measureName: 'm',
    dimensions: { names: [], values: [] },
    value: { kind: 'single', type: 'bigint', value: BigInt(value) } as const,
  }))
  return [{ databaseName: 'db', tableName, records }]
}

let pipeline: Pipeline | undefined
afterEach(() => pipeline?.close())

function start(write: (tables: readonly TableRecords[]) => Promise<readonly TableOutcome[]>, bounds: Partial<PipelineBounds> = {}) {
  const settled: string[] = []
  const buried: NewDeadLetter[] = []
  const sink: RecordSink = { write: (_caller, tables) => write(tables) }
  const opened = new Pipeline({
    decode,
    sink,
    creation: nothingMissing,
    owner,
    bury: async (letters) => void buried.push(...letters),
    clock: systemClock,
    log: silentLog,
    bounds: { lingerMs: 5, ...bounds },
  })
  pipeline = opened
  return { settled, buried, pipeline: opened, push: (text: string) => opened.push(message(text), () => settled.push(text)) }
}

const stored = (tables: readonly TableRecords[]): readonly TableOutcome[] =>
  tables.map(({ records }) => ({ accepted: records.length, rejected: [] }))

describe('a pipeline', () => {
  it('settles messages only when their records are durable, several of them in one batch', async () => {
    let release: () => void = () => undefined
    const writes: (readonly TableRecords[])[] = []
    const started = start(async (tables) => {
      writes.push(tables)
      await new Promise<void>((resolve) => (release = resolve))
      return stored(tables)
    })
    await started.push('a:1,2')
    await started.push('b:3')
    await started.push('a:4')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(started.settled).toEqual([])
    expect(writes[0]!.map(({ tableName, records }) => [tableName, records.length])).toEqual([
      ['a', 3],
      ['b', 1],
    ])
    release()
    await started.pipeline.flush()
    expect(started.settled).toEqual(['a:1,2', 'b:3', 'a:4'])
    expect(started.pipeline.pendingBytes).toBe(0)
  })

  it('buries what is no message and what is refused, and settles it after that', async () => {
    const started = start(async (tables) =>
      tables.map(({ records }) => ({ accepted: records.length - 1, rejected: [{ index: 1, reason: 'too old' }] })),
    )
    await started.push('!')
    await started.push('a:1')
    await started.push('a:2')
    await started.pipeline.flush()
    expect(started.settled).toEqual(['!', 'a:1', 'a:2'])
    expect(started.buried.map(({ source, reason }) => [source, reason])).toEqual([
      ['!', 'no message'],
      ['a:2', 'too old'],
    ])
  })

  it('writes again what fails for a reason that passes, but not what is stored already', async () => {
    let failures = 2
    const seen: string[] = []
    const started = start(async (tables) =>
      tables.map(({ tableName, records }) => {
        seen.push(tableName)
        if (tableName === 'b' && failures-- > 0) return { accepted: 0, rejected: [], error: new ServerError('THROTTLING', 'slow down') }
        return { accepted: records.length, rejected: [] }
      }),
    )
    await started.push('a:1')
    await started.push('b:2')
    await started.pipeline.flush()
    expect(seen).toEqual(['a', 'b', 'b', 'b'])
    expect(started.settled).toEqual(['a:1', 'b:2'])
    expect(started.buried).toEqual([])
  })

  it('buries all messages of a table that can never be', async () => {
    const started = start(async (tables) =>
      tables.map(() => ({ accepted: 0, rejected: [], error: new ServerError('VALIDATION', 'no name of a table') })),
    )
    await started.push('x:1')
    await started.pipeline.flush()
    expect(started.buried.map(({ reason }) => reason)).toEqual(['no name of a table'])
    expect(started.settled).toEqual(['x:1'])
  })

  it('takes no more than its bytes in flight', async () => {
    const releases: (() => void)[] = []
    const started = start(
      async (tables) => {
        await new Promise<void>((resolve) => releases.push(resolve))
        return stored(tables)
      },
      { bytesInFlight: 8, batchBytes: 4, batchesAtOnce: 10 },
    )
    await started.push('a:11')
    await started.push('a:12')
    let isTaken = false
    const third = started.push('a:13').then(() => (isTaken = true))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isTaken).toBe(false)
    const releasing = setInterval(() => releases.shift()?.(), 1)
    await third
    await started.pipeline.flush()
    clearInterval(releasing)
    expect(started.settled).toHaveLength(3)
  })

  it('settles nothing more once it is closed', async () => {
    const started = start(async () => {
      throw new ServerError('ENGINE_UNAVAILABLE', 'gone')
    })
    await started.push('a:1')
    await new Promise((resolve) => setTimeout(resolve, 20))
    started.pipeline.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(started.settled).toEqual([])
    await expect(started.push('a:2')).rejects.toThrow('being stopped')
  })
})
