import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { missingPackages, nodeProblem } from '../scripts/preconditions.mjs'

describe('the bootstrap', () => {
  it('accepts Node 20.19 and what is newer', () => {
    expect(['20.19.0', '20.20.2', '22.0.0', '24.1.0'].map((version) => nodeProblem(version))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('says which Node it needs and which it got', () => {
    for (const version of ['20.18.9', '18.20.0', '9.9.9'])
      expect(nodeProblem(version)).toContain(`20.19 or newer is needed, this is ${version}`)
  })
})

describe('the packages that are missing', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tidemark-bootstrap-'))
    mkdirSync(join(root, 'node_modules'))
  })
  afterEach(() => {
    rmSync(root, { recursive: true, force: true })
  })

  function lock(path: string, packages: object): void {
    writeFileSync(join(root, path), JSON.stringify({ packages }))
  }

  const wanted = {
    '': { name: 'tidemark' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/a/node_modules/@scope/b': { version: '2.0.0' },
    'node_modules/other-platform': { version: '3.0.0', optional: true },
  }

  it('are all when nothing was installed', () => {
    lock('package-lock.json', wanted)
    expect(missingPackages(root)).toEqual(['a', '@scope/b'])
  })

  it('are none when each has the version of the lockfile; those of other platforms may be absent', () => {
    lock('package-lock.json', wanted)
    lock('node_modules/.package-lock.json', {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/a/node_modules/@scope/b': { version: '2.0.0' },
    })
    expect(missingPackages(root)).toEqual([])
  })

  it('are those of another version, optional ones too', () => {
    lock('package-lock.json', wanted)
    lock('node_modules/.package-lock.json', {
      'node_modules/a': { version: '1.0.1' },
      'node_modules/a/node_modules/@scope/b': { version: '2.0.0' },
      'node_modules/other-platform': { version: '2.9.0' },
    })
    expect(missingPackages(root)).toEqual(['a', 'other-platform'])
  })
})
