import {
  binMs,
  groups,
  mean,
  percentile,
  round,
  timeText,
  type Expected,
  type SampleQuery,
  type SampleRow,
} from '../support/sample-rows.ts'

/**
 * The developer guide's sample queries over metrics of hosts, on what `tidemark demo` writes, and what they must give, computed from the same rows
 * by the rules of the language. Source: developer guide, "Sample queries", DevOps.
 */
const cpuOf = (row: SampleRow): number => Number(row.values.cpu_utilization)
const host = (row: SampleRow): string => row.dimensions.hostname!
const of = (rows: readonly SampleRow[], hostname: string): readonly SampleRow[] => rows.filter((row) => host(row) === hostname)
const cpus = (rows: readonly SampleRow[]): readonly number[] => rows.map(cpuOf)
const byHost = (rows: readonly SampleRow[]): readonly (readonly SampleRow[])[] => groups(rows, host)
type Point = readonly [ms: number, value: number]
const series = (points: readonly Point[]): Expected => points.map(([ms, value]) => [timeText(ms), value])
const pointsOf = (rows: readonly SampleRow[]): readonly Point[] => rows.map((row) => [row.ms, cpuOf(row)] as const)
const binned = (rows: readonly SampleRow[], size: number, digits = 2): readonly Point[] =>
  groups(rows, (row) => String(binMs(row.ms, size))).map((group) => [binMs(group[0]!.ms, size), round(mean(cpus(group)), digits)] as const)
const grid = (points: readonly Point[], step: number): readonly number[] => {
  const times: number[] = []
  for (let at = points[0]![0]; at <= points.at(-1)![0]; at += step) times.push(at)
  return times
}
function linear(points: readonly Point[], at: number): number {
  const next = points.findIndex(([ms]) => ms >= at)
  const [after, before] = [points[next]!, points[Math.max(0, next - 1)]!]
  return after[0] === at ? after[1] : before[1] + ((after[1] - before[1]) * (at - before[0])) / (after[0] - before[0])
}
const last = (points: readonly Point[], at: number): number => points.findLast(([ms]) => ms <= at)![1]
function pearson(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)]
  const product = (x: readonly number[], y: readonly number[], mx: number, my: number): number =>
    x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0)
  return product(a, b, ma, mb) / Math.sqrt(product(a, a, ma, ma) * product(b, b, mb, mb))
}
const gapFilled =
  (fill: string, select = 'SELECT time, ROUND(value, 2) AS interpolated_cpu'): SampleQuery['sql'] =>
  (v) =>
    `
WITH binned_timeseries AS (
  SELECT hostname, BIN(time, 30s) AS binned_timestamp, ROUND(AVG(${v.value('cpu_utilization')}), 2) AS avg_cpu_utilization
  FROM ${v.table} WHERE ${v.has('cpu_utilization')} AND hostname = 'host-002' AND time > ago(2h) GROUP BY hostname, BIN(time, 30s)
), interpolated_timeseries AS (
  SELECT hostname, ${fill} AS interpolated FROM binned_timeseries GROUP BY hostname
) ${select} FROM interpolated_timeseries CROSS JOIN UNNEST(interpolated)`
const between = 'CREATE_TIME_SERIES(binned_timestamp, avg_cpu_utilization), SEQUENCE(min(binned_timestamp), max(binned_timestamp), 15s)'
const view = `WITH time_series_view AS (SELECT hostname, min(time) AS oldest_time, CREATE_TIME_SERIES(time, VALUE) AS cpu_utilization FROM TABLE WHERE HAS GROUP BY hostname) `
const ofView =
  (select: string): SampleQuery['sql'] =>
  (v) =>
    `${view.replace('VALUE', v.value('cpu_utilization')).replace('TABLE', v.table).replace('HAS', v.has('cpu_utilization'))}${select} FROM time_series_view ORDER BY hostname`

export const devOpsQueries: readonly SampleQuery[] = [
  {
    name: 'the first rows of a measure',
    sql: (v) =>
      `SELECT hostname, time, ${v.value('memory_utilization')} FROM ${v.table} WHERE ${v.has('memory_utilization')} AND hostname = 'host-001' ORDER BY time ASC LIMIT 5`,
    expected: (rows) =>
      of(rows, 'host-001')
        .slice(0, 5)
        .map((row) => [host(row), timeText(row.ms), Number(row.values.memory_utilization)]),
  },
  {
    name: 'the newest rows',
    sql: (v) => `SELECT DISTINCT time FROM (SELECT * FROM ${v.table} ORDER BY time DESC LIMIT 6)`,
    expected: (rows) => [[timeText(Math.max(...rows.map((row) => row.ms)))]],
  },
  {
    name: '1: percentiles of a host in bins of 15 seconds',
    sql: (
      v,
    ) => `SELECT region, az, hostname, BIN(time, 15s) AS binned_timestamp, ROUND(AVG(${v.value('cpu_utilization')}), 2) AS avg_cpu_utilization,
      ROUND(APPROX_PERCENTILE(${v.value('cpu_utilization')}, 0.9), 2) AS p90_cpu_utilization, ROUND(APPROX_PERCENTILE(${v.value('cpu_utilization')}, 0.95), 2) AS p95_cpu_utilization,
      ROUND(APPROX_PERCENTILE(${v.value('cpu_utilization')}, 0.99), 2) AS p99_cpu_utilization
      FROM ${v.table} WHERE ${v.has('cpu_utilization')} AND hostname = 'host-003' AND time > ago(2h)
      GROUP BY region, hostname, az, BIN(time, 15s) ORDER BY binned_timestamp ASC`,
    expected: (rows) =>
      of(rows, 'host-003').map((row) => [
        row.dimensions.region!,
        row.dimensions.az!,
        host(row),
        timeText(row.ms),
        ...[1, 2, 3, 4].map(() => round(cpuOf(row), 2)),
      ]),
  },
  {
    name: 'percentiles of the fleet in bins of 10 minutes',
    sql: (
      v,
    ) => `SELECT region, BIN(time, 10m) AS t, COUNT(*) AS n, ROUND(AVG(${v.value('cpu_utilization')}), 2), APPROX_PERCENTILE(${v.value('cpu_utilization')}, 0.9), APPROX_PERCENTILE(${v.value('cpu_utilization')}, 0.5)
      FROM ${v.table} WHERE ${v.has('cpu_utilization')} AND time > ago(2h) GROUP BY region, BIN(time, 10m) ORDER BY region, t`,
    expected: (rows) =>
      groups(rows, (row) => `${row.dimensions.region} ${timeText(binMs(row.ms, 600_000))}`)
        .toSorted((a, b) => (`${a[0]!.dimensions.region} ${a[0]!.ms}` < `${b[0]!.dimensions.region} ${b[0]!.ms}` ? -1 : 1))
        .map((group) => [
          group[0]!.dimensions.region!,
          timeText(binMs(group[0]!.ms, 600_000)),
          group.length,
          round(mean(cpus(group)), 2),
          percentile(cpus(group), 0.9),
          percentile(cpus(group), 0.5),
        ]),
  },
  {
    name: '2: hosts above 110 % of the mean of the fleet',
    sql: (v) => `WITH avg_fleet_utilization AS (
        SELECT COUNT(DISTINCT hostname) AS total_host_count, AVG(${v.value('cpu_utilization')}) AS fleet_avg_cpu_utilization FROM ${v.table} WHERE ${v.has('cpu_utilization')} AND time > ago(2h)
      ), avg_per_host_cpu AS (
        SELECT region, az, hostname, AVG(${v.value('cpu_utilization')}) AS avg_cpu_utilization FROM ${v.table} WHERE ${v.has('cpu_utilization')} AND time > ago(2h) GROUP BY region, az, hostname
      ) SELECT region, az, hostname, avg_cpu_utilization, fleet_avg_cpu_utilization, total_host_count FROM avg_fleet_utilization, avg_per_host_cpu
      WHERE avg_cpu_utilization > 1.1 * fleet_avg_cpu_utilization ORDER BY avg_cpu_utilization DESC`,
    expected: (rows) => {
      const fleet = mean(cpus(rows))
      return byHost(rows)
        .map((group) => ({ group, average: mean(cpus(group)) }))
        .filter(({ average }) => average > 1.1 * fleet)
        .toSorted((a, b) => b.average - a.average)
        .map(({ group, average }) => [
          group[0]!.dimensions.region!,
          group[0]!.dimensions.az!,
          host(group[0]!),
          average,
          fleet,
          byHost(rows).length,
        ])
    },
  },
  {
    name: '3: the mean of a host in bins of 30 seconds',
    sql: (
      v,
    ) => `SELECT BIN(time, 30s) AS binned_timestamp, hostname, AVG(${v.value('cpu_utilization')}) AS avg_cpu_utilization FROM ${v.table}
      WHERE ${v.has('cpu_utilization')} AND hostname = 'host-002' AND time > ago(2h) GROUP BY hostname, BIN(time, 30s) ORDER BY binned_timestamp ASC`,
    expected: (rows) =>
      groups(of(rows, 'host-002'), (row) => String(binMs(row.ms, 30_000))).map((group) => [
        timeText(binMs(group[0]!.ms, 30_000)),
        'host-002',
        mean(cpus(group)),
      ]),
  },
  {
    name: '4: gaps filled by straight lines',
    sql: gapFilled(`INTERPOLATE_LINEAR(${between})`),
    expected: (rows) => {
      const points = binned(of(rows, 'host-002'), 30_000)
      return grid(points, 15_000).map((at) => [timeText(at), round(linear(points, at), 2)])
    },
  },
  {
    name: '5: gaps filled by the last value',
    sql: gapFilled(`INTERPOLATE_LOCF(${between})`),
    expected: (rows) => {
      const points = binned(of(rows, 'host-002'), 30_000)
      return grid(points, 15_000).map((at) => [timeText(at), last(points, at)])
    },
  },
  {
    name: '6: gaps filled by a constant',
    sql: gapFilled(`INTERPOLATE_FILL(${between}, 10.0)`),
    expected: (rows) => {
      const points = binned(of(rows, 'host-002'), 30_000)
      return grid(points, 15_000).map((at) => [timeText(at), points.find(([ms]) => ms === at)?.[1] ?? 10])
    },
  },
  {
    name: '7: gaps filled by a spline, which goes through the samples',
    sql: (v) => gapFilled(`INTERPOLATE_SPLINE_CUBIC(${between.replace('15s', '60s')})`)(v),
    expected: (rows) => {
      const points = binned(of(rows, 'host-002'), 30_000)
      return grid(points, 60_000).map((at) => [timeText(at), linear(points, at)])
    },
  },
  {
    name: '8: the mean of the last values, in a range that a join gives',
    sql: (v) => `WITH per_host_min_max_timestamp AS (
        SELECT hostname, min(time) AS min_timestamp, max(time) AS max_timestamp FROM ${v.table} WHERE ${v.has('cpu_utilization')} AND time > ago(2h) GROUP BY hostname
      ), interpolated_timeseries AS (
        SELECT m.hostname, INTERPOLATE_LOCF(CREATE_TIME_SERIES(time, ${v.value('cpu_utilization')}), SEQUENCE(MIN(ph.min_timestamp), MAX(ph.max_timestamp), 1s)) AS interpolated_avg_cpu_utilization
        FROM ${v.table} m INNER JOIN per_host_min_max_timestamp ph ON m.hostname = ph.hostname WHERE ${v.has('cpu_utilization')} AND m.hostname IN ('host-001', 'host-003') GROUP BY m.hostname
      ) SELECT hostname, AVG(cpu_utilization) AS avg_cpu_utilization FROM interpolated_timeseries CROSS JOIN UNNEST(interpolated_avg_cpu_utilization) AS t (time, cpu_utilization)
      GROUP BY hostname ORDER BY avg_cpu_utilization DESC`,
    expected: (rows) =>
      ['host-001', 'host-003']
        .map((name) => [name, mean(grid(pointsOf(of(rows, name)), 1000).map((at) => last(pointsOf(of(rows, name)), at)))] as const)
        .toSorted((a, b) => b[1] - a[1]),
  },
  {
    name: '9: what a series has above a threshold, counted and as a share',
    sql: ofView(`SELECT hostname, CARDINALITY(FILTER(cpu_utilization, x -> x.value > 70.0)) AS points, REDUCE(FILTER(cpu_utilization, x -> x.value > 70.0), 0, (s, x) -> s + 1, s -> s) AS n,
      ROUND(REDUCE(cpu_utilization, CAST(ROW(0, 0) AS ROW(count_high BIGINT, count_total BIGINT)),
        (s, x) -> CAST(ROW(s.count_high + IF(x.value > 70.0, 1, 0), s.count_total + 1) AS ROW(count_high BIGINT, count_total BIGINT)),
        s -> IF(s.count_total = 0, NULL, CAST(s.count_high AS DOUBLE) / s.count_total)), 4) AS fraction`),
    expected: (rows) =>
      byHost(rows).map((group) => {
        const high = cpus(group).filter((cpu) => cpu > 70).length
        return [host(group[0]!), high, high, round(high / group.length, 4)]
      }),
  },
  {
    name: '10: a lambda that sees a column',
    sql: ofView(`SELECT hostname, FILTER(cpu_utilization, x -> x.value < 75 AND x.time > oldest_time + 58m) AS late_and_low`),
    expected: (rows) =>
      byHost(rows).map((group) => [
        host(group[0]!),
        series(pointsOf(group).filter(([ms, cpu]) => cpu < 75 && ms > group[0]!.ms + 58 * 60_000)),
      ]),
  },
  {
    name: '11: the length of a series and its sum of squares',
    sql: ofView(
      `SELECT hostname, REDUCE(cpu_utilization, DOUBLE '0.0', (s, x) -> s + 1, s -> s), REDUCE(cpu_utilization, DOUBLE '0.0', (s, x) -> x.value * x.value + s, s -> s)`,
    ),
    expected: (rows) => byHost(rows).map((group) => [host(group[0]!), group.length, cpus(group).reduce((sum, cpu) => sum + cpu * cpu, 0)]),
  },
  {
    name: '12: the mean by reduce',
    sql: ofView(`SELECT hostname, REDUCE(cpu_utilization, CAST(ROW(0.0, 0) AS ROW(sum DOUBLE, count INTEGER)),
      (s, x) -> CAST(ROW(x.value + s.sum, s.count + 1) AS ROW(sum DOUBLE, count INTEGER)), s -> IF(s.count = 0, NULL, s.sum / s.count))`),
    expected: (rows) => byHost(rows).map((group) => [host(group[0]!), mean(cpus(group))]),
  },
  {
    name: '13: the derivative',
    sql: (v) => `SELECT DERIVATIVE_LINEAR(CREATE_TIME_SERIES(time, ${v.value('cpu_utilization')}), 5m) AS result FROM ${v.table}
      WHERE ${v.has('cpu_utilization')} AND hostname = 'host-001' AND time > ago(1h) GROUP BY hostname, measure_name`,
    expected: (rows) => {
      const points = pointsOf(of(rows, 'host-001'))
      return [[series(points.slice(1).map(([ms, cpu], i) => [ms, ((cpu - points[i]![1]) / (ms - points[i]![0])) * 300_000] as const))]]
    },
  },
  {
    name: '13: the growth of errors',
    sql: (
      v,
    ) => `WITH binned_view AS (SELECT bin(time, 5m) AS binned_timestamp, ROUND(AVG(${v.value('service_error', 'bigint')}), 2) AS value FROM ${v.table}
      WHERE ${v.has('service_error')} AND hostname = 'host-002' AND time > ago(2h) GROUP BY bin(time, 5m))
      SELECT non_negative_derivative_linear(CREATE_TIME_SERIES(binned_timestamp, value), 1m) AS errors_growth FROM binned_view`,
    expected: (rows) => {
      const points = groups(of(rows, 'host-002'), (row) => String(binMs(row.ms, 300_000))).map(
        (group) => [binMs(group[0]!.ms, 300_000), round(mean(group.map((row) => Number(row.values.service_error))), 2)] as const,
      )
      const rates = points.slice(1).map(([ms, value], i) => [ms, ((value - points[i]![1]) / (ms - points[i]![0])) * 60_000] as const)
      return [[series(rates.filter(([, rate]) => rate >= 0))]]
    },
  },
  {
    name: '14: the integral',
    sql: (v) => `SELECT INTEGRAL_TRAPEZOIDAL(CREATE_TIME_SERIES(time, ${v.value('cpu_utilization')}), 5m) AS result FROM ${v.table}
      WHERE ${v.has('cpu_utilization')} AND hostname = 'host-001' AND time > ago(1h) GROUP BY hostname, measure_name`,
    expected: (rows) => {
      const points = pointsOf(of(rows, 'host-001'))
      return [[points.slice(1).reduce((sum, [ms, cpu], i) => sum + (((cpu + points[i]![1]) / 2) * (ms - points[i]![0])) / 300_000, 0)]]
    },
  },
  {
    name: '15: the correlation of two hosts',
    sql: (v) => {
      const cte = (
        name: string,
      ): string => `(SELECT INTERPOLATE_LINEAR(CREATE_TIME_SERIES(time, ${v.value('cpu_utilization')}), SEQUENCE(min(time), max(time), 10m)) AS result
        FROM ${v.table} WHERE ${v.has('cpu_utilization')} AND hostname = '${name}' AND time > ago(1h) GROUP BY hostname, measure_name)`
      return `WITH cte_1 AS ${cte('host-001')}, cte_2 AS ${cte('host-004')} SELECT correlate_pearson(cte_1.result, cte_2.result) AS result FROM cte_1, cte_2`
    },
    expected: (rows) => {
      const sampled = (name: string): readonly number[] => {
        const points = pointsOf(of(rows, name))
        return grid(points, 600_000).map((at) => linear(points, at))
      }
      return [[pearson(sampled('host-001'), sampled('host-004'))]]
    },
  },
  {
    name: '16: the mean of samples at other times',
    sql: (
      v,
    ) => `WITH per_instance AS (SELECT region, az, hostname, INTERPOLATE_LINEAR(CREATE_TIME_SERIES(time, ${v.value('cpu_utilization')}), SEQUENCE(min(time), max(time), 10s)) AS x
        FROM ${v.table} WHERE ${v.has('cpu_utilization')} AND time > ago(2h) GROUP BY region, az, hostname)
      SELECT region, az, hostname, avg(t.cpu_util) AS cpu FROM per_instance CROSS JOIN UNNEST(x) AS t (time, cpu_util) GROUP BY region, az, hostname ORDER BY hostname`,
    expected: (rows) =>
      byHost(rows).map((group) => {
        const points = pointsOf(group)
        return [
          group[0]!.dimensions.region!,
          group[0]!.dimensions.az!,
          host(group[0]!),
          mean(grid(points, 10_000).map((at) => linear(points, at))),
        ]
      }),
  },
  {
    name: '17: a series each',
    sql: (v) =>
      `SELECT region, az, hostname, CREATE_TIME_SERIES(time, ${v.value('cpu_utilization')}) AS cpu_utilization FROM ${v.table} WHERE ${v.has('cpu_utilization')} GROUP BY region, az, hostname`,
    expected: (rows) =>
      byHost(rows).map((group) => [group[0]!.dimensions.region!, group[0]!.dimensions.az!, host(group[0]!), series(pointsOf(group))]),
    unordered: true,
  },
  {
    name: 'the sums of whole numbers',
    sql: (v) =>
      `SELECT hostname, SUM(${v.value('network_bytes_in', 'bigint')}), MAX(${v.value('network_bytes_in', 'bigint')}), typeof(SUM(${v.value('network_bytes_in', 'bigint')})) FROM ${v.table} WHERE ${v.has('network_bytes_in')} GROUP BY hostname ORDER BY 1`,
    expected: (rows) =>
      byHost(rows).map((group) => {
        const bytes = group.map((row) => Number(row.values.network_bytes_in))
        return [host(group[0]!), bytes.reduce((a, b) => a + b), Math.max(...bytes), 'bigint']
      }),
  },
]
