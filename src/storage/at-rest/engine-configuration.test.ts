import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeEngineConfiguration } from './engine-configuration.ts'

const options = {
  engineDirectory: '/data/engine',
  memoryStorePath: '/data/memory',
  magneticStore: { kind: 'directory', path: '/data/magnetic' },
  magneticCacheBytes: 1 << 20,
  keys: { keys: [{ id: 1, bytes: Buffer.alloc(32, 5) }], currentKeyId: 1, rootSecret: Buffer.alloc(32) },
} as const

describe('the configuration of the engine', () => {
  it('is a file for its owner only, and is gone with its folder once removed', async () => {
    const file = await writeEngineConfiguration(options)
    expect(statSync(file.path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(file.path)).mode & 0o777).toBe(0o700)
    const xml = readFileSync(file.path, 'utf8')
    const usersPath = /<users_config>([^<]+)</.exec(xml)?.[1] ?? ''
    expect(readFileSync(usersPath, 'utf8')).toContain('<profiles>')
    await file.remove()
    await file.remove()
    expect(existsSync(dirname(file.path))).toBe(false)
  })

  it('of a process that was killed is removed by the next one, that of a living process is not', async () => {
    const first = await writeEngineConfiguration(options)
    const parent = dirname(dirname(first.path))
    await first.remove()
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    const abandoned = join(parent, `tidemark-${dead}-abcdef`)
    mkdirSync(abandoned)
    const living = mkdtempSync(join(parent, `tidemark-${process.ppid}-`))
    const file = await writeEngineConfiguration(options)
    expect(existsSync(abandoned)).toBe(false)
    expect(existsSync(living)).toBe(true)
    await file.remove()
    rmSync(living, { recursive: true })
  })
})
