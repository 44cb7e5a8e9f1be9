// Adds to package-lock.json the optional packages of other platforms that npm left out. npm drops what the registry in use does not have, or
// what node_modules does not hold, and `npm ci` then refuses the lockfile everywhere. usage: node scripts/complete-lockfile.mjs
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { absentOptionalPackages } from './lockfile.mjs'

const path = join(import.meta.dirname, '..', 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8'))
const absent = absentOptionalPackages(lock.packages)

const additions = absent.map(({ name, version, parent }) => {
  const [os, cpu, abi = ''] = name.replace(/^.*\/(?:(?:lib|binding|msgpackr-extract)-)?/, '').split('-')
  const libc = abi.startsWith('musl') ? ['musl'] : abi.startsWith('gnu') ? ['glibc'] : undefined
  const { dev, license } = lock.packages[parent]
  const entry = { version, cpu: [cpu], ...(dev && { dev }), ...(license && { license }), optional: true, os: [os], ...(libc && { libc }) }
  return [`node_modules/${name}`, entry]
})

const packages = [...Object.entries(lock.packages), ...additions].sort(([a], [b]) => (a < b ? -1 : 1))
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`)
process.stderr.write(`${absent.length} packages of other platforms added\n`)
