// What must hold before anything of ours can run. Plain JavaScript without packages, readable by any Node that has ES modules.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const oldestNode = [20, 19]

/** The reason why this Node will not do, or undefined. `version` like `20.19.0`. */
export function nodeProblem(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOldEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])
  if (isOldEnough) return undefined
  return `Node.js ${oldestNode.join('.')} or newer is needed, this is ${version}. Get one at https://nodejs.org/ and try again.`
}

/**
 * Names of packages that the lockfile wants and node_modules does not have in that version. Compares npm's own record of what it
 * installed (node_modules/.package-lock.json), so it costs milliseconds. Optional packages (other platforms) may be absent.
 */
export function missingPackages(root) {
  const wanted = readPackages(join(root, 'package-lock.json'))
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  const missing = []
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue
    const present = installed[path]
    if (present === undefined ? !entry.optional : present.version !== entry.version) missing.push(path.replace(/^.*node_modules\//, ''))
  }
  return missing
}

function readPackages(path) {
  if (!existsSync(path)) return {}
  return JSON.parse(readFileSync(path, 'utf8')).packages ?? {}
}
