import { createHash } from 'node:crypto'
import { checkShape } from '../src/api/check-shape.ts'
import { writeRecords } from '../src/api/operations/write-records.ts'
import { parseBody } from '../src/api/parse-body.ts'
import { WriteBodyReader } from '../src/api/write-body/write-body-reader.ts'
import { systemClock } from '../src/base/clock.ts'
import { defaultLimits } from '../src/base/limits.ts'
import { silentLog } from '../src/base/log.ts'
import type { WriteInput } from '../src/database/database.ts'
import type { RecordInput } from '../src/database/write/record.ts'
import { createWriteService } from '../src/database/write/write-service.ts'
import { emptySchema, type TableRecord } from '../src/storage/table-record.ts'
import { encodeEntry } from '../src/storage/write-ahead-log/entry-format.ts'
import { TableBatch } from '../src/storage/writer/table-batch.ts'
import { TableTexts } from '../src/storage/writer/table-texts.ts'
import type { WriteRecord } from '../src/storage/writer/write-record.ts'
import { generateCpu } from './tsbs.ts'
import { bodyForms, recordsPerCall } from './write-bodies.ts'

const calls = 100
const rounds = 15
const callsPerBatch = 10

interface WireInput {
  readonly DatabaseName: string
  readonly TableName: string
  readonly CommonAttributes?: RecordInput
  readonly Records: readonly RecordInput[]
}

/** CPU time of this process per record of `calls` bodies, in microseconds: of the best round. The load of the machine is not in it. */
async function cpuPerRecord(round: () => void | Promise<void>): Promise<number> {
  let best = Infinity
  for (let i = 0; i < rounds; i++) {
    const start = process.cpuUsage()
    await round()
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, (user + system) / (calls * recordsPerCall))
  }
  return best
}

/** The stages between HTTP and the log, each alone, with the output of the one before as its input. */
async function stagesOf(bodies: readonly Buffer[]): Promise<readonly (readonly [string, number])[]> {
  let table: TableRecord = {
    databaseName: 'benchmark',
    tableName: 'cpu',
    physicalName: 't1',
    creationTimeMs: 0,
    lastUpdatedTimeMs: 0,
    memoryStoreHours: 48,
    magneticStoreDays: 365,
    magneticStoreWrites: false,
    partitionKey: { type: 'MEASURE' },
    schema: emptySchema,
  }
  const limits = defaultLimits
  let written: (readonly WriteRecord[])[] = []
  const service = createWriteService({
    writer: {
      write: async (_table, records) => {
        written.push(records)
        return { rejected: [] }
      },
    },
    catalog: {
      table: () => table,
      refresh: async () => undefined,
      snapshot: () => {
        throw new Error('the table is always there')
      },
      extendSchema: async (_database, _table, extend) => (table = { ...table, schema: extend(table.schema) ?? table.schema }),
    },
    clock: systemClock,
    limits,
    log: silentLog,
  })
  const caller = { principal: { name: 'root', accessKeyId: 'AKID', isRoot: true }, requestId: 'benchmark' }
  const reader = new WriteBodyReader(limits)
  const readGenerally = (body: Buffer): object => checkShape(writeRecords.input, parseBody(body), limits)
  const inputs = bodies.map((body): WriteInput => {
    const input = (reader.read(body) ?? readGenerally(body)) as WireInput
    return {
      databaseName: input.DatabaseName,
      tableName: input.TableName,
      records: input.Records,
      ...(input.CommonAttributes && { commonAttributes: input.CommonAttributes }),
    }
  })
  const texts = new TableTexts('t1')
  const batches: TableBatch[] = []

  const hash = await cpuPerRecord(() => bodies.forEach((body) => createHash('sha256').update(body).digest('hex')))
  const general = await cpuPerRecord(() => bodies.forEach(readGenerally))
  const read = await cpuPerRecord(() => bodies.forEach((body) => reader.read(body) ?? readGenerally(body)))
  const validate = await cpuPerRecord(async () => {
    written = []
    for (const input of inputs) await service.write(caller, input)
  })
  const columns = await cpuPerRecord(() => {
    batches.length = 0
    for (const [i, records] of written.entries()) {
      if (i % callsPerBatch === 0) batches.push(new TableBatch(table, texts))
      batches.at(-1)!.append(table, records)
    }
  })
  const entries = await cpuPerRecord(() => batches.forEach((batch) => encodeEntry(table, batch.toInsert('engine'))))
  console.log(`  (${'JSON.parse and check of every value'.padEnd(39)}${general.toFixed(2).padStart(8)}, for bodies with something unusual)`)
  return [
    ['SHA-256 of the body', hash],
    ['body to values', read],
    ['validate, window, schema', validate],
    ['columns', columns],
    ['log entry', entries],
  ]
}

export async function benchmarkIngestStages(): Promise<void> {
  const data = generateCpu({ seed: 123, hosts: 100, ticks: calls, startMs: Date.now() - calls * 10_000 })
  for (const { label, body } of bodyForms) {
    const bodies = Array.from({ length: calls }, (_, i) => Buffer.from(JSON.stringify(body(data, i))))
    const stages = await stagesOf(bodies)
    const bytes = bodies.reduce((sum, { length }) => sum + length, 0) / (calls * recordsPerCall)
    console.log(`\n${label} (${Math.round(bytes)} bytes a record): CPU µs per record`)
    for (const [name, us] of stages) console.log(`  ${name.padEnd(40)}${us.toFixed(2).padStart(8)}`)
    console.log(
      `  ${'together'.padEnd(40)}${stages
        .reduce((sum, [, us]) => sum + us, 0)
        .toFixed(2)
        .padStart(8)}`,
    )
  }
}
