// What `npm start` and `npm test` go through: works on a fresh clone, needs nothing but Node itself.
// usage: node scripts/bootstrap.mjs start|test|check|build|interop|bench|soak [arguments for that step]
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { buildIfStale } from './build.mjs'
import { missingPackages, nodeProblem } from './preconditions.mjs'

const [step = 'start', ...rest] = process.argv.slice(2)

function say(text) {
  process.stderr.write(`tidemark: ${text}\n`)
}

const problem = nodeProblem(process.versions.node)
if (problem !== undefined) {
  say(problem)
  process.exit(1)
}
const root = join(import.meta.dirname, '..')

/** Runs a command with our terminal; a failing one ends this process with its exit code. */
function run(command, commandArguments, what) {
  const startedMs = performance.now()
  const result = spawnSync(command, commandArguments, { cwd: root, stdio: 'inherit' })
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  if (result.status !== 0) {
    say(`${what} failed after ${seconds} s`)
    process.exit(result.status ?? 1)
  }
  say(`${what}: ok, ${seconds} s`)
}

function runNpm(npmArguments, what) {
  const npm = process.env.npm_execpath
  if (npm !== undefined && existsSync(npm)) run(process.execPath, [npm, ...npmArguments], what)
  else run(process.platform === 'win32' ? 'npm.cmd' : 'npm', npmArguments, what)
}

function runTool(path, toolArguments, what) {
  run(process.execPath, [join(root, 'node_modules', path), ...toolArguments], what)
}

function install() {
  const missing = missingPackages(root)
  if (missing.length === 0) return
  say(`installing packages (${missing.length} missing or of another version; the engine alone is about 540 MB, once) …`)
  runNpm(['ci', '--no-fund', '--no-audit'], 'installing packages')
}

function check() {
  runTool('typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.json'], 'types')
  runTool('oxlint/bin/oxlint', ['--type-aware', '--deny-warnings', '.'], 'lint')
  runTool('oxfmt/bin/oxfmt', ['--check', '.'], 'format')
  runTool('knip/bin/knip.js', [], 'unused files, exports and packages')
}

const vitest = 'vitest/vitest.mjs'

const steps = {
  build: () => undefined,
  check: () => {
    check()
    runTool(vitest, ['run', '--project', 'unit', 'tests/tidy.test.ts'], 'tidy')
  },
  test: () => {
    if (rest.length === 0) check()
    // connectors and what takes minutes have runs of their own
    runTool(vitest, ['run', ...['unit', 'fuzz', 'engine', 'wire'].flatMap((name) => ['--project', name]), ...rest], 'tests')
  },
  interop: () => run(process.execPath, ['scripts/interop.mjs', ...rest], 'interoperability'),
  bench: () => run(process.execPath, ['--import', 'tsx', 'benchmarks/main.ts', ...rest], 'benchmarks'),
  soak: () => run(process.execPath, ['--import', 'tsx', 'benchmarks/soak.ts', ...rest], 'soak'),
  start: () => {
    // In this process, so that signals reach the server itself and its exit code is ours.
    const main = join(root, 'dist', 'cli', 'main.js')
    process.argv = [process.execPath, main, 'serve', ...rest]
    return import(pathToFileURL(main).href)
  },
}

if (!Object.hasOwn(steps, step)) {
  say(`unknown step ${JSON.stringify(step)}; one of ${Object.keys(steps).join(', ')}`)
  process.exit(2)
}
install()
if (step !== 'check') buildIfStale(root, say)
await steps[step]()
