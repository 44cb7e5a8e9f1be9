import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultLimits } from '../../../src/base/limits.ts'
import { silentLog } from '../../../src/base/log.ts'
import { PageText } from '../../../src/database/query/encode/page-text.ts'
import { rowEncoder } from '../../../src/database/query/encode/row-encoder.ts'
import { newQueryId } from '../../../src/database/query/query-id.ts'
import { openChdb } from '../../../src/engine/chdb.ts'
import { RowBinaryReader } from '../../../src/engine/decode.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import type { Catalog } from '../../../src/sql/catalog.ts'
import { compile } from '../../../src/sql/compile.ts'
import type { ExampleValue } from '../../../src/sql/functions/definition.ts'
import { typeText } from '../../../src/sql/types/type.ts'

export interface Evaluated {
  readonly names: readonly string[]
  readonly types: readonly string[]
  readonly rows: readonly (readonly ExampleValue[])[]
}

export const emptyCatalog: Catalog = { databaseNames: () => [], tableNames: () => undefined, table: () => undefined }

/** 2026-11-18 18:26:40 UTC. */
export const nowNs = 1_795_026_400_000_000_000n

/** Compiles SQL and runs it on an engine of its own. */
export class Evaluator {
  readonly engine: Engine
  readonly #directory: string
  readonly #catalog: Catalog

  private constructor(engine: Engine, directory: string, catalog: Catalog) {
    this.engine = engine
    this.#directory = directory
    this.#catalog = catalog
  }

  static async open(catalog: Catalog = emptyCatalog): Promise<Evaluator> {
    const directory = await mkdtemp(join(tmpdir(), 'tidemark-sql-'))
    return new Evaluator(await openChdb({ dataDirectory: directory, log: silentLog }), directory, catalog)
  }

  async run(sql: string): Promise<Evaluated> {
    const statement = compile(sql, this.#catalog, {
      nowNs,
      maxNestingDepth: defaultLimits.sqlNestingDepth,
      maxTokens: defaultLimits.sqlTokens,
    })
    if (statement.kind !== 'query') throw new Error(`a query was expected, not ${statement.kind}`)
    const { text, settings, columns } = statement
    const result = await this.engine.query({ text, settings, queryId: newQueryId() })
    const reader = new RowBinaryReader()
    const encode = rowEncoder(columns.map((column) => column.type))
    const rows: (readonly ExampleValue[])[] = []
    for await (const chunk of result.chunks()) {
      reader.feed(chunk)
      for (;;) {
        const row = new PageText()
        if (!reader.attempt((each) => encode(each, row))) break
        rows.push((JSON.parse(row.text()) as { Data: Datum[] }).Data.map(datumValue))
      }
    }
    reader.end()
    return { names: columns.map((column) => column.name), types: columns.map((column) => typeText(column.type)), rows }
  }

  async close(): Promise<void> {
    await this.engine.stop?.()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

interface Datum {
  readonly ScalarValue?: string
  readonly ArrayValue?: readonly Datum[]
  readonly RowValue?: { readonly Data: readonly Datum[] }
  readonly TimeSeriesValue?: readonly { readonly Time: string; readonly Value: Datum }[]
}

function datumValue(datum: Datum): ExampleValue {
  if (datum.ScalarValue !== undefined) return datum.ScalarValue
  if (datum.ArrayValue) return datum.ArrayValue.map(datumValue)
  if (datum.RowValue) return datum.RowValue.Data.map(datumValue)
  return datum.TimeSeriesValue ? datum.TimeSeriesValue.map((point) => [point.Time, datumValue(point.Value)]) : null
}
