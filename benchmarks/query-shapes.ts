import type { RangeQuestion } from './peers/range-questions.ts'
import { type CpuData, metricNames, random, tagNames } from './tsbs.ts'

/** A question of the standard benchmark, in the words of each rival. */
export interface Question {
  readonly timestream: string
  /** By hand for a table ordered by (hostname, time). */
  readonly clickhouse: string
  /** By hand for the table in which Tidemark holds the data: `{table}` is its name. */
  readonly own: string
  readonly metricsql: RangeQuestion
  readonly influxql: string
  readonly postgresql: string
  readonly duckdb: string
  /** For a table without row ids under the key (hostname, time), times in milliseconds. */
  readonly sqlite: string
}

export interface Shape {
  readonly name: string
  /** Reads so much that planning does not matter. */
  readonly isLong: boolean
  readonly questions: readonly Question[]
}

const hourMs = 3_600_000

interface Draw {
  window(hours: number): { readonly fromMs: number; readonly toMs: number }
  hosts(count: number): readonly string[]
}

/** Windows begin anywhere, so that they are never aligned to a slot; hosts are distinct. */
function drawing(data: CpuData, seed: number): Draw {
  const next = random(seed)
  const endMs = data.startMs + data.ticks * data.intervalMs
  return {
    window: (hours) => {
      const lengthMs = Math.min(hours * hourMs, endMs - data.startMs)
      const fromMs = data.startMs + Math.floor(next() * (endMs - data.startMs - lengthMs))
      return { fromMs, toMs: fromMs + lengthMs }
    },
    hosts: (count) => {
      const hosts = new Set<string>()
      while (hosts.size < Math.min(count, data.hosts)) hosts.add(`host_${Math.floor(next() * data.hosts)}`)
      return [...hosts]
    },
  }
}

const plain = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
const iso = (ms: number): string => new Date(ms).toISOString()

interface Bounds {
  readonly fromMs?: number
  readonly toMs: number
  readonly hosts?: readonly string[]
  readonly over90?: boolean
}

/** The condition in SQL; `instant` writes a literal. */
function condition(bounds: Bounds, instant: (ms: number) => string): string {
  const { fromMs, toMs, hosts, over90 } = bounds
  return [
    ...(over90 ? ['usage_user > 90'] : []),
    ...(hosts ? [`hostname IN (${hosts.map((host) => `'${host}'`).join(', ')})`] : []),
    ...(fromMs === undefined ? [] : [`time >= ${instant(fromMs)}`]),
    `time < ${instant(toMs)}`,
  ].join(' AND ')
}

/** The columns of Tidemark's table: dimensions and attributes are numbered as they first came. */
const ownTag = (tag: string): string => `d${tagNames.indexOf(tag as (typeof tagNames)[number]) + 1}`
/** Whole numbers, as which they are held. */
const ownMetric = (metric: string): string => `a${metricNames.indexOf(metric as (typeof metricNames)[number]) + 1}_double_held`

const ownCondition = (bounds: Bounds): string =>
  condition(bounds, (ms) => `${ms}000000`)
    .replace('usage_user', ownMetric('usage_user'))
    .replace('hostname', ownTag('hostname'))

const influxCondition = ({ fromMs, toMs, hosts, over90 }: Bounds): string =>
  [
    ...(over90 ? ['usage_user > 90'] : []),
    ...(hosts ? [`(${hosts.map((host) => `hostname = '${host}'`).join(' OR ')})`] : []),
    ...(fromMs === undefined ? [] : [`time >= '${iso(fromMs)}'`]),
    `time < '${iso(toMs)}'`,
  ].join(' AND ')

const text = (ms: number): string => `'${plain(ms)}'`
const timestamptz = (ms: number): string => `TIMESTAMPTZ '${iso(ms)}'`
const timestamp = (ms: number): string => `TIMESTAMP '${plain(ms)}'`

function selector(metrics: readonly string[], hosts: readonly string[] | undefined): string {
  const name = `__name__=~"${metrics.map((metric) => `cpu_${metric}`).join('|')}"`
  return `{${[name, ...(hosts ? [`hostname=~"${hosts.join('|')}"`] : [])].join(',')}}`
}

/** One value a metric and slot, for every host on its own with `byHost`. */
function grouped(seconds: number, aggregate: 'max' | 'avg', metrics: number, bounds: Bounds, byHost = false): Question {
  const values = metricNames.slice(0, metrics)
  const keys = byHost ? ['hostname'] : []
  const columns = values.map((metric) => `${aggregate}(${metric}) AS ${aggregate}_${metric}`)
  const order = byHost ? 'GROUP BY 1, 2 ORDER BY 1, 2' : 'GROUP BY 1 ORDER BY 1'
  const sql = (slot: string, table: string, where: string): string =>
    `SELECT ${[`${slot} AS slot`, ...keys, ...columns].join(', ')} FROM ${table} WHERE ${where} ${order}`
  const over = `${aggregate}_over_time(${selector(values, bounds.hosts)}[${seconds}s])`
  const influx = aggregate === 'avg' ? 'mean' : aggregate
  return {
    timestream: sql(`bin(time, ${seconds}s)`, '"benchmark"."cpu"', condition(bounds, text)),
    clickhouse: sql(`toStartOfInterval(time, INTERVAL ${seconds} SECOND)`, 'bench.cpu', condition(bounds, text)),
    own:
      `SELECT intDiv(time, ${seconds}000000000) * ${seconds}000000000 AS slot, ${[...keys.map(ownTag), ...values.map((metric) => `${aggregate}(${ownMetric(metric)})`)].join(', ')} ` +
      `FROM {table} WHERE ${ownCondition(bounds)} ${order}`,
    sqlite: sql(`time - time % ${seconds * 1000}`, 'cpu', condition(bounds, String)),
    postgresql: sql(`date_bin('${seconds} seconds', time, TIMESTAMPTZ '2000-01-01 00:00:00Z')`, 'cpu', condition(bounds, timestamptz)),
    duckdb: sql(`time_bucket(INTERVAL '${seconds} seconds', time)`, 'cpu', condition(bounds, timestamp)),
    metricsql: {
      text: `${aggregate}(${over}) by (${['__name__', ...keys].join(', ')})`,
      startMs: bounds.fromMs ?? bounds.toMs,
      endMs: bounds.toMs,
      stepSeconds: seconds,
    },
    influxql: `SELECT ${values.map((metric) => `${influx}(${metric})`).join(', ')} FROM cpu WHERE ${influxCondition(bounds)} GROUP BY ${[`time(${seconds}s)`, ...keys].join(', ')}`,
  }
}

function highCpu(bounds: Bounds): Question {
  const columns = ['time', ...tagNames, ...metricNames].join(', ')
  const busy = { ...bounds, over90: true }
  const sql = (table: string, where: string): string => `SELECT ${columns} FROM ${table} WHERE ${where}`
  const filter = `on(hostname) (${selector(['usage_user'], bounds.hosts)} > 90)`
  return {
    timestream: sql('"benchmark"."cpu"', condition(busy, text)),
    clickhouse: sql('bench.cpu', condition(busy, text)),
    own: `SELECT time, ${[...tagNames.map(ownTag), ...metricNames.map(ownMetric)].join(', ')} FROM {table} WHERE ${ownCondition(busy)}`,
    sqlite: sql('cpu', condition(busy, String)),
    postgresql: sql('cpu', condition(busy, timestamptz)),
    duckdb: sql('cpu', condition(busy, timestamp)),
    metricsql: {
      text: `${selector(metricNames, bounds.hosts)} and ${filter}`,
      startMs: bounds.fromMs!,
      endMs: bounds.toMs,
      stepSeconds: 10,
    },
    influxql: `SELECT * FROM cpu WHERE ${influxCondition(busy)}`,
  }
}

function lastPoint(data: CpuData): Question {
  const endMs = data.startMs + data.ticks * data.intervalMs
  const latest = (name: string): string => metricNames.map((metric) => `${name}(${metric}, time) AS ${metric}`).join(', ')
  const by = (name: string, table: string): string =>
    `SELECT hostname, max(time) AS latest, ${latest(name)} FROM ${table} GROUP BY hostname ORDER BY hostname`
  const columns = metricNames.map((metric) => `t.${metric}`).join(', ')
  return {
    timestream: by('max_by', '"benchmark"."cpu"'),
    clickhouse:
      `SELECT hostname, max(time) AS latest, argMax((${metricNames.join(', ')}), time) AS t, ` +
      `${metricNames.map((_, i) => `t.${i + 1}`).join(', ')} FROM bench.cpu GROUP BY hostname ORDER BY hostname`,
    own:
      `SELECT ${ownTag('hostname')}, max(time), ${metricNames.map((metric) => `argMax(${ownMetric(metric)}, time)`).join(', ')} ` +
      'FROM {table} GROUP BY 1 ORDER BY 1',
    sqlite:
      'WITH RECURSIVE hosts AS (SELECT min(hostname) AS hostname FROM cpu UNION ALL ' +
      'SELECT (SELECT min(hostname) FROM cpu WHERE hostname > hosts.hostname) FROM hosts WHERE hosts.hostname IS NOT NULL) ' +
      `SELECT t.hostname, t.time, ${columns} FROM hosts JOIN cpu t ON t.hostname = hosts.hostname ` +
      'AND t.time = (SELECT max(time) FROM cpu WHERE cpu.hostname = hosts.hostname) ORDER BY 1',
    postgresql:
      'WITH RECURSIVE hosts AS ((SELECT hostname FROM cpu ORDER BY hostname LIMIT 1) UNION ALL ' +
      'SELECT (SELECT hostname FROM cpu WHERE hostname > hosts.hostname ORDER BY hostname LIMIT 1) FROM hosts WHERE hosts.hostname IS NOT NULL) ' +
      `SELECT hosts.hostname, t.time, ${columns} FROM hosts CROSS JOIN LATERAL ` +
      '(SELECT * FROM cpu WHERE cpu.hostname = hosts.hostname ORDER BY time DESC LIMIT 1) t ORDER BY hosts.hostname',
    duckdb: by('arg_max', 'cpu'),
    metricsql: {
      text: `last_over_time(${selector(metricNames, undefined)}[${Math.ceil((endMs - data.startMs) / 1000)}s])`,
      startMs: data.startMs,
      endMs,
      stepSeconds: 0,
    },
    influxql: 'SELECT * FROM cpu GROUP BY hostname ORDER BY time DESC LIMIT 1',
  }
}

function newestFive(toMs: number): Question {
  const { timestream, clickhouse, own, postgresql, duckdb, sqlite, influxql } = grouped(60, 'max', 1, { toMs })
  const newest = (sql: string): string => sql.replace('ORDER BY 1', 'ORDER BY 1 DESC LIMIT 5')
  const { text: range } = grouped(60, 'max', 1, { toMs }).metricsql
  return {
    timestream: newest(timestream),
    clickhouse: newest(clickhouse),
    postgresql: newest(postgresql),
    duckdb: newest(duckdb),
    own: newest(own),
    sqlite: newest(sqlite),
    influxql: `${influxql} ORDER BY time DESC LIMIT 5`,
    metricsql: { text: range, startMs: toMs - 4 * 60_000, endMs: toMs, stepSeconds: 60 },
  }
}

/** The fifteen types of the standard benchmark, in multi-measure form, each with `variants` windows and hosts. */
export function cpuShapes(data: CpuData, variants: number): readonly Shape[] {
  const shape = (name: string, make: (draw: Draw) => Question, isLong = false): Shape => {
    const draw = drawing(data, 123)
    return { name, isLong, questions: Array.from({ length: variants }, () => make(draw)) }
  }
  const one = (metrics: number, hosts: number, hours: number): Shape =>
    shape(`single-groupby-${metrics}-${hosts}-${hours}`, (draw) => {
      const bounds = draw.window(hours)
      return grouped(60, 'max', metrics, { ...bounds, hosts: draw.hosts(hosts) })
    })
  const all = (hosts: number): Shape =>
    shape(`cpu-max-all-${hosts}`, (draw) => {
      const bounds = draw.window(8)
      return grouped(3600, 'max', 10, { ...bounds, hosts: draw.hosts(hosts) })
    })
  const double = (name: string, metrics: number): Shape =>
    shape(`double-groupby-${name}`, (draw) => grouped(3600, 'avg', metrics, draw.window(12), true), true)
  const endMs = data.startMs + data.ticks * data.intervalMs
  return [
    one(1, 1, 1),
    one(1, 1, 12),
    one(1, 8, 1),
    one(5, 1, 1),
    one(5, 1, 12),
    one(5, 8, 1),
    all(1),
    all(8),
    double('1', 1),
    double('5', 5),
    double('all', 10),
    shape('high-cpu-1', (draw) => {
      const bounds = draw.window(12)
      return highCpu({ ...bounds, hosts: draw.hosts(1) })
    }),
    shape('high-cpu-all', (draw) => highCpu(draw.window(12)), true),
    shape('lastpoint', () => lastPoint(data)),
    shape('groupby-orderby-limit', (draw) => newestFive(Math.min(endMs, draw.window(1).toMs)), true),
  ]
}
