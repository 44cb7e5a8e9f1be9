import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Log, silentLog } from '../../base/log.ts'
import type { StorageKeys } from '../at-rest/storage-keys.ts'
import { headerBytes } from './segment-format.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

const keysOf = (...fills: readonly number[]): StorageKeys => ({
  keys: fills.map((fill, i) => ({ id: i + 1, bytes: Buffer.alloc(32, fill) })),
  currentKeyId: fills.length,
  rootSecret: Buffer.alloc(32, 9),
})
const keys = keysOf(1)
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-log-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

const open = (over: { keys?: StorageKeys; segmentBytes?: number; log?: Log } = {}): Promise<WriteAheadLog> =>
  WriteAheadLog.open({ directory, keys, log: silentLog, ...over })
const append = (log: WriteAheadLog, text: string): Promise<void> => log.append(Buffer.from(text), () => undefined)
/** As a process that is killed leaves it. */
const leave = (log: WriteAheadLog): Promise<void> => log.close(() => false)

async function write(texts: readonly string[], over: Parameters<typeof open>[0] = {}): Promise<void> {
  const log = await open(over)
  for (const text of texts) await append(log, text)
  await leave(log)
}

async function read(over: Parameters<typeof open>[0] = {}): Promise<string[]> {
  const log = await open(over)
  const texts: string[] = []
  for await (const { entry } of log.entries()) texts.push(entry.toString())
  await leave(log)
  return texts
}

const files = (): string[] =>
  readdirSync(directory)
    .sort()
    .map((name) => join(directory, name))

/** A segment with `first`, `second` and `third`, each in a write of its own; `before`: where the last one begins. */
async function threeWrites(): Promise<{ readonly path: string; readonly whole: Buffer; readonly before: number }> {
  const log = await open()
  await append(log, 'first')
  await append(log, 'second')
  const before = log.size.bytes
  await append(log, 'third')
  await leave(log)
  const path = files()[0]!
  return { path, whole: readFileSync(path), before }
}

describe('a write-ahead log', () => {
  it('gives back its entries in order, over several segments and openings', async () => {
    const texts = Array.from({ length: 50 }, (_, i) => `entry ${i} ${'x'.repeat(i * 7)}`)
    await write(texts.slice(0, 30), { segmentBytes: 400 })
    expect(files().length).toBeGreaterThan(3)
    expect(await read()).toEqual(texts.slice(0, 30))
    await write(texts.slice(30), { segmentBytes: 400 })
    expect(await read()).toEqual(texts)
  })

  it('writes what waits together, and says in order that it is durable', async () => {
    const log = await open()
    const events: string[] = []
    const texts = Array.from({ length: 20 }, (_, i) => String(i))
    await Promise.all(texts.map((text) => log.append(Buffer.from(text), () => events.push(text)).then(() => events.push('answered'))))
    expect(events).toEqual([...texts, ...texts.map(() => 'answered')])
    await leave(log)
    expect(await read()).toEqual(texts)
  })

  it('removes the segments that are not needed, and all of them when it is closed empty', async () => {
    const log = await open({ segmentBytes: 100 })
    const segments: number[] = []
    for (let i = 0; i < 6; i++) await log.append(Buffer.alloc(100), (segment) => segments.push(segment))
    expect(segments).toEqual([1, 2, 3, 4, 5, 6])
    expect(log.size).toMatchObject({ segments: 6 })
    log.release(4)
    expect(log.size).toMatchObject({ segments: 3 })
    await leave(log)
    expect(files().map((file) => file.slice(-7, -4))).toEqual(['004', '005', '006'])
    const again = await open()
    expect(again.size.segments).toBe(3)
    await again.close(() => true)
    expect(files()).toEqual([])
  })

  it('takes nothing after it was closed', async () => {
    const log = await open()
    await leave(log)
    await expect(append(log, 'late')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })

  it('says why it cannot write, and goes on when it can again', async () => {
    const log = await open()
    rmSync(directory, { recursive: true })
    await expect(append(log, 'lost')).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: `The write-ahead log in ${directory} cannot be written: ENOENT.`,
    })
    mkdirSync(directory)
    await append(log, 'kept')
    await leave(log)
    expect(await read()).toEqual(['kept'])
  })

  it('leaves nothing of a write that failed halfway, and goes on behind the last whole one', async () => {
    const program = new URL('../../../tests/storage/limited-log-writer.ts', import.meta.url).pathname
    // files of at most 64 KiB (in units of 512 bytes)
    const limited = 'ulimit -f 128; exec "$0" "$@"'
    const { stdout } = spawnSync(
      '/bin/sh',
      ['-c', limited, process.execPath, '--import', 'tsx', program, directory, '40000', '40000', '1000', '10'],
      {
        encoding: 'utf8',
      },
    )
    expect(stdout.trim().split('\n')).toEqual([
      '0 written',
      expect.stringMatching(/^1 .*cannot be written: EFBIG/),
      '2 written',
      '3 written',
    ])
    const log = await open()
    const entries: string[] = []
    for await (const { entry } of log.entries()) entries.push(`${entry[0]} × ${entry.length}`)
    await leave(log)
    expect(entries).toEqual(['0 × 40000', '2 × 1000', '3 × 10'])
  })

  it('holds nothing readable, and is read with the key that it was written with after the key was changed', async () => {
    await write(['SecretValue'.repeat(50)])
    for (const file of files()) expect(readFileSync(file).toString('latin1')).not.toContain('Secret')
    await write(['second'], { keys: keysOf(1, 2) })
    expect(await read({ keys: keysOf(1, 2) })).toEqual(['SecretValue'.repeat(50), 'second'])
  })
})

describe('after a crash', () => {
  it('the last write is cut off wherever it was torn, and writing goes on behind the others', async () => {
    const { path, whole, before } = await threeWrites()
    for (let length = before; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length))
      expect(await read(), `cut at ${length}`).toEqual(['first', 'second'])
      expect(readFileSync(path).length).toBe(before)
    }
    await write(['fourth'])
    expect(await read()).toEqual(['first', 'second', 'fourth'])
  })

  it('a segment that was just being made is removed', async () => {
    await write(['first'])
    const [file] = files()
    const header = readFileSync(file!).subarray(0, headerBytes)
    for (let length = 0; length < headerBytes; length++) {
      const torn = join(directory, '0000000000000002.log')
      writeFileSync(torn, header.subarray(0, length))
      expect(await read(), `cut at ${length}`).toEqual(['first'])
      expect(files()).toEqual([file])
    }
  })

  it('a last write of which any byte is not the one that was written is cut off', async () => {
    const { path, whole, before } = await threeWrites()
    for (let at = before; at < whole.length; at++) {
      const changed = Buffer.from(whole)
      changed[at]! ^= 1 << (at % 8)
      writeFileSync(path, changed)
      expect(await read(), `changed at ${at}`).toEqual(['first', 'second'])
    }
    // zeros, as a file system leaves them when it had made the file longer
    writeFileSync(path, Buffer.concat([whole.subarray(0, before), Buffer.alloc(300)]))
    expect(await read()).toEqual(['first', 'second'])
  })
})

describe('a damaged log', () => {
  const refused = async (what: RegExp, over: Parameters<typeof open>[0] = {}): Promise<void> => {
    await expect(read(over)).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringMatching(what) as string })
  }

  it('is refused for every byte that is not the one that was written before the last write', async () => {
    const { path, whole, before } = await threeWrites()
    for (let at = 0; at < before; at++) {
      const changed = Buffer.from(whole)
      changed[at]! ^= 1 << (at % 8)
      writeFileSync(path, changed)
      await refused(/0000000000000001\.log is damaged at byte \d+: .* move it out of its folder/)
      expect(readFileSync(path)).toEqual(changed)
    }
  })

  it('is refused when an older segment ends too early, and opens without that segment', async () => {
    await write(['first', 'second', 'third'], { segmentBytes: 1 })
    const [, second] = files()
    truncateSync(second!, readFileSync(second!).length - 1)
    await refused(/0000000000000002\.log is damaged at byte 40/)
    renameSync(second!, join(directory, 'aside'))
    expect(await read()).toEqual(['first', 'third'])
  })

  it('is refused with another key, with a key that is missing, under another name and with the frames of another segment', async () => {
    await write(['first', 'second'], { segmentBytes: 1, keys: keysOf(1, 2) })
    await refused(/damaged at byte 40: what is there was not written by this data/, { keys: keysOf(1, 3) })
    await refused(/needs the storage key 2, which this data does not have/, { keys: keysOf(1) })
    const [one, two] = files()
    const whole = keysOf(1, 2)
    const [first, second] = [readFileSync(one!), readFileSync(two!)]
    writeFileSync(one!, Buffer.concat([first.subarray(0, headerBytes), second.subarray(headerBytes)]))
    await refused(/0000000000000001\.log is damaged at byte 40/, { keys: whole })
    writeFileSync(one!, first)
    appendFileSync(two!, second.subarray(headerBytes))
    await refused(/0000000000000002\.log is damaged/, { keys: whole })
    writeFileSync(two!, first)
    await refused(/it is segment 1 under another name/, { keys: whole })
  })
})
