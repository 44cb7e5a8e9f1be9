import { parseArgs } from 'node:util'
import { benchmarkBatchLoad } from './batch-load.ts'
import { benchmarkBurst } from './burst.ts'
import { benchmarkCompile } from './compile.ts'
import { benchmarkConnectors } from './connectors.ts'
import { benchmarkFairness } from './fairness.ts'
import { benchmarkGrowth } from './growth.ts'
import { benchmarkIngestStages } from './ingest-stages.ts'
import { benchmarkIngest } from './ingest.ts'
import { benchmarkIngestSpread } from './ingest-spread.ts'
import { benchmarkInterpolation } from './interpolation.ts'
import { benchmarkQuery } from './query.ts'
import { benchmarkStorage } from './storage.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { hosts: { type: 'string' }, hours: { type: 'string' }, rows: { type: 'string' }, series: { type: 'string' } },
})

/** Options that are given, as numbers. */
function numbers(): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const number = Number(value)
      if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} is a positive integer, not ${value}`)
      return [name, number]
    }),
  )
}

const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  'batch-load': () => benchmarkBatchLoad(numbers()),
  burst: () => benchmarkBurst(),
  compile: () => benchmarkCompile(),
  connectors: () => benchmarkConnectors(),
  fairness: () => benchmarkFairness(),
  growth: () => benchmarkGrowth(numbers()),
  ingest: () => benchmarkIngest(),
  'ingest-stages': () => benchmarkIngestStages(),
  'ingest-spread': () => benchmarkIngestSpread(),
  interpolation: () => benchmarkInterpolation(),
  query: () => benchmarkQuery(numbers()),
  storage: () => benchmarkStorage(),
}

for (const name of positionals.length > 0 ? positionals : Object.keys(benchmarks)) {
  const run = benchmarks[name]
  if (!run) {
    console.error(`unknown benchmark '${name}'; there are: ${Object.keys(benchmarks).join(', ')}`)
    process.exit(2)
  }
  await run()
}
process.exit(0)
