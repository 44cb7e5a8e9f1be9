import type { Catalog, TableSchema } from '../../sql/catalog.ts'
import type { CompiledQuery, CompiledStatement } from '../../sql/compile.ts'
import type { DataChanges } from '../../storage/data-changes.ts'
import type { SchemaCatalog } from '../../storage/schema-catalog.ts'
import type { ResultColumn } from '../database.ts'

/** A whole result of one page. */
export interface CachedResult {
  readonly columns: readonly ResultColumn[]
  readonly rowsJson: string
  readonly rowCount: number
}

/** What is known of a query before it runs; a result that it answers is kept under it. */
interface CacheProbe {
  readonly key: string
  readonly reads: readonly CachedRead[]
  /** Of the clock of changes, before anything was read. */
  readonly moment: number
}

interface CachedRead {
  readonly physicalName: string
  readonly fromNs: bigint | undefined
  readonly toNs: bigint | undefined
  readonly database: string
  readonly table: string
  readonly schema: TableSchema
}

interface Entry extends CacheProbe {
  readonly result: CachedResult
  readonly bytes: number
}

export interface ResultCacheOptions {
  readonly maxBytes: number
  readonly changes: Pick<DataChanges, 'moment' | 'isUnchanged'>
}

/**
 * The text without the condition that hides what has expired, which moves on with every moment: all rows that are read are younger, so it is true of each
 * of them. Undefined where that is not sure.
 */
function withoutExpiry(text: string, oldest: ReadonlySet<bigint>): string | undefined {
  const [timeNs, ...others] = oldest
  if (timeNs === undefined) return text
  if (others.length > 0) return undefined
  const shorter = text.replaceAll(`greaterOrEquals(time, ${timeNs})`, 'young')
  return shorter.includes(String(timeNs)) ? undefined : shorter
}

/** Bytes of an entry besides its texts. */
const entryBytes = 1000

/**
 * Results of queries, each good for as long as the query would answer the same: until rows come into the times that it reads, its tables are deleted from
 * or change, or its text means other times. Who asks is none of its business: that is decided before it is asked. The least lately used go first.
 */
export class ResultCache {
  readonly #options: ResultCacheOptions
  readonly #entries = new Map<string, Entry>()
  #bytes = 0
  #hits = 0
  #misses = 0

  constructor(options: ResultCacheOptions) {
    this.#options = options
  }

  /** For one query, before anything of it is done. */
  begin(catalog: Pick<SchemaCatalog, 'snapshot'>): CachedQuery {
    return new CachedQuery(this, catalog, this.#options.changes.moment)
  }

  get figures(): { readonly hits: number; readonly misses: number; readonly bytes: number; readonly entries: number } {
    return { hits: this.#hits, misses: this.#misses, bytes: this.#bytes, entries: this.#entries.size }
  }

  /**
   * Undefined for a query whose answer may change without a change of its tables: it reads no table, or calls random(), or reads back to where records
   * expire. `catalog` as it was at `moment`, or before.
   */
  probe(query: CompiledQuery, catalog: Catalog, moment: number): CacheProbe | undefined {
    const facts = query.facts()
    if (facts.isVolatile || facts.reads.length === 0) return undefined
    const reads: CachedRead[] = []
    const oldest = new Set<bigint>()
    for (const read of facts.reads) {
      const { database, table, fromNs, toNs, oldestTimeNs, physical } = read
      const schema = catalog.table(database, table)
      if (schema === undefined || schema.physical.table !== physical.table) return undefined
      if (oldestTimeNs !== undefined && (fromNs === undefined || fromNs <= oldestTimeNs)) return undefined
      if (oldestTimeNs !== undefined) oldest.add(oldestTimeNs)
      reads.push({ physicalName: physical.table, fromNs, toNs, database, table, schema })
    }
    const text = withoutExpiry(query.text, oldest)
    if (text === undefined) return undefined
    const columns = query.columns.map(({ name, type }) => [name, type])
    return { key: JSON.stringify([text, query.settings, columns]), reads, moment }
  }

  /** The result, when it is still what the query answers and has at most `maxRows` rows. */
  find(probe: CacheProbe, catalog: Catalog, maxRows: number): CachedResult | undefined {
    const entry = this.#entries.get(probe.key)
    if (entry !== undefined && !this.#isValid(entry, catalog)) this.#remove(entry)
    else if (entry !== undefined && entry.result.rowCount <= maxRows) {
      this.#entries.delete(probe.key)
      this.#entries.set(probe.key, entry)
      this.#hits++
      return entry.result
    }
    this.#misses++
    return undefined
  }

  keep(probe: CacheProbe, result: CachedResult, catalog: Catalog): void {
    const bytes = entryBytes + 2 * (probe.key.length + result.rowsJson.length)
    const entry = { ...probe, result, bytes }
    const { maxBytes } = this.#options
    // one result may not drive out all others
    if (bytes > maxBytes / 4 || !this.#isValid(entry, catalog)) return
    const before = this.#entries.get(probe.key)
    if (before !== undefined) this.#remove(before)
    this.#entries.set(probe.key, entry)
    this.#bytes += bytes
    for (const oldest of this.#entries.values()) {
      if (this.#bytes <= maxBytes) return
      this.#remove(oldest)
    }
  }

  #isValid({ reads, moment }: CacheProbe, catalog: Catalog): boolean {
    return reads.every(
      (read) =>
        catalog.table(read.database, read.table) === read.schema && this.#options.changes.isUnchanged(read.physicalName, read, moment),
    )
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key)
    this.#bytes -= entry.bytes
  }
}

/** What the cache does for one query. */
export class CachedQuery {
  readonly #cache: ResultCache
  readonly #catalog: Pick<SchemaCatalog, 'snapshot'>
  readonly #moment: number
  readonly #before: Catalog
  result: CachedResult | undefined

  constructor(cache: ResultCache, catalog: Pick<SchemaCatalog, 'snapshot'>, moment: number) {
    this.#cache = cache
    this.#catalog = catalog
    this.#moment = moment
    this.#before = catalog.snapshot()
  }

  /** Whether there is a result; then `result` is it. */
  find(statement: CompiledStatement, maxRows: number): boolean {
    const probe = this.#probe(statement)
    this.result = probe && this.#cache.find(probe, this.#catalog.snapshot(), maxRows)
    return this.result !== undefined
  }

  /** The statement that was run, and its whole result. */
  keep(statement: CompiledStatement, { columns, rowsJson, rowCount }: CachedResult): void {
    const probe = this.#probe(statement)
    if (probe !== undefined) this.#cache.keep(probe, { columns, rowsJson, rowCount }, this.#catalog.snapshot())
  }

  #probe(statement: CompiledStatement): CacheProbe | undefined {
    return statement.kind === 'query' ? this.#cache.probe(statement, this.#before, this.#moment) : undefined
  }
}
