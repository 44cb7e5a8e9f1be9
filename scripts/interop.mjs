// Runs clients of other ecosystems (tests/interop/*/run) against a served Tidemark and adds up what they say.
// Each member gets a fresh server and, in its environment, AWS_ENDPOINT_URL, AWS_REGION and credentials of the root principal; its last
// line is `N passed, N failed`. usage: node scripts/interop.mjs [member…]
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'tests', 'interop')
const startTimeoutMs = 60_000
const memberTimeoutMs = 10 * 60_000
const rootKey = { accessKeyId: 'AKIAINTEROPTIDEMARK0', secretAccessKey: 'interop-only-secret-that-opens-nothing-else' }

const wanted = process.argv.slice(2)
const members = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'run')))
  .map((entry) => entry.name)
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .sort()
for (const name of wanted) {
  if (!members.includes(name)) throw new Error(`no interop member ${name} in ${folder}`)
}
if (members.length === 0) throw new Error(`no interop members in ${folder}`)

let passed = 0
let failed = 0
for (const name of members) {
  process.stdout.write(`\n== ${name}\n`)
  const counts = await runMember(name).catch((error) => {
    process.stdout.write(`${name}: ${error.message}\n`)
    return { passed: 0, failed: 1 }
  })
  passed += counts.passed
  failed += counts.failed
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

async function runMember(name) {
  const data = mkdtempSync(join(tmpdir(), `tidemark-interop-${name}-`))
  const server = await startServer(data)
  try {
    const environment = {
      ...process.env,
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    }
    const child = spawn(join(folder, name, 'run'), [], {
      cwd: join(folder, name),
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: memberTimeoutMs,
    })
    const exited = new Promise((resolve, reject) => child.on('error', reject).on('close', (code, signal) => resolve(code ?? signal)))
    let last = ''
    for await (const line of createInterface({ input: child.stdout })) {
      process.stdout.write(`${line}\n`)
      if (line.trim() !== '') last = line.trim()
    }
    const code = await exited
    const match = /^(\d+) passed, (\d+) failed$/.exec(last)
    if (match === null) throw new Error(`ended with ${code} and without a last line "N passed, N failed"`)
    const counts = { passed: Number(match[1]), failed: Number(match[2]) }
    if (code !== 0 && counts.failed === 0) throw new Error(`said ${last} but ended with ${code}`)
    return counts
  } finally {
    await server.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

async function startServer(data) {
  const child = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'serve', '--listen', '127.0.0.1:0', '--data', data], {
    env: { ...process.env, TIDEMARK_ROOT_ACCESS_KEY_ID: rootKey.accessKeyId, TIDEMARK_ROOT_SECRET_ACCESS_KEY: rootKey.secretAccessKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = []
  child.stderr.setEncoding('utf8').on('data', (text) => log.push(text))
  const exited = new Promise((resolve) => child.on('close', resolve))
  const timer = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs)
  for await (const line of createInterface({ input: child.stdout })) {
    const match = /^tidemark listening on (https?:\/\/\S+)$/.exec(line)
    if (match === null) continue
    clearTimeout(timer)
    child.stdout.resume()
    return {
      endpoint: match[1],
      stop: async () => {
        child.kill('SIGTERM')
        await exited
      },
    }
  }
  throw new Error(`the server did not start:\n${log.join('')}`)
}
