// Turns src/ into dist/ when something that decides dist/ is newer than it.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, renameSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

/** Types are the business of `npm run check`; here they are only stripped, so that a start is quick. */
export function buildIfStale(root, say) {
  const stamp = join(root, 'dist', '.built')
  if (existsSync(stamp) && newestMs(root) <= statSync(stamp).mtimeMs) return
  const startedMs = performance.now()
  say('building dist/ …')
  const fresh = join(root, `dist.${process.pid}`)
  const old = join(root, `dist.${process.pid}.old`)
  const newest = newestMs(root)
  try {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const result = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', fresh], {
      cwd: root,
      stdio: 'inherit',
    })
    if (result.status !== 0) throw new Error(`building dist/ failed (tsc ended with ${result.status ?? result.signal})`)
    // What is no TypeScript (programs for workers, for instance) goes along as it is.
    cpSync(join(root, 'src'), fresh, { recursive: true, filter: (path) => !path.endsWith('.ts') })
    removeEmptyFolders(fresh)
    chmodSync(join(fresh, 'cli', 'main.js'), 0o755)
    writeFileSync(join(fresh, '.built'), `${new Date(newest).toISOString()}\n`)
    if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old)
    renameSync(fresh, join(root, 'dist'))
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
  say(`building dist/: ok, ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name))
  if (readdirSync(folder).length === 0) rmdirSync(folder)
}

/** The newest change, in milliseconds of the epoch, of anything that decides what dist/ holds (folders too: files that went away). */
function newestMs(root) {
  const paths = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.mjs'].map((path) => join(root, path))
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  for (const entry of sources) {
    if (entry.isDirectory() || !entry.name.endsWith('.test.ts')) paths.push(join(entry.parentPath, entry.name))
  }
  return Math.max(...paths.map((path) => statSync(path).mtimeMs))
}
