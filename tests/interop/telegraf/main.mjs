// Telegraf reads points from a file and writes them: by outputs.timestream in all of its mappings, by the outputs of InfluxDB 1 and 2.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { QueryCommand, TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import { CreateDatabaseCommand, TimestreamWriteClient } from '@aws-sdk/client-timestream-write'

const {
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  TELEGRAF: telegraf,
} = process.env
const connection = { region: 'us-east-1', endpoint, credentials: { accessKeyId, secretAccessKey } }
const write = new TimestreamWriteClient(connection)
const query = new TimestreamQueryClient(connection)
const folder = mkdtempSync(join(tmpdir(), 'interop-telegraf-'))
const points = join(folder, 'points.txt')
const nowS = Math.floor(Date.now() / 1000)
let passed = 0
let failed = 0

function check(name, expected, found) {
  const isRight = JSON.stringify(expected) === JSON.stringify(found)
  if (isRight) passed++
  else failed++
  process.stdout.write(
    `${isRight ? 'ok' : 'FAILED'}  ${name}${isRight ? '' : `:\nexpected ${JSON.stringify(expected)}\nfound    ${JSON.stringify(found)}`}\n`,
  )
}

async function rows(sql) {
  try {
    const { Rows } = await query.send(new QueryCommand({ QueryString: sql }))
    return Rows.map(({ Data }) => Data.map(({ ScalarValue }) => ScalarValue ?? null))
  } catch (error) {
    return String(error)
  }
}

function run(name, config, environment = {}) {
  const file = config.includes('\n') ? join(folder, `${name}.conf`) : config
  if (file !== config)
    writeFileSync(
      file,
      `[agent]\n  omit_hostname = true\n  precision = "1ns"\n[[inputs.file]]\n  files = ["${points}"]\n  data_format = "influx"\n${config}`,
    )
  const done = spawnSync(telegraf, ['--once', '--config', file], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    timeout: 60_000,
  })
  const faults = done.stderr.split('\n').filter((line) => / E! /.test(line))
  check(`${name}: Telegraf says nothing is wrong`, [0, []], [done.status, faults])
}

const timestream = (database, rest) => `[[outputs.timestream]]
  region = "us-east-1"
  access_key = "${accessKeyId}"
  secret_key = "${secretAccessKey}"
  endpoint_url = "${endpoint}"
  database_name = "${database}"
  describe_database_on_start = true
  create_table_if_not_exists = true
  create_table_magnetic_store_retention_period_in_days = 365
  create_table_memory_store_retention_period_in_hours = 24
${rest}`

try {
  process.stdout.write(spawnSync(telegraf, ['--version'], { encoding: 'utf8' }).stdout)
  writeFileSync(
    points,
    [
      `cpu,host=a,region=eu usage=0.5,procs=12i,ok=true,note="all well" ${nowS}000000000`,
      `cpu,host=b,region=eu usage=1.25,procs=7i,ok=false,note="busy" ${nowS}000000001`,
      `mem,host=a used=9007199254740993i ${nowS}500000000`,
      '',
    ].join('\n'),
  )
  for (const [database, mode, multi, rest] of [
    ['multi_multi', 'multi-table', true, ''],
    ['multi_single', 'multi-table', false, ''],
    ['single_multi', 'single-table', true, '  single_table_name = "all"\n'],
    [
      'single_single',
      'single-table',
      false,
      '  single_table_name = "all"\n  single_table_dimension_name_for_telegraf_measurement_name = "namespace"\n',
    ],
  ]) {
    await write.send(new CreateDatabaseCommand({ DatabaseName: database }))
    const measure = multi && mode === 'multi-table' ? '  measure_name_for_multi_measure_records = "telegraf_measure"\n' : ''
    run(
      `outputs.timestream ${database}`,
      timestream(database, `  mapping_mode = "${mode}"\n  use_multi_measure_records = ${multi}\n${measure}${rest}`),
    )
  }
  const both = [
    ['a', '0.5', '12', 'true', 'all well'],
    ['b', '1.25', '7', 'false', 'busy'],
  ]
  check('a table a measurement, multi-measure', both, await rows(`SELECT host, usage, procs, ok, note FROM multi_multi.cpu ORDER BY time`))
  check('the other table', [['telegraf_measure', '9007199254740993']], await rows(`SELECT measure_name, used FROM multi_multi.mem`))
  check(
    'its time',
    [[`${nowS}000000000`], [`${nowS}000000001`]],
    await rows(`SELECT to_nanoseconds(time) FROM multi_multi.cpu ORDER BY time`),
  )
  check(
    'a table a measurement, single-measure',
    [
      ['note', null, null, null, 'all well'],
      ['ok', null, null, 'true', null],
      ['procs', null, '12', null, null],
      ['usage', '0.5', null, null, null],
    ],
    await rows(
      `SELECT measure_name, measure_value::double, measure_value::bigint, measure_value::boolean, measure_value::varchar FROM multi_single.cpu WHERE host = 'a' ORDER BY 1`,
    ),
  )
  check(
    'one table, multi-measure',
    [
      ['cpu', 'a', '0.5', null],
      ['cpu', 'b', '1.25', null],
      ['mem', 'a', null, '9007199254740993'],
    ],
    await rows(`SELECT measure_name, host, usage, used FROM single_multi."all" ORDER BY time`),
  )
  check(
    'one table, single-measure',
    [
      ['cpu', 'procs', '12'],
      ['cpu', 'procs', '7'],
      ['mem', 'used', '9007199254740993'],
    ],
    await rows(
      `SELECT namespace, measure_name, measure_value::bigint FROM single_single."all" WHERE measure_name IN ('procs', 'used') ORDER BY time`,
    ),
  )
  run(
    'outputs.influxdb',
    `[[outputs.influxdb]]
  urls = ["${endpoint}"]
  database = "influx_one"
  username = "${accessKeyId}"
  password = "${secretAccessKey}"
`,
  )
  check(
    'InfluxDB 1: the database is made, points are stored',
    both,
    await rows(`SELECT host, usage, procs, ok, note FROM influx_one.cpu ORDER BY time`),
  )
  check(
    'InfluxDB 1: measure and time',
    [['mem', `${nowS}500`]],
    await rows(`SELECT measure_name, to_milliseconds(time) FROM influx_one.mem`),
  )
  await write.send(new CreateDatabaseCommand({ DatabaseName: 'telegraf' }))
  run('the example (outputs.influxdb_v2)', new URL('../../../examples/telegraf/telegraf.conf', import.meta.url).pathname, {
    POINTS_FILE: points,
    TIDEMARK_ENDPOINT: endpoint,
  })
  check('InfluxDB 2: points are stored', both, await rows(`SELECT host, usage, procs, ok, note FROM telegraf.cpu ORDER BY time`))
  const lines = readFileSync(points, 'utf8')
  writeFileSync(points, lines + lines)
  run('the same points again', new URL('../../../examples/telegraf/telegraf.conf', import.meta.url).pathname, {
    POINTS_FILE: points,
    TIDEMARK_ENDPOINT: endpoint,
  })
  check('points that come again are stored once', [['2']], await rows(`SELECT count(*) FROM telegraf.cpu`))
  // the shell example of the connector
  const example = spawnSync(new URL('../../../examples/line-protocol/run.sh', import.meta.url).pathname, [], {
    encoding: 'utf8',
    env: { ...process.env, TIDEMARK_ENDPOINT: endpoint },
  })
  check('the example with curl runs as it is', 0, example.status)
  check('and stores two points', [['2']], await rows(`SELECT count(*) FROM weather.station`))
} catch (error) {
  check('ran to its end', '', error.stack)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
