import { paginateQuery, QueryCommand } from '@aws-sdk/client-timestream-query'
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteTableCommand,
  paginateListTables,
  UpdateTableCommand,
  WriteRecordsCommand,
} from '@aws-sdk/client-timestream-write'
import { Random } from '../harness/random.ts'
import type { Served } from '../wire/served.ts'
import { BatchLoadWork } from './batch-load-work.ts'
import { ScheduledWork } from './scheduled-work.ts'

const database = 'crash'
const records = { DatabaseName: database, TableName: 'records' }
const writers = 3
const recordsPerRequest = 5
const hourMs = 3_600_000

/** What is wrong after a restart; nothing is when all are empty. */
export interface Findings {
  /** Values that were acknowledged and are not there. */
  readonly lost: readonly string[]
  /** Values that are there twice. */
  readonly doubled: readonly string[]
  /** Requests of which a part is there. */
  readonly torn: readonly number[]
  /** Tables whose making was acknowledged (and whose removal had not begun) and that are not there, and the other way round. */
  readonly tables: readonly string[]
  /** What else is wrong: of batch loads, of scheduled queries. */
  readonly jobs: readonly string[]
}

/**
 * Everything that changes what lies on the disk, at once, until the server dies: records of now (with new dimensions and measures now and then: ALTERs)
 * and of some hours ago (magnetic store), replaced versions, doubles that stop to be whole numbers, tables made, written to and removed, retention that
 * moves rows between the tiers, queries that flush, batch loads, scheduled queries made, switched and run.
 * It remembers what was acknowledged, over any number of lives of the server.
 */
export class Workload {
  readonly #random: Random
  readonly #acknowledged = new Set<string>()
  readonly #made = new Set<string>()
  /** Of two records. */
  readonly #filled = new Set<string>()
  readonly #removalBegan = new Set<string>()
  readonly #removed = new Set<string>()
  readonly #loads: BatchLoadWork
  readonly #scheduled: ScheduledWork
  #answersLeft = 0
  #afterAnswers: (() => void) | undefined
  #nextRequest = 0
  #nextTable = 0

  /** `buckets` is the folder of the server's buckets. */
  constructor(seed: number, buckets: string) {
    this.#random = new Random(seed)
    this.#loads = new BatchLoadWork(buckets)
    this.#scheduled = new ScheduledWork(this.#random, buckets)
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.size
  }

  /** Calls back once, after so many answers from now on to anything that changes something. */
  afterAnswers(count: number, callback: () => void): void {
    this.#answersLeft = count
    this.#afterAnswers = callback
  }

  #answered(): void {
    if (--this.#answersLeft === 0) this.#afterAnswers?.()
  }

  /** Repeatable, because a server may have died in the middle of it. */
  async prepare(served: Served): Promise<void> {
    await orExists(served.write.send(new CreateDatabaseCommand({ DatabaseName: database })))
    await orExists(
      served.write.send(
        new CreateTableCommand({
          ...records,
          RetentionProperties: { MemoryStoreRetentionPeriodInHours: 24, MagneticStoreRetentionPeriodInDays: 30 },
          MagneticStoreWriteProperties: { EnableMagneticStoreWrites: true },
        }),
      ),
    )
    for (const TableName of ['loaded', 'derived']) {
      await orExists(served.write.send(new CreateTableCommand({ DatabaseName: database, TableName })))
    }
  }

  /** Resolves when the server no longer answers. */
  async runUntilDeath(served: Served): Promise<void> {
    let isDead = false
    void served.exited.then(() => (isDead = true))
    const until = async (work: () => Promise<void>): Promise<void> => {
      while (!isDead) {
        try {
          await work()
          this.#answered()
        } catch (error) {
          // an answer of the server is no death: another table change was under way, for instance
          if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === undefined) return
        }
      }
    }
    await Promise.all([
      ...Array.from({ length: writers }, (_, writer) => until(() => this.#write(served, writer))),
      until(() => this.#changeTables(served)),
      until(() => this.#changeRetention(served)),
      until(() => this.#read(served)),
      until(() => this.#beginLoad(served)),
      until(() => this.#scheduled.change(served)),
    ])
    await served.exited
  }

  async check(served: Served): Promise<Findings> {
    const counts = new Map<string, number>()
    for await (const page of paginateQuery({ client: served.query }, { QueryString: 'SELECT measure_value::bigint FROM crash.records' })) {
      for (const row of page.Rows ?? []) {
        const value = row.Data![0]!.ScalarValue!
        counts.set(value, (counts.get(value) ?? 0) + 1)
      }
    }
    const perRequest = new Map<number, number>()
    for (const value of counts.keys()) {
      const request = Math.floor(Number(value) / recordsPerRequest)
      perRequest.set(request, (perRequest.get(request) ?? 0) + 1)
    }
    const tables = new Set<string>()
    for await (const page of paginateListTables({ client: served.write }, { DatabaseName: database })) {
      for (const { TableName } of page.Tables ?? []) tables.add(TableName!)
    }
    return {
      lost: [...this.#acknowledged].filter((value) => !counts.has(value)),
      doubled: [...counts].filter(([, count]) => count > 1).map(([value]) => value),
      torn: [...perRequest].filter(([, count]) => count !== recordsPerRequest).map(([request]) => request),
      tables: [
        ...[...this.#made].filter((name) => !this.#removalBegan.has(name) && !tables.has(name)).map((name) => `${name} is gone`),
        ...[...this.#removed].filter((name) => tables.has(name)).map((name) => `${name} is back`),
        ...(await this.#emptied(served)),
      ],
      jobs: [...(await this.#loads.check(served)), ...(await this.#scheduled.check(served))],
    }
  }

  async #write(served: Served, writer: number): Promise<void> {
    const request = this.#nextRequest++
    const values = Array.from({ length: recordsPerRequest }, (_, i) => String(request * recordsPerRequest + i))
    // times differ by the value, so that every record is one of its own
    const baseMs = Date.now() - (this.#random.chance(0.3) ? 30 * hourMs : 0)
    const input = {
      ...records,
      CommonAttributes: {
        Dimensions: [
          { Name: 'writer', Value: String(writer) },
          { Name: `extra_${request % 7}`, Value: 'x' },
        ],
        MeasureName: `value_${request % 3}`,
        MeasureValueType: 'BIGINT' as const,
        TimeUnit: 'NANOSECONDS' as const,
      },
      Records: values.map((MeasureValue) => ({ MeasureValue, Time: String(BigInt(baseMs) * 1_000_000n + BigInt(MeasureValue)) })),
    }
    await served.write.send(new WriteRecordsCommand(input))
    for (const value of values) this.#acknowledged.add(value)
    // the same value under a higher version: two rows of one record
    if (request % 5 === 0) {
      await served.write.send(new WriteRecordsCommand({ ...input, CommonAttributes: { ...input.CommonAttributes, Version: 2 } }))
    }
  }

  async #changeTables(served: Served): Promise<void> {
    const TableName = `table-${this.#nextTable++}`
    await served.write.send(new CreateTableCommand({ DatabaseName: database, TableName }))
    this.#made.add(TableName)
    // a whole number first, so that the next double changes how the column is held
    const nowMs = Date.now()
    for (const [i, MeasureValue] of ['1.0', '1.5'].entries()) {
      const Dimensions = [{ Name: TableName, Value: 'x' }]
      const Records = [{ Dimensions, MeasureName: 'm', MeasureValueType: 'DOUBLE' as const, MeasureValue, Time: String(nowMs - i) }]
      await served.write.send(new WriteRecordsCommand({ DatabaseName: database, TableName, Records }))
      await served.query.send(new QueryCommand({ QueryString: `SELECT count(*) FROM crash."${TableName}"` }))
    }
    this.#filled.add(TableName)
    if (this.#random.chance(0.1)) return
    this.#removalBegan.add(TableName)
    await served.write.send(new DeleteTableCommand({ DatabaseName: database, TableName }))
    this.#removed.add(TableName)
  }

  async #emptied(served: Served): Promise<readonly string[]> {
    const wrong: string[] = []
    for (const name of this.#filled) {
      if (this.#removalBegan.has(name)) continue
      const { Rows } = await served.query.send(new QueryCommand({ QueryString: `SELECT sum(measure_value::double) FROM crash."${name}"` }))
      const sum = Rows?.[0]?.Data?.[0]?.ScalarValue
      if (sum !== '2.5') wrong.push(`${name} has ${sum}`)
    }
    return wrong
  }

  async #beginLoad(served: Served): Promise<void> {
    await this.#loads.begin(served)
    await new Promise((resolve) => setTimeout(resolve, this.#random.below(1000)))
  }

  async #changeRetention(served: Served): Promise<void> {
    const MemoryStoreRetentionPeriodInHours = this.#random.pick([1, 24, 48])
    await served.write.send(
      new UpdateTableCommand({
        ...records,
        RetentionProperties: { MemoryStoreRetentionPeriodInHours, MagneticStoreRetentionPeriodInDays: 30 },
      }),
    )
    await new Promise((resolve) => setTimeout(resolve, 100 + this.#random.below(200)))
  }

  async #read(served: Served): Promise<void> {
    await served.query.send(new QueryCommand({ QueryString: 'SELECT count(*), max(time) FROM crash.records' }))
    await new Promise((resolve) => setTimeout(resolve, this.#random.below(100)))
  }
}

async function orExists(made: Promise<unknown>): Promise<void> {
  try {
    await made
  } catch (error) {
    if ((error as Error).name !== 'ConflictException') throw error
  }
}
