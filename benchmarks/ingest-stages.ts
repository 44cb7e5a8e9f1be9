import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkShape } from '../src/api/check-shape.ts'
import { writeRecords } from '../src/api/operations/write-records.ts'
import { parseBody } from '../src/base/parse-json.ts'
import { WriteBodyReader } from '../src/api/write-body/write-body-reader.ts'
import { systemClock } from '../src/base/clock.ts'
import { defaultLimits } from '../src/base/limits.ts'
import { silentLog } from '../src/base/log.ts'
import type { WriteInput } from '../src/database/database.ts'
import type { RecordInput } from '../src/database/write/record.ts'
import { createWriteService } from '../src/database/write/write-service.ts'
import { emptySchema, type TableRecord } from '../src/storage/table-record.ts'
import type { EngineInsert } from '../src/engine/engine.ts'
import { openChdb } from '../src/engine/chdb.ts'
import { createTables } from '../src/storage/tables.ts'
import { asHeld } from '../src/storage/whole-numbers.ts'
import { PendingBlock } from '../src/storage/write-ahead-log/pending-block.ts'
import { encodeFrame } from '../src/storage/write-ahead-log/segment-format.ts'
import { resolveVersions } from '../src/storage/writer/resolve-versions.ts'
import type { StoredRecords } from '../src/storage/writer/stored-records.ts'
import { Watermarks } from '../src/storage/writer/watermarks.ts'
import { encodeEntry } from '../src/storage/write-ahead-log/entry-format.ts'
import { TableBatch } from '../src/storage/writer/table-batch.ts'
import { TableTexts } from '../src/storage/writer/table-texts.ts'
import type { WriteRecord } from '../src/storage/writer/write-record.ts'
import { Report } from './report.ts'
import { generateCpu } from './tsbs.ts'
import { bodyForms, recordsPerCall } from './write-bodies.ts'

const calls = 100
const rounds = 15
const callsPerBatch = 10

/** Rows of a block as it goes to the engine under load. */
const rowsPerInsert = 60_000

const nothingStored: StoredRecords = {
  newestTimes: () => Promise.resolve([]),
  find: () => Promise.resolve([]),
}

/** The same rows, so many seconds later: other records. */
const later = (insert: EngineInsert, seconds: number): EngineInsert => ({
  ...insert,
  columns: insert.columns.map((column) =>
    column.name === 'time' && column.kind === 'int64'
      ? { ...column, values: column.values.map((timeNs) => timeNs + BigInt(seconds) * 1_000_000_000n) }
      : column,
  ),
})

/** What the embedded engine spends on a record, its own threads included; with a merge now and then. */
async function engineInsert(table: TableRecord, block: PendingBlock): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-stages-'))
  const engine = await openChdb({ dataDirectory: directory, log: silentLog })
  try {
    const tables = createTables({ engine, options: { engineDatabase: 'engine' } })
    await tables.prepare()
    await tables.create(table)
    const large = new PendingBlock(table.physicalName)
    while (large.rowCount < rowsPerInsert) large.append(later(block.toInsert('engine'), large.rowCount))
    const insert = asHeld(table.schema, large.toInsert('engine'))
    await engine.insert(insert)
    let best = Infinity
    for (let i = 0; i < 5; i++) {
      const start = process.cpuUsage()
      await engine.insert(insert)
      const { user, system } = process.cpuUsage(start)
      best = Math.min(best, (user + system) / insert.rowCount)
    }
    return best
  } finally {
    await engine.stop?.()
    rmSync(directory, { recursive: true, force: true })
  }
}

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
  const identity = await cpuPerRecord(async () => {
    // newer than all that is known: the common case
    const watermarks = new Watermarks(2 ** 12)
    for (const batch of batches) await resolveVersions(table, batch, watermarks, nothingStored)
  })
  const inserts = batches.map((batch) => batch.toInsert('engine'))
  const entries = await cpuPerRecord(() => inserts.forEach((insert) => encodeEntry(table, insert)))
  const encoded = inserts.map((insert) => encodeEntry(table, insert))
  const key = Buffer.alloc(32, 1)
  const frames = await cpuPerRecord(() => encoded.forEach((entry, i) => encodeFrame(key, 1, i, [entry])))
  let block = new PendingBlock(table.physicalName)
  const pending = await cpuPerRecord(() => {
    block = new PendingBlock(table.physicalName)
    for (const insert of inserts) block.append(insert)
  })
  const engine = await engineInsert(table, block)
  return [
    ['SHA-256 of the body', hash],
    ['body to values', read],
    ['validate, window, schema', validate],
    ['columns', columns],
    ['identity and version, newer records', identity],
    ['log entry', entries],
    ['seal and checksum', frames],
    ['pending block', pending],
    [`engine insert, ${rowsPerInsert.toLocaleString('en-US')} rows a block, all threads`, engine],
  ]
}

export async function benchmarkIngestStages(): Promise<void> {
  const report = new Report('ingest-stages', 'Ingest by stage: CPU microseconds per record')
  const data = generateCpu({ seed: 123, hosts: 100, ticks: calls, startMs: Date.now() - calls * 10_000 })
  for (const { label, body } of bodyForms) {
    const bodies = Array.from({ length: calls }, (_, i) => Buffer.from(JSON.stringify(body(data, i))))
    const stages = await stagesOf(bodies)
    const bytes = bodies.reduce((sum, { length }) => sum + length, 0) / (calls * recordsPerCall)
    report.say(`\n${label} (${Math.round(bytes)} bytes a record)`)
    report.say()
    const sum = stages.reduce((total, [, us]) => total + us, 0)
    report.table(
      ['stage', 'µs'],
      [...stages, ['together', sum] as const].map(([name, us]) => [name, us.toFixed(2)]),
    )
  }
  report.save('npm run bench -- ingest-stages')
}
