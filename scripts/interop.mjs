// Runs clients of other ecosystems (tests/interop/*/run) against a served Tidemark and adds up what they say.
// Each member gets a fresh server and, in its environment, AWS_ENDPOINT_URL, AWS_REGION and credentials of the root principal; its last
// line is `N passed, N failed`. The same server speaks the PostgreSQL protocol at TIDEMARK_INTEROP_PG_PORT. An S3 server that Tidemark uses runs beside it: TIDEMARK_INTEROP_S3_ENDPOINT, TIDEMARK_INTEROP_S3_BUCKET. usage: node scripts/interop.mjs [member…]
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import S3rver from 's3rver'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'tests', 'interop')
const startTimeoutMs = 60_000
const bucket = 'interop-bucket'
// one builds its client from source
const memberTimeoutMs = 20 * 60_000
/** The one key that the S3 server knows, too: clients of both have one key for both. */
const rootKey = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

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
  const s3 = await startS3(join(data, 's3'))
  const server = await startServer(join(data, 'server'), s3.endpoint)
  try {
    const environment = {
      ...process.env,
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      TIDEMARK_INTEROP_PG_PORT: server.pgPort,
      TIDEMARK_INTEROP_S3_ENDPOINT: s3.endpoint,
      TIDEMARK_INTEROP_S3_BUCKET: bucket,
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
    await s3.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

/** An S3 server of somebody else's making, with one bucket and the one key that it knows. */
async function startS3(directory) {
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets: [{ name: bucket, configs: [] }] })
  const { port } = await server.run()
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => server.close() }
}

async function startServer(data, s3Endpoint) {
  const child = spawn(
    process.execPath,
    [
      join(root, 'dist', 'cli', 'main.js'),
      'serve',
      '--listen',
      '127.0.0.1:0',
      '--pg-listen',
      '127.0.0.1:0',
      '--data',
      data,
      '--s3-endpoint',
      s3Endpoint,
    ],
    {
      env: {
        ...process.env,
        TIDEMARK_ROOT_ACCESS_KEY_ID: rootKey.accessKeyId,
        TIDEMARK_ROOT_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
        TIDEMARK_S3_ACCESS_KEY_ID: 'S3RVER',
        TIDEMARK_S3_SECRET_ACCESS_KEY: 'S3RVER',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const log = []
  child.stderr.setEncoding('utf8').on('data', (text) => log.push(text))
  const exited = new Promise((resolve) => child.on('close', resolve))
  const timer = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs)
  let endpoint
  let pgPort
  for await (const line of createInterface({ input: child.stdout })) {
    endpoint ??= /^tidemark listening on (https?:\/\/\S+)$/.exec(line)?.[1]
    pgPort ??= /^tidemark pgwire listening on \S+:(\d+)$/.exec(line)?.[1]
    if (endpoint === undefined || pgPort === undefined) continue
    clearTimeout(timer)
    child.stdout.resume()
    return {
      endpoint,
      pgPort,
      stop: async () => {
        child.kill('SIGTERM')
        await exited
      },
    }
  }
  throw new Error(`the server did not start:\n${log.join('')}`)
}
