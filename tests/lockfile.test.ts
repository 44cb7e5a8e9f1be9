import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { absentOptionalPackages } from '../scripts/lockfile.mjs'

it('the lockfile has every optional package, so that npm ci takes it on every platform (node scripts/complete-lockfile.mjs)', () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package-lock.json'), 'utf8')) as {
    readonly packages: Parameters<typeof absentOptionalPackages>[0]
  }
  expect(absentOptionalPackages(lock.packages).map(({ name }) => name)).toEqual([])
})

it('finds what is absent, also below another package', () => {
  const packages = {
    'node_modules/a': { optionalDependencies: { b: '1', c: '2', d: '3' } },
    'node_modules/a/node_modules/b': {},
    'node_modules/c': {},
  }
  expect(absentOptionalPackages(packages)).toEqual([{ name: 'd', version: '3', parent: 'node_modules/a' }])
})
