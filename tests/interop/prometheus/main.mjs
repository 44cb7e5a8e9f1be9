// Two Prometheus processes: one scrapes and writes, one holds nothing and only reads. The same query at the same time must give the same numbers.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'

const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env
const folder = mkdtempSync(join(tmpdir(), 'interop-prometheus-'))
const children = []
let passed = 0
let failed = 0

function check(name, isRight, detail = '') {
  if (isRight) passed++
  else failed++
  process.stdout.write(`${isRight ? 'ok' : 'FAILED'}  ${name}${isRight ? '' : `: ${detail}`}\n`)
}

function freePort() {
  return new Promise((resolve) => {
    const server = createNetServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function startPrometheus(name, config) {
  const port = await freePort()
  const file = join(folder, `${name}.yml`)
  writeFileSync(file, config)
  const child = spawn(
    'prometheus',
    [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, name)}`, `--web.listen-address=127.0.0.1:${port}`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const said = []
  child.stderr.setEncoding('utf8').on('data', (text) => said.push(text))
  children.push(child)
  const url = `http://127.0.0.1:${port}`
  for (let i = 0; i < 200; i++) {
    if (
      await fetch(`${url}/-/ready`).then(
        (response) => response.ok,
        () => false,
      )
    )
      return { url, said }
    await delay(100)
  }
  throw new Error(`prometheus did not start:\n${said.join('')}`)
}

async function query(url, promql, time) {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: promql, time: String(time) })}`)
  const answer = await response.json()
  if (answer.status !== 'success') throw new Error(`${promql}: ${JSON.stringify(answer)}`)
  const { result } = answer.data
  return result.map(({ metric, value }) => `${JSON.stringify(Object.fromEntries(Object.entries(metric).sort()))} ${value[1]}`).sort()
}

async function rangeQuery(url, promql, start, end) {
  const response = await fetch(`${url}/api/v1/query_range?${new URLSearchParams({ query: promql, start, end, step: '1' })}`)
  const answer = await response.json()
  if (answer.status !== 'success') throw new Error(`${promql}: ${JSON.stringify(answer)}`)
  return answer.data.result.map(({ metric, values }) => JSON.stringify([metric, values])).sort()
}

// counters that go up by different steps, one that starts again, a gauge with every kind of value
let scrapes = 0
const target = createServer((_request, response) => {
  scrapes++
  response.setHeader('content-type', 'text/plain; version=0.0.4')
  response.end(
    [
      '# TYPE jobs_total counter',
      ...['a', 'b', 'c'].map((queue, i) => `jobs_total{queue="${queue}",path="/x \\"y\\" \\\\ z"} ${scrapes * (i + 1) * 1.5}`),
      `restarts_total ${scrapes % 7}`,
      `temperature{room="cold"} ${-scrapes / 3}`,
      `temperature{room="wärm"} ${Math.sqrt(scrapes) * 1e6}`,
      'nothing NaN',
      '',
    ].join('\n'),
  )
}).listen(0, '127.0.0.1')

function storageConfig(kind, extra = '') {
  const path = kind === 'remote_write' ? '/api/v1/write' : '/api/v1/read'
  return `${kind}:\n  - url: ${endpoint}${path}?database=interop&table=prometheus\n    basic_auth: { username: ${id}, password: ${secret} }\n${extra}`
}

try {
  const version = spawnSync('prometheus', ['--version'], { encoding: 'utf8' })
  if (version.error) throw new Error('prometheus is not installed (Debian: prometheus)')
  process.stdout.write(`${(version.stdout || version.stderr).split('\n')[0]}\n`)
  await new Promise((resolve) => target.once('listening', resolve))
  const scrape = `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: jobs\n    static_configs: [{ targets: ['127.0.0.1:${target.address().port}'] }]\n`
  const writer = await startPrometheus(
    'writer',
    scrape + storageConfig('remote_write', '    queue_config: { batch_send_deadline: 500ms }\n'),
  )
  await delay(22_000)
  const reader = await startPrometheus('reader', storageConfig('remote_read', '    read_recent: true\n'))
  // what was scraped three seconds ago has arrived
  const time = Math.floor(Date.now() / 1000) - 3
  const [{ length: stored }] = [await query(writer.url, 'jobs_total', time)]
  check('the target was scraped', stored === 3, `${stored} series`)
  for (const promql of [
    'jobs_total',
    'rate(jobs_total[15s])',
    'sum(rate(jobs_total[15s]))',
    'increase(restarts_total[15s])',
    'resets(restarts_total[15s])',
    'temperature{room="cold"}',
    'temperature{room!="cold"}',
    'temperature{room=~"w.*"}',
    'temperature{room!~"c.*|x"}',
    'temperature{zone=""}',
    'avg_over_time(temperature[10s])',
    'count_over_time(up{job="jobs"}[10s])',
    '{job="jobs",queue=~".+"}',
    'absent(missing_metric)',
  ]) {
    const [own, remote] = [await query(writer.url, promql, time), await query(reader.url, promql, time)]
    check(
      `${promql} is the same through remote_read`,
      own.length > 0 && own.join('\n') === remote.join('\n'),
      `\n${own.join('\n')}\n${remote.join('\n')}`,
    )
  }
  const [own, remote] = [
    await rangeQuery(writer.url, 'rate(jobs_total[10s])', time - 8, time),
    await rangeQuery(reader.url, 'rate(jobs_total[10s])', time - 8, time),
  ]
  check(
    'rate() over a range is the same through remote_read',
    own.length === 3 && own.join() === remote.join(),
    `\n${own.join('\n')}\n${remote.join('\n')}`,
  )
  const metrics = await (await fetch(`${writer.url}/metrics`)).text()
  const count = (name) =>
    [...metrics.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0)
  check(
    'no sample failed',
    count('prometheus_remote_storage_samples_failed_total') === 0,
    writer.said.filter((line) => line.includes('level=error')).join(''),
  )
  check('no sample was dropped', count('prometheus_remote_storage_samples_dropped_total') === 0)
  check('samples were sent', count('prometheus_remote_storage_samples_total') > 100)
  // the example as it is, but for the key
  const example = readFileSync(new URL('../../../examples/prometheus/prometheus.yml', import.meta.url), 'utf8')
  const config = example
    .replaceAll('ACCESS_KEY_ID', id)
    .replaceAll('SECRET', secret)
    .replaceAll('http://127.0.0.1:8470', endpoint)
    .replace('127.0.0.1:8470', new URL(endpoint).host)
  const third = await startPrometheus('example', config)
  // the first scrape comes at any moment of the interval, and its sample is written later
  let up = []
  for (let tries = 0; tries < 30 && !(up.length === 1 && up[0].endsWith(' 1')); tries++) {
    await delay(1000)
    up = await query(third.url, 'up{job="tidemark"}', Math.floor(Date.now() / 1000))
  }
  check('the example scrapes Tidemark', up.length === 1 && up[0].endsWith(' 1'), up.join())
} catch (error) {
  check('ran to its end', false, error.stack)
} finally {
  for (const child of children) child.kill('SIGKILL')
  target.close()
  target.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
