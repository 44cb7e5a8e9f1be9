import { ServerError } from '../../../src/base/errors.ts'
import type { Caller } from '../../../src/database/caller.ts'
import type { Database, QueryPage, ResultColumn } from '../../../src/database/database.ts'
import { typeText } from '../../../src/sql/types/type.ts'
import { rowMatches, rowText, type Datum } from './cell.ts'
import { readLoadLine, readTime } from './load.ts'
import { completeError, completeQuery, formatSlt, parseSlt, type Block, type ErrorBlock, type QueryBlock } from './slt.ts'
import type { SetClock } from './set-clock.ts'

export interface Outcome {
  /** What is not as expected, each with its line. Empty: the file holds. */
  readonly problems: readonly string[]
  /** The file with expectations written in (those that are documented or observed are kept). */
  readonly text: string
}

const caller: Caller = { principal: { name: 'root', accessKeyId: 'TESTROOTKEY', isRoot: true }, requestId: 'slt', sourceIp: '127.0.0.1' }
const startOfTime = '2024-01-15 12:00:00'

/** Runs one file against the database; the databases it makes are gone afterwards. */
export async function runSlt(text: string, database: Database, clock: SetClock): Promise<Outcome> {
  const run = new Run(database, clock)
  clock.set(readTime(startOfTime, 0n))
  const blocks: Block[] = []
  try {
    for (const block of parseSlt(text)) blocks.push(await run.block(block))
  } finally {
    await run.cleanUp()
  }
  return { problems: run.problems, text: formatSlt(blocks) }
}

class Run {
  readonly problems: string[] = []
  readonly #database: Database
  readonly #clock: SetClock
  readonly #tables = new Map<string, Set<string>>()

  constructor(database: Database, clock: SetClock) {
    this.#database = database
    this.#clock = clock
  }

  /** The block as it should read after this run. */
  async block(block: Block): Promise<Block> {
    switch (block.kind) {
      case 'comment':
        return block
      case 'clock':
        this.#clock.set(readTime(block.text, this.#clock.nowNs()))
        return block
      case 'load':
        await this.#load(block.database, block.table, block.records)
        return block
      case 'ok':
        await this.#query(block.sql).catch((error: unknown) => this.#problem(block, `failed: ${messageOf(error)}`))
        return block
      case 'query':
        return this.#checkQuery(block)
      case 'error':
        return this.#checkError(block)
    }
  }

  async cleanUp(): Promise<void> {
    for (const [databaseName, tables] of this.#tables) {
      for (const table of tables) await this.#database.deleteTable(caller, databaseName, table)
      await this.#database.deleteDatabase(caller, databaseName)
    }
  }

  async #load(databaseName: string, tableName: string, lines: readonly string[]): Promise<void> {
    let tables = this.#tables.get(databaseName)
    if (tables === undefined) {
      await this.#database.createDatabase(caller, { databaseName })
      tables = new Set()
      this.#tables.set(databaseName, tables)
    }
    if (!tables.has(tableName)) {
      await this.#database.createTable(caller, { databaseName, tableName, magneticStoreWrites: { enableMagneticStoreWrites: true } })
      tables.add(tableName)
    }
    const records = lines.flatMap((line) => readLoadLine(line, this.#clock.nowNs()))
    for (let start = 0; start < records.length; start += 100) {
      await this.#database.write(caller, { databaseName, tableName, records: records.slice(start, start + 100) })
    }
  }

  async #query(queryString: string): Promise<{ columns: readonly ResultColumn[]; rows: string[] }> {
    const rows: string[] = []
    let page: QueryPage | undefined
    do {
      const more = page?.nextToken === undefined ? {} : { nextToken: page.nextToken }
      page = await this.#database.query(caller, { queryString, ...more })
      for (const row of JSON.parse(page.rowsJson) as { Data: Datum[] }[]) rows.push(rowText(row.Data))
    } while (page.nextToken !== undefined)
    return { columns: page.columns, rows }
  }

  async #checkQuery(block: QueryBlock): Promise<Block> {
    let result
    try {
      result = await this.#query(block.sql)
    } catch (error) {
      this.#problem(block, `failed: ${messageOf(error)}`)
      return block
    }
    const columns = result.columns.map((column) => ({ name: column.name, type: typeText(column.type) }))
    const rows = block.order === 'rowsort' ? result.rows.sort() : result.rows
    const wanted = block.order === 'rowsort' ? [...block.rows].sort() : block.rows
    const difference =
      block.columns === undefined
        ? 'has no expectation yet'
        : (firstDifference('column', block.columns.map(columnText), columns.map(columnText)) ?? firstDifference('row', wanted, rows))
    if (difference === undefined) return block
    this.#problem(block, difference)
    return block.truth === 'ours' || block.columns === undefined ? completeQuery(block, columns, rows) : block
  }

  async #checkError(block: ErrorBlock): Promise<Block> {
    try {
      await this.#query(block.sql)
    } catch (error) {
      const code = error instanceof ServerError ? error.code : 'no ServerError'
      const message = messageOf(error)
      if (code === block.code && (block.message === undefined || block.message === message)) return block
      this.#problem(block, `failed otherwise: ${code} ${message}`)
      return block.truth === 'ours' || block.code === undefined ? completeError(block, code, message) : block
    }
    this.#problem(block, 'succeeded')
    return block
  }

  #problem(block: Block, message: string): void {
    this.problems.push(`line ${block.line}: ${message}`)
  }
}

const columnText = (column: { readonly name: string; readonly type: string }): string => `${column.name} ${column.type}`
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function firstDifference(what: string, expected: readonly string[], actual: readonly string[]): string | undefined {
  const count = Math.max(expected.length, actual.length)
  for (let i = 0; i < count; i += 1) {
    const wanted = expected[i] ?? 'nothing'
    const found = actual[i] ?? 'nothing'
    if (!rowMatches(wanted, found)) return `${what} ${i + 1} is ${found}, expected ${wanted}`
  }
  return undefined
}
