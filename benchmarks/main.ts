import { benchmarkCompile } from './compile.ts'
import { benchmarkIngestStages } from './ingest-stages.ts'
import { benchmarkIngest } from './ingest.ts'
import { benchmarkQuery } from './query.ts'

const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  compile: () => benchmarkCompile(),
  ingest: () => benchmarkIngest(),
  'ingest-stages': () => benchmarkIngestStages(),
  query: () => benchmarkQuery(),
}

const wanted = process.argv.slice(2)
for (const name of wanted.length > 0 ? wanted : Object.keys(benchmarks)) {
  const run = benchmarks[name]
  if (!run) {
    console.error(`unknown benchmark '${name}'; there are: ${Object.keys(benchmarks).join(', ')}`)
    process.exit(2)
  }
  await run()
}
process.exit(0)
