// A password, a persistent session, and a broker that is stopped and started again.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { QueryCommand, TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import { CreateDatabaseCommand, TimestreamWriteClient } from '@aws-sdk/client-timestream-write'

const query = new TimestreamQueryClient({ region: 'us-east-1' })
const write = new TimestreamWriteClient({ region: 'us-east-1' })
const folder = mkdtempSync(join(tmpdir(), 'interop-mosquitto-'))
const tidemark = new URL('../../../dist/cli/main.js', import.meta.url).pathname
const port = await freePort()
let passed = 0
let failed = 0
let broker

function check(name, isRight, detail = '') {
  if (isRight) passed++
  else failed++
  process.stdout.write(`${isRight ? 'ok' : 'FAILED'}  ${name}${isRight ? '' : `: ${detail}`}\n`)
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address()
      server.close(() => resolve(free))
    })
  })
}

function run(command, args, input) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? stderr}${stdout}`)
  return stdout
}

async function startBroker() {
  broker = spawn('mosquitto', ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore', env: { ...process.env, PATH: path } })
  for (let i = 0; i < 100; i++) {
    const { status } = spawnSync('mosquitto_pub', [...client, '-t', 'probe', '-n'])
    if (status === 0) return
    await delay(50)
  }
  throw new Error('mosquitto did not start')
}

async function stopBroker() {
  const exited = new Promise((resolve) => broker.once('exit', resolve))
  broker.kill('SIGTERM')
  await exited
}

const path = `${process.env.PATH}:/usr/sbin`
process.env.PATH = path
const client = ['-h', '127.0.0.1', '-p', String(port), '-u', 'plant', '-P', 'secret', '-q', '1']
const publish = (topic, messages) =>
  run('mosquitto_pub', [...client, '-t', topic, '-l'], messages.map((each) => `${JSON.stringify(each)}\n`).join(''))

async function stored(sql, expected) {
  let rows = ''
  for (let i = 0; i < 150; i++) {
    try {
      const { Rows = [] } = await query.send(new QueryCommand({ QueryString: sql }))
      rows = JSON.stringify(Rows.map(({ Data }) => Data.map(({ ScalarValue }) => ScalarValue)))
    } catch (error) {
      rows = String(error)
    }
    if (rows === JSON.stringify(expected)) return [true, '']
    await delay(100)
  }
  return [false, rows]
}

const rule = (sql, changed = {}) => ({
  sql,
  awsIotSqlVersion: '2016-03-23',
  actions: [
    {
      timestream: {
        databaseName: 'interop_mosquitto',
        tableName: 'readings',
        dimensions: [{ name: 'device', value: '${topic(3)}' }],
        timestamp: { value: '${ts}', unit: 'MILLISECONDS' },
      },
    },
  ],
  ...changed,
})

function put(rules) {
  const file = join(folder, 'options.json')
  const options = { url: `mqtt://127.0.0.1:${port}`, username: 'plant', password: 'secret', rules }
  writeFileSync(file, JSON.stringify(options))
  run('node', [tidemark, 'connectors', 'put', 'interop-mosquitto', 'mqtt', file])
}

const startMs = Date.now() - 600_000
const message = (i, more = {}) => ({ ts: startMs + i, temperature: i + 0.5, ...more })
const countSql = 'SELECT device, count(*) FROM interop_mosquitto.readings GROUP BY device ORDER BY device'

try {
  const passwords = join(folder, 'passwords')
  run('mosquitto_passwd', ['-b', '-c', passwords, 'plant', 'secret'])
  writeFileSync(
    join(folder, 'mosquitto.conf'),
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${passwords}`,
      'persistence true',
      `persistence_location ${folder}/`,
      'max_inflight_messages 1000',
      'max_queued_messages 10000',
      ...(process.getuid() === 0 ? ['user root'] : []),
      '',
    ].join('\n'),
  )
  await startBroker()
  await write.send(new CreateDatabaseCommand({ DatabaseName: 'interop_mosquitto' }))
  put({ readings: rule("SELECT temperature FROM 'dt/sensor/+' WHERE temperature < 1000") })
  await waitForSubscription()

  publish(
    'dt/sensor/d1',
    Array.from({ length: 200 }, (_, i) => message(i)),
  )
  publish('dt/sensor/d1', [{ ts: startMs, temperature: 5000 }])
  publish('dt/other/d1', [message(900)])
  check('what the rule selects is stored', ...(await stored(countSql, [['d1', '200']])))

  run('node', [tidemark, 'connectors', 'stop', 'interop-mosquitto'])
  publish(
    'dt/sensor/d2',
    Array.from({ length: 100 }, (_, i) => message(i)),
  )
  run('node', [tidemark, 'connectors', 'start', 'interop-mosquitto'])
  check(
    'what was published while the bridge was stopped comes later',
    ...(await stored(countSql, [
      ['d1', '200'],
      ['d2', '100'],
    ])),
  )

  await stopBroker()
  await startBroker()
  publish(
    'dt/sensor/d3',
    Array.from({ length: 50 }, (_, i) => message(i)),
  )
  check(
    'a broker that comes back is found again',
    ...(await stored(countSql, [
      ['d1', '200'],
      ['d2', '100'],
      ['d3', '50'],
    ])),
  )

  put({
    readings: rule("SELECT temperature FROM 'dt/sensor/+'", { ruleDisabled: true }),
    states: rule("SELECT CASE on WHEN TRUE THEN 'up' ELSE 'down' END AS state FROM 'dt/state/#'"),
  })
  await waitForSubscription()
  publish('dt/state/d9', [message(1, { on: true })])
  const state = "SELECT device, measure_name, measure_value::varchar FROM interop_mosquitto.readings WHERE device = 'd9'"
  check('rules are changed while it runs', ...(await stored(state, [['d9', 'state', 'up']])))

  publish('dt/state/d9', [{ on: true }])
  let letters = ''
  for (let i = 0; i < 100 && !letters.includes('ts'); i++) {
    letters = run('node', [tidemark, 'dead-letters', 'list', 'interop-mosquitto'])
    await delay(50)
  }
  check('a message that does not fit is a dead letter, with the reason', letters.includes('${ts} has no value'), letters)
  const example = new URL('../../../examples/mqtt/', import.meta.url).pathname
  const [{ options }] = JSON.parse(readFileSync(join(example, 'connectors.json'), 'utf8')).connectors
  const file = join(folder, 'example.json')
  writeFileSync(file, JSON.stringify({ ...options, url: `mqtt://127.0.0.1:${port}`, username: 'plant', password: 'secret' }))
  run('node', [tidemark, 'connectors', 'put', 'weather', 'mqtt', file])
  await waitForSubscription()
  process.env.MQTT_PORT = String(port)
  run(join(example, 'run.sh'), ['-u', 'plant', '-P', 'secret'])
  const cities = 'SELECT city, measure_name FROM weather.readings ORDER BY city, measure_name'
  const expected = ['Lagos', 'Oslo'].flatMap((city) => [
    [city, 'celsius'],
    [city, 'wind'],
  ])
  check('the example', ...(await stored(cities, expected)))
} finally {
  spawnSync('node', [tidemark, 'connectors', 'delete', 'weather'])
  spawnSync('node', [tidemark, 'connectors', 'delete', 'interop-mosquitto'])
  broker?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

/** Nothing that is published before the session is there is anybody's. */
async function waitForSubscription() {
  for (let i = 0; i < 100; i++) {
    const { stdout } = spawnSync('mosquitto_sub', [...client, '-t', '$SYS/broker/clients/connected', '-C', '1', '-W', '2'], {
      encoding: 'utf8',
    })
    if (Number(stdout) >= 1) break
    await delay(50)
  }
  await delay(1500)
}

process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exit(failed === 0 ? 0 : 1)
