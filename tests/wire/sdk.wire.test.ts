import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCluster } from '../harness/clickhouse-cluster.ts'
import { hasKeeper } from '../harness/keeper.ts'
import { rootKey, serve } from './served.ts'

const scenarios = join(import.meta.dirname, '..', 'interop', 'aws-sdk-js')

/** Every scenario of the official JavaScript SDK against a spawned server with these options; answers what the run printed. */
async function runScenarios(args: readonly string[]): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), 'tidemark-sdk-'))
  try {
    const served = await serve({ data, args })
    try {
      return await new Promise<string>((resolve) => {
        const env = {
          ...process.env,
          AWS_ENDPOINT_URL: served.endpoint,
          AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
          AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
        }
        execFile(process.execPath, ['main.mjs'], { cwd: scenarios, env }, (_error, stdout, stderr) => resolve(`${stdout}${stderr}`))
      })
    } finally {
      await served.stop()
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

test('the official SDK runs all its scenarios on the embedded engine', { timeout: 120_000 }, async () => {
  expect(await runScenarios([])).toMatch(/^\d{2,} passed, 0 failed$/m)
})

test('the official SDK runs all its scenarios on one ClickHouse server', { timeout: 180_000 }, async () => {
  const server = await startCluster()
  try {
    expect(await runScenarios(['--engine', server.endpoints.join(',')])).toMatch(/^\d{2,} passed, 0 failed$/m)
  } finally {
    await server.stop()
  }
})

// The shared catalog needs a ZooKeeper: Debian's package, which .ci/run installs.
test.runIf(hasKeeper())(
  'the official SDK runs all its scenarios on a cluster of two shards with two replicas',
  { timeout: 240_000 },
  async () => {
    const cluster = await startCluster({ shards: 2, replicas: 2 })
    try {
      const said = await runScenarios(['--engine', cluster.endpoints.join(','), '--cluster', cluster.clusterName])
      expect(said).toMatch(/^\d{2,} passed, 0 failed$/m)
    } finally {
      await cluster.stop()
    }
  },
)
