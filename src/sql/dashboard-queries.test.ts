import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../base/limits.ts'
import { sampleCatalog } from '../../tests/sql/support/sample-catalog.ts'
import { compile } from './compile.ts'

const session = { nowNs: 1_794_960_000_000_000_000n, maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }

/** Shapes of public dashboards and benchmarks; what the engine gets for each is in tests/golden/clickhouse/. */
const queries = {
  'raw rows': 'SELECT * FROM "sampleDB"."DevOps" WHERE measure_name = \'cpu_utilization\' ORDER BY time DESC LIMIT 10',
  'average per bin':
    "SELECT bin(time, 30s) AS b, hostname, avg(measure_value::double) AS a FROM sampleDB.DevOps WHERE measure_name = 'cpu_utilization' AND hostname = 'host-1' AND time > ago(2h) GROUP BY bin(time, 30s), hostname ORDER BY b",
  'pivot by CASE':
    "SELECT bin(time, 60s) AS minute, max(CASE WHEN measure_name = 'usage_user' THEN measure_value::double ELSE NULL END) AS m FROM \"benchmark\".\"cpu\" WHERE (measure_name = 'usage_user' OR measure_name = 'usage_system') AND (hostname = 'host_49' OR hostname = 'host_3') AND time >= '2016-01-01 02:17:08.646325 +0000' AND time < '2016-01-01 03:17:08.646325 +0000' GROUP BY 1 ORDER BY 1 ASC",
  'double group by':
    'SELECT bin(time, 1h) AS hour, hostname, avg(usage_user) AS mean FROM benchmark.cpu WHERE time BETWEEN ago(12h) AND now() GROUP BY 1, 2 ORDER BY 1, 2',
  'newest groups':
    'SELECT bin(time, 60s) AS minute, max(usage_user) AS m FROM benchmark.cpu WHERE time < now() GROUP BY 1 ORDER BY 1 DESC LIMIT 5',
  'last point by max_by':
    'SELECT hostname, max(time) AS time, max_by(usage_user, time) AS u FROM benchmark.cpu GROUP BY hostname ORDER BY hostname',
  'last point by self join':
    'WITH latest AS (SELECT hostname, measure_name, max(time) AS t FROM benchmark.cpu GROUP BY 1, 2) SELECT b.hostname, b.measure_name, b.measure_value::double, b.time FROM latest a JOIN benchmark.cpu b ON a.hostname = b.hostname AND a.t = b.time AND a.measure_name = b.measure_name ORDER BY hostname, measure_name',
  'self join of the busy':
    'WITH busy AS (SELECT time, hostname FROM benchmark.cpu WHERE usage_user > 90 AND time >= ago(1h)) SELECT * FROM benchmark.cpu a JOIN busy b ON a.hostname = b.hostname AND a.time = b.time',
  'above the mean of the fleet':
    'WITH fleet AS (SELECT avg(usage_user) AS f FROM benchmark.cpu WHERE time > ago(1h)), hosts AS (SELECT hostname, avg(usage_user) AS a FROM benchmark.cpu WHERE time > ago(1h) GROUP BY hostname) SELECT hostname, a FROM fleet, hosts WHERE a > 1.1 * f ORDER BY a DESC',
  'count of groups': 'SELECT count(*) FROM (SELECT DISTINCT hostname, region FROM benchmark.cpu WHERE time > ago(1h))',
  having: 'SELECT hostname FROM benchmark.cpu WHERE time > ago(1h) GROUP BY hostname HAVING max(usage_user) < 20',
  'rank of groups':
    'SELECT * FROM (SELECT region, hostname, dense_rank() OVER (PARTITION BY region ORDER BY avg(usage_user) DESC) AS rank FROM benchmark.cpu GROUP BY region, hostname) WHERE rank <= 3',
  'dimension values': 'SELECT DISTINCT region FROM benchmark.cpu WHERE time > ago(1h) ORDER BY 1',
  'union of old and new':
    'SELECT minute, n FROM ((SELECT bin(time, 1m) AS minute, count(*) AS n FROM benchmark.cpu WHERE time < ago(15m) GROUP BY 1) UNION (SELECT bin(time, 1m) AS minute, count(*) AS n FROM benchmark.cpu WHERE time >= ago(15m) GROUP BY 1)) ORDER BY 1 DESC',
  'member of a set':
    "SELECT DISTINCT truck_id FROM sampleDB.IoT WHERE time > ago(2d) AND truck_id NOT IN (SELECT truck_id FROM sampleDB.IoT WHERE measure_name = 'speed')",
  'rows of the newest times':
    'SELECT * FROM benchmark.cpu WHERE (hostname, time) IN (SELECT hostname, max(time) FROM benchmark.cpu GROUP BY hostname)',
  'correlated maximum':
    'SELECT hostname, time FROM benchmark.cpu a WHERE usage_user = (SELECT max(usage_user) FROM benchmark.cpu b WHERE b.hostname = a.hostname)',
  exists:
    'SELECT count(*) FROM sampleDB.IoT a WHERE EXISTS (SELECT 1 FROM benchmark.cpu b WHERE b.hostname = a.truck_id AND b.time > ago(1h))',
  'a bin compared':
    "SELECT hostname, sum(usage_user) FROM (SELECT hostname, usage_user, bin(time, 5m) AS b FROM benchmark.cpu) WHERE b BETWEEN '2026-11-17 10:10:00' AND '2026-11-17 10:20:00' GROUP BY hostname",
  'filter on the right of a left join':
    'SELECT a.hostname, b.tasks FROM benchmark.cpu a LEFT JOIN benchmark.cpu b ON a.hostname = b.hostname AND b.usage_user > 90 WHERE a.time > ago(1h)',
}

describe('dashboard queries', () => {
  it.each(Object.entries(queries))('compile as before: %s', async (name, sql) => {
    const statement = compile(sql, sampleCatalog, session)
    const text = statement.kind === 'query' ? statement.text : ''
    const lines = text.replaceAll(/ (FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT|INNER JOIN|LEFT JOIN|CROSS JOIN|UNION) /g, '\n$1 ')
    await expect(`-- ${sql}\n${lines}\n`).toMatchFileSnapshot(`../../tests/golden/clickhouse/${name.replaceAll(' ', '-')}.sql`)
  })
})
