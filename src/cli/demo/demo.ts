import type { _Record } from '@aws-sdk/client-timestream-write'
import { systemClock } from '../../base/clock.ts'
import { parseInteger, readOptions, type OptionDefinitions, type OptionSources } from '../../base/option.ts'
import { type Connection, readConnection } from '../connection.ts'
import { ServiceFailure } from '../failure.ts'
import type { Output } from '../output.ts'
import { ProgressBar } from '../progress-bar.ts'
import { signedCall } from '../signed-call.ts'
import { recordsAt, type Sample, samples } from './sample-data.ts'

export const demoOptions = {
  hours: { flag: 'hours', placeholder: 'HOURS', summary: 'How far back the data reaches', fallback: '3', parse: parseInteger(1, 720) },
  hosts: {
    flag: 'hosts',
    placeholder: 'COUNT',
    summary: 'How many hosts, and how many trucks, report',
    fallback: '20',
    parse: parseInteger(1, 10_000),
  },
} as const satisfies OptionDefinitions

const databaseName = 'sampleDB'
const recordsPerWrite = 100
const writesAtOnce = 8

interface Write {
  readonly table: string
  readonly records: readonly _Record[]
}

/** Makes the database sampleDB with data to try queries on. Records that are there already stay as they are; times that are new get records. */
export async function runDemo(sources: OptionSources, output: Output, progress: (text: string) => void): Promise<void> {
  const { hours, hosts } = readOptions(demoOptions, sources)
  const connection = readConnection(sources)
  await ensure(connection, 'CreateDatabase', { DatabaseName: databaseName })
  for (const table of samples.flatMap((sample) => [sample.singleTable, sample.multiTable])) {
    const RetentionProperties = { MemoryStoreRetentionPeriodInHours: Math.max(24, hours + 1), MagneticStoreRetentionPeriodInDays: 365 }
    await ensure(connection, 'CreateTable', { DatabaseName: databaseName, TableName: table, RetentionProperties })
  }
  const total = samples.reduce((sum, sample) => sum + ticksOf(sample, hours) * hosts * recordsPerTick(sample), 0)
  const startMs = systemClock.monotonicMs()
  const bar = new ProgressBar(total, 'records', progress)
  const writes = writesOf(hours, hosts)
  await Promise.all(
    Array.from({ length: writesAtOnce }, async () => {
      // one iterator for all of them: each takes what comes next
      for (const { table, records } of writes) {
        await write(connection, table, records)
        bar.add(records.length)
      }
    }),
  )
  bar.end()
  const seconds = Math.max(0.001, (systemClock.monotonicMs() - startMs) / 1000)
  await output.write(
    `${total} records in ${databaseName} (${samples.flatMap((sample) => [sample.singleTable, sample.multiTable]).join(', ')}), ` +
      `${Math.round(total / seconds)} records/s\n\n` +
      `tidemark query "SELECT hostname, bin(time, 10m) AS t, avg(cpu_utilization) AS cpu FROM ${databaseName}.DevOpsMulti WHERE time > ago(1h) GROUP BY 1, 2 ORDER BY 1, 2"\n`,
  )
}

const hourMs = 3_600_000
const ticksOf = (sample: Sample, hours: number): number => Math.floor((hours * hourMs) / sample.intervalMs)

/** Of one source: the single measures and the one record of all of them. */
const recordsPerTick = (sample: Sample): number => Object.keys(sample.sources(1)[0]!.next()).length + 1

async function ensure(connection: Connection, operation: 'CreateDatabase' | 'CreateTable', input: object): Promise<void> {
  try {
    await signedCall(connection, 'aws', operation, input)
  } catch (error) {
    if (!(error instanceof ServiceFailure && error.exception === 'ConflictException')) throw error
  }
}

/** A record that is there already, from a run before, stays. */
async function write(connection: Connection, table: string, records: readonly _Record[]): Promise<void> {
  try {
    await signedCall(connection, 'aws', 'WriteRecords', { DatabaseName: databaseName, TableName: table, Records: records })
  } catch (error) {
    if (!(error instanceof ServiceFailure && error.exception === 'RejectedRecordsException')) throw error
  }
}

/** Requests in the order of time, of full size but the last of each table. Times are whole multiples of the interval. */
function* writesOf(hours: number, hosts: number): Generator<Write, void, undefined> {
  for (const sample of samples) {
    const sources = sample.sources(hosts)
    const ticks = ticksOf(sample, hours)
    const endMs = Math.floor(systemClock.nowMs() / sample.intervalMs) * sample.intervalMs
    const waiting = { [sample.singleTable]: [] as _Record[], [sample.multiTable]: [] as _Record[] }
    for (let tick = 1; tick <= ticks; tick++) {
      for (const source of sources) {
        const { single, multi } = recordsAt(sample, source, endMs - (ticks - tick) * sample.intervalMs)
        waiting[sample.singleTable]!.push(...single)
        waiting[sample.multiTable]!.push(multi)
      }
      for (const [table, records] of Object.entries(waiting)) {
        while (records.length >= recordsPerWrite) yield { table, records: records.splice(0, recordsPerWrite) }
      }
    }
    for (const [table, records] of Object.entries(waiting)) if (records.length > 0) yield { table, records }
  }
}
