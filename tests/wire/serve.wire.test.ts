import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateDatabaseCommand, CreateTableCommand, WriteRecordsCommand } from '@aws-sdk/client-timestream-write'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { rootKey, serve, type ServeOptions, type Served } from './served.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-serve-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** A server that does not outlive a failed test. */
async function started(options: ServeOptions): Promise<Served> {
  const served = await serve(options)
  onTestFinished(() => void served.process.kill('SIGKILL'))
  return served
}

interface Ended {
  readonly code: number | string
  readonly out: string
  readonly err: string
}

/** Runs the command line to its end. */
function tidemark(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env: { ...process.env, ...environment }, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? 'unknown'), out, err })
    })
  })
}

describe('a server', () => {
  it('says where it listens, answers health and metrics, ends with 0 on Ctrl-C, and finds its data again', async () => {
    const data = join(folder, 'life')
    const first = await started({ data })
    for (const path of ['/health', '/health/live', '/health/ready']) expect((await fetch(first.endpoint + path)).status).toBe(200)
    await first.write.send(new CreateDatabaseCommand({ DatabaseName: 'life' }))
    await first.write.send(new CreateTableCommand({ DatabaseName: 'life', TableName: 'cpu' }))
    const Records = [1, 2, 3].map((n) => ({
      Dimensions: [{ Name: 'host', Value: `h,${n}` }],
      MeasureName: 'load',
      MeasureValue: String(n / 2),
      Time: String(Date.now()),
    }))
    await first.write.send(new WriteRecordsCommand({ DatabaseName: 'life', TableName: 'cpu', Records }))
    const metrics = await (await fetch(`${first.endpoint}/metrics`)).text()
    expect(metrics).toContain('tidemark_requests_total{operation="WriteRecords",status="200"} 1')
    expect(metrics).toContain('tidemark_records_total{outcome="accepted"} 3')
    expect(metrics).toMatch(/^tidemark_pending_write_records 0$/m)
    first.process.kill('SIGINT')
    expect(await first.exited).toBe(0)

    const second = await started({ data })
    const connection = {
      AWS_ENDPOINT_URL: second.endpoint,
      AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
    }
    const sql = 'SELECT host, measure_value::double AS load FROM life.cpu ORDER BY host'
    expect(await tidemark(['query', sql, '--format', 'csv'], connection)).toEqual({
      code: 0,
      out: 'host,load\n"h,1",0.5\n"h,2",1.0\n"h,3",1.5\n',
      err: '',
    })
    expect(JSON.parse((await tidemark(['query', sql, '--format', 'json'], connection)).out)).toContainEqual({ host: 'h,1', load: 0.5 })
    expect((await tidemark(['query', sql], connection)).out).toContain('h,1    0.5\n')
    expect((await tidemark(['query', 'SELECT nothing FROM life.cpu'], connection)).err).toMatch(
      /^tidemark: ValidationException: line 1:8: /,
    )
    const status = await tidemark(['status', '--json'], connection)
    expect(JSON.parse(status.out)).toMatchObject({
      databaseCount: 1,
      tables: [{ databaseName: 'life', tableName: 'cpu', rows: 3, series: 3 }],
    })
    expect(await (await fetch(`${second.endpoint}/metrics`)).text()).toMatch(/^tidemark_tier_rows\{tier="memory"\} 3$/m)
    const scraped = await (await fetch(`${second.endpoint}/metrics`)).text()
    const ofTier = '{database="life",table="cpu",tier="memory"}'
    expect(scraped).toContain(`\ntidemark_table_tier_rows${ofTier} 3\n`)
    for (const name of ['bytes', 'oldest_seconds', 'newest_seconds']) {
      const [, value] = new RegExp(`^tidemark_table_tier_${name}${ofTier} (.*)$`, 'm').exec(scraped) ?? []
      expect(Number(value), name).toBeGreaterThan(0)
    }
    expect(scraped).toMatch(/^tidemark_tier_moves \d+$/m)
    expect((await tidemark(['status'], connection)).out).toMatch(/^life +cpu +3 +3 +memory +3 .*\n +magnetic +0 +0 B/m)
    expect(await second.stop()).toBe(0)
  })

  it('makes a root key on the first start, shows its secret once and lets the command line sign with it', async () => {
    const data = join(folder, 'root')
    const outputs: string[] = []
    for (const round of ['first', 'second']) {
      const child = spawn(process.execPath, [main, 'serve', '--listen', '127.0.0.1:0', '--data', data], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      const exited = new Promise((resolve) => child.once('close', resolve))
      let out = ''
      const endpoint = await new Promise<string>((resolve, reject) => {
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          out += text
          const match = /^tidemark listening on (\S+)$/m.exec(out)
          if (match?.[1] !== undefined) resolve(match[1])
        })
        void exited.then(() => reject(new Error(`ended early: ${out}`)))
      })
      outputs.push(out)
      const at = ['--endpoint', endpoint, '--data', data]
      expect((await tidemark(['query', 'SELECT 1 AS one', ...at])).out).toBe('one\n---\n  1\n(1 row)\n')
      if (round === 'first') {
        const created = JSON.parse((await tidemark(['keys', 'create', 'grafana', '--format', 'json', ...at])).out) as readonly Record<
          string,
          string
        >[]
        const id = created[0]?.['access_key_id'] ?? ''
        expect((await tidemark(['keys', 'list', ...at])).out).toContain(`${id}  grafana  active`)
        expect((await tidemark(['keys', 'revoke', id, ...at])).out).toBe(`${id} is revoked\n`)
        expect((await tidemark(['keys', 'list', ...at])).out).toContain(`${id}  grafana  revoked`)
      }
      child.kill('SIGTERM')
      expect(await exited).toBe(0)
    }
    const path = join(data, 'root-credentials.json')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(outputs.map((out) => out.includes('shown this once'))).toEqual([true, false])
  })

  it('takes a new storage key when it is stopped, and reads what the old one wrote', async () => {
    const data = join(folder, 'rotate')
    const first = await started({ data })
    expect((await tidemark(['keys', 'rotate-storage', '--data', data])).err).toMatch(/is in use by process \d+/)
    await first.write.send(new CreateDatabaseCommand({ DatabaseName: 'kept' }))
    await first.stop()
    expect((await tidemark(['keys', 'rotate-storage', '--data', data])).out).toContain('under key 2 from the next start on')
    const second = await started({ data })
    const connection = {
      AWS_ENDPOINT_URL: second.endpoint,
      AWS_ACCESS_KEY_ID: rootKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootKey.secretAccessKey,
    }
    expect((await tidemark(['query', 'SHOW DATABASES', '--format', 'csv'], connection)).out).toContain('kept')
    await second.stop()
  })
})

describe('a start that cannot be', () => {
  it('is one clear line and exit 1: the port is in use', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { readonly port: number }
    const ended = await tidemark(['serve', '--listen', `127.0.0.1:${port}`, '--data', join(folder, 'port'), '--log-level', 'silent'])
    other.close()
    expect([ended.code, ended.out]).toEqual([1, ''])
    expect(ended.err).toBe(
      `tidemark: cannot start: --listen: 127.0.0.1:${port} is in use by another process; stop that one or give another port\n`,
    )
  })

  it('is one clear line and exit 1: another process has the data directory', async () => {
    const data = join(folder, 'twice')
    const first = await started({ data })
    const ended = await tidemark(['serve', '--listen', '127.0.0.1:0', '--data', data, '--log-level', 'silent'])
    expect(ended.code).toBe(1)
    expect(ended.err).toMatch(
      /^tidemark: cannot start: The data directory .* is in use by process \d+; one process at a time can open it\.\n$/,
    )
    expect((await fetch(`${first.endpoint}/health`)).status).toBe(200)
    await first.stop()
  })

  it('is one clear line and exit 1: the data directory is a file, or somebody else’s folder', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const foreign = join(folder, 'foreign')
    mkdirSync(foreign)
    writeFileSync(join(foreign, 'thesis.txt'), 'precious')
    for (const data of [file, join(file, 'below'), foreign]) {
      const ended = await tidemark(['serve', '--listen', '127.0.0.1:0', '--data', data, '--log-level', 'silent'])
      expect(ended.code).toBe(1)
      expect(ended.err).toMatch(/^tidemark: cannot start: [^\n]+\n$/)
    }
    expect(existsSync(join(foreign, 'thesis.txt'))).toBe(true)
  })

  it('is one clear line and exit 1: the master key is another one', async () => {
    const data = join(folder, 'key')
    const first = await started({ data, env: { TIDEMARK_MASTER_KEY: 'a1'.repeat(32) } })
    await first.stop()
    const ended = await tidemark(['serve', '--listen', '127.0.0.1:0', '--data', data, '--log-level', 'silent'], {
      TIDEMARK_MASTER_KEY: 'b2'.repeat(32),
    })
    expect(ended.code).toBe(1)
    expect(ended.err).toMatch(/^tidemark: cannot start: The master key \(TIDEMARK_MASTER_KEY\) does not open the storage keys/)
  })
})
