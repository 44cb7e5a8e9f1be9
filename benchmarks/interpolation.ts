import { openProduct } from '../tests/sql/runner/open-product.ts'
import type { Caller } from '../src/database/caller.ts'
import { Report } from './report.ts'

const caller: Caller = { principal: { name: 'root', accessKeyId: 'TESTROOTKEY', isRoot: true }, requestId: 'bench', sourceIp: '127.0.0.1' }
const functions = ['interpolate_linear', 'interpolate_locf', 'interpolate_fill', 'interpolate_spline_cubic']
const sizes = [
  [10_000, 1_000],
  [100_000, 10_000],
  [1_000_000, 10_000],
] as const
const startMs = 1_700_000_000_000

/** A series of `samples` points, a second apart, made by the query itself. */
const series = (samples: number): string => {
  const time = `from_milliseconds(${startMs} + (a * 1000 + b) * 1000)`
  const numbers = `UNNEST(sequence(0, ${samples / 1000 - 1})) AS x(a) CROSS JOIN UNNEST(sequence(0, 999)) AS y(b)`
  return `(SELECT create_time_series(t, v) AS s FROM (SELECT ${time} AS t, sin(a * 1000 + b) AS v FROM ${numbers}))`
}

/** Times half way between samples, all within them. */
function targets(samples: number, count: number): string {
  const step = Math.floor((samples - 1) / count)
  const firstMs = startMs + 500
  return `sequence(from_milliseconds(${firstMs}), from_milliseconds(${firstMs + (count - 1) * step * 1000}), ${step}s)`
}

/** How interpolation grows with samples and targets, beside the query that only makes the series. */
export async function benchmarkInterpolation(rounds = 5): Promise<void> {
  const product = await openProduct()
  const fastestOf = async (queryString: string): Promise<number> => {
    const times: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const start = performance.now()
      await product.database.query(caller, { queryString })
      times.push(performance.now() - start)
    }
    return Math.min(...times)
  }
  const report = new Report('interpolation', 'Interpolation of one series')
  report.say('Milliseconds of the whole query, the fastest of five; without interpolation it only makes the series.')
  report.say()
  const rows: string[][] = []
  for (const [samples, count] of sizes) {
    const queries = functions.map((name) => {
      const fill = name === 'interpolate_fill' ? ', 0.0' : ''
      return `SELECT cardinality(${name}(s, ${targets(samples, count)}${fill})) FROM ${series(samples)}`
    })
    const cells: string[] = []
    for (const text of [`SELECT cardinality(s) FROM ${series(samples)}`, ...queries]) cells.push((await fastestOf(text)).toFixed(0))
    rows.push([`${samples} samples, ${count} targets`, ...cells])
  }
  report.table(['', 'none', ...functions], rows)
  report.save('npm run bench -- interpolation')
  await product.close()
}
