import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultLimits } from '../src/base/limits.ts'
import { ServerError } from '../src/base/errors.ts'
import { compile } from '../src/sql/compile.ts'
import { Report } from './report.ts'
import { catalogOf, tableSchema } from '../tests/sql/support/sample-catalog.ts'

const nowNs = 1_795_026_400_000_000_000n
const session = { nowNs, maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }

/** The tables that the sample queries name, with the columns that they use. */
const catalog = catalogOf(
  tableSchema('sample', 'DevOps', 't_devops', {
    dimensions: ['region', 'az', 'vpc', 'instance_id', 'hostname', 'micro_service'],
    single: ['double', 'bigint', 'varchar'],
  }),
  tableSchema('sample', 'IoT', 't_iot', {
    dimensions: ['truck_id', 'make', 'model', 'fleet', 'fuel_capacity', 'load_capacity'],
    single: ['double', 'varchar'],
  }),
  tableSchema('sample', 'IoTMulti', 't_iot_multi', { dimensions: ['truck_id', 'fleet'], attributes: { speed: 'double', stops: 'bigint' } }),
  tableSchema('benchmark', 'cpu', 't_cpu', { dimensions: ['hostname', 'region'], single: ['double'] }),
  tableSchema('benchmark', 'wide', 't_wide', {
    dimensions: ['hostname', 'region'],
    attributes: { usage_user: 'double', usage_system: 'double' },
  }),
)

/** Queries of the expected-result files: what stands between `query …` and `----`. */
function corpus(): readonly string[] {
  const folder = join(import.meta.dirname, '..', 'tests', 'sql', 'samples')
  const files = readdirSync(folder).filter((name) => name.endsWith('.slt'))
  return files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/^query[^\n]*\n(.*?)\n----/gms)].map((match) => match[1]!),
  )
}

function compiles(sql: string): boolean {
  try {
    compile(sql, catalog, session)
    return true
  } catch (error) {
    if (error instanceof ServerError) return false
    throw error
  }
}

/** Time from text to ClickHouse SQL, per query of the sample corpus. */
export async function benchmarkCompile(rounds = 50): Promise<void> {
  const all = corpus()
  const queries = all.filter(compiles)
  if (queries.length === 0) throw new Error('no query of the sample corpus compiles')
  const times: number[] = []
  for (let round = -10; round < rounds; round++) {
    for (const query of queries) {
      const start = performance.now()
      compile(query, catalog, session)
      // the first rounds are for the just-in-time compiler
      if (round >= 0) times.push(performance.now() - start)
    }
  }
  times.sort((a, b) => a - b)
  const at = (share: number): string => times[Math.floor(share * (times.length - 1))]!.toFixed(3)
  const report = new Report('compile', 'Compiling: from text to ClickHouse SQL')
  report.say(
    `${queries.length} of the ${all.length} queries of the sample corpus compile; ${rounds} rounds of them, after ten for the just-in-time compiler.`,
  )
  report.say()
  report.table(['', 'p50', 'p90', 'p99', 'longest'], [['one query, ms', at(0.5), at(0.9), at(0.99), at(1)]])
  report.save('npm run bench -- compile')
}
