import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDataDirectory } from './data-directory.ts'
import { checkFormat, currentFormat } from './format-version.ts'

let parent: string
let directory: string

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tidemark-directory-'))
  directory = join(parent, 'deep', 'data')
})
afterEach(() => rmSync(parent, { recursive: true }))

const lockInChild = (): ReturnType<typeof spawn> =>
  spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      `const { lockDataDirectory } = await import(${JSON.stringify(new URL('data-directory.ts', import.meta.url).href)})
       await lockDataDirectory(${JSON.stringify(directory)}); process.stdout.write('locked'); setInterval(() => undefined, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )

describe('the lock of a data directory', () => {
  it('makes a directory that only its owner can enter', async () => {
    const lock = await lockDataDirectory(directory)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    await lock.release()
  })

  it('is refused to a second taker until the first has released it', async () => {
    const first = await lockDataDirectory(directory)
    await expect(lockDataDirectory(directory)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('is in use by this process') as string,
    })
    await first.release()
    await first.release()
    await (await lockDataDirectory(directory)).release()
  })

  it('names the process that has it, and is taken over once that process is dead', async () => {
    const child = lockInChild()
    const { stdout } = child
    if (stdout === null) throw new Error('no output')
    await once(stdout, 'data')
    await expect(lockDataDirectory(directory)).rejects.toMatchObject({
      message: expect.stringContaining(`is in use by process ${child.pid}`) as string,
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await lockDataDirectory(directory)).release()
  })

  it('is taken over from a process whose number now belongs to another', async () => {
    await (await lockDataDirectory(directory)).release()
    const store = open({ path: join(directory, 'lock.mdb'), encoding: 'json' })
    store.transactionSync(() => void store.put('owner', { token: 'old', pid: process.pid, started: 'another boot 1' }))
    await store.close()
    await (await lockDataDirectory(directory)).release()
  })

  it('says that its file cannot be opened', async () => {
    mkdirSync(join(directory, 'lock.mdb'), { recursive: true })
    await expect(lockDataDirectory(directory)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('lock.mdb') as string,
    })
  })

  it('says what to do about a file that is cut off, at which LMDB would end the process', async () => {
    await (await lockDataDirectory(directory)).release()
    truncateSync(join(directory, 'lock.mdb'), 2979)
    const message = 'lock.mdb is damaged (it is cut off). Nothing was opened. Remove it'
    await expect(lockDataDirectory(directory)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining(message) as string,
    })
    rmSync(join(directory, 'lock.mdb'))
    await (await lockDataDirectory(directory)).release()
  })

  it('says why a directory cannot be used', async () => {
    writeFileSync(join(parent, 'file'), '')
    await expect(lockDataDirectory(join(parent, 'file', 'data'))).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('ENOTDIR') as string,
    })
  })
})

describe('the format of a data directory', () => {
  it('is written into a new one and accepted again', async () => {
    await checkFormat(parent, '1.0.0')
    await checkFormat(parent, '1.0.1')
  })

  it('is refused when it is newer', async () => {
    writeFileSync(join(parent, 'format.json'), `{"format":${currentFormat + 1},"createdBy":"9.9.9"}`)
    await expect(checkFormat(parent, '1.0.0')).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('9.9.9') as string,
    })
  })

  it('is refused when it is older, and says what to do', async () => {
    writeFileSync(join(parent, 'format.json'), `{"format":${currentFormat - 1},"createdBy":"0.0.9"}`)
    await expect(checkFormat(parent, '1.0.0')).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('Start with an empty directory') as string,
    })
  })

  it.each(['', '{', '{"format":0}', '{"format":"1"}', 'null'])('is refused when the file holds %j', async (text) => {
    writeFileSync(join(parent, 'format.json'), text)
    await expect(checkFormat(parent, '1.0.0')).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('is damaged') as string,
    })
  })

  it('is not written into a folder that holds other things', async () => {
    writeFileSync(join(parent, 'holiday.jpg'), '')
    await expect(checkFormat(parent, '1.0.0')).rejects.toMatchObject({ message: expect.stringContaining('holiday.jpg') as string })
  })
})

it('a folder that holds only the buckets that were made beforehand is a new one', async () => {
  mkdirSync(join(directory, 'buckets', 'the-bucket'), { recursive: true })
  await checkFormat(directory, '1.2.3')
  await checkFormat(directory, '1.2.3')
})
