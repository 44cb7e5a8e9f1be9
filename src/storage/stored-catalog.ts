import { ServerError } from '../base/errors.ts'
import type { Catalog, TableSchema } from '../sql/catalog.ts'
import type { DocumentStore } from './document-store.ts'
import { type ColumnDefinition, schemaColumns } from './layout.ts'
import type { SchemaCatalog } from './schema-catalog.ts'
import { type DatabaseRecord, type StoredAttribute, type StoredSchema, type TableRecord, type Tags, tableKey } from './table-record.ts'
import { tableSchema } from './table-schema.ts'
import type { Tables } from './tables.ts'

export interface StoredCatalog extends SchemaCatalog {
  /** Says, durably, that reads of the table must pick the winner among rows of one record. */
  markDuplicates(databaseName: string, tableName: string): Promise<void>
  /**
   * Makes the engine hold attributes (by physical name) as doubles that it held as whole numbers; before such a value goes to it.
   * @throws ServerError RESOURCE_NOT_FOUND when the table is not the one of that physical name any more
   */
  widen(table: TableRecord, attributes: readonly string[]): Promise<TableRecord>
}

export interface CatalogOptions {
  readonly documents: DocumentStore
  readonly tables: Pick<Tables, 'addColumns' | 'widen'>
  /** The engine's database that holds the tables. */
  readonly engineDatabase: string
  /** Several nodes write the same tables: any of them may hold duplicates that this node does not know of. */
  readonly sharedWriters?: boolean
  /** Doubles that begin with whole numbers are held as such: for an engine that only this node writes to. */
  readonly holdsWholeNumbers?: boolean
}

/** Loads all databases and tables of the document store. */
export async function openCatalog(options: CatalogOptions): Promise<StoredCatalog> {
  const catalog = new DocumentCatalog(options)
  await catalog.refresh()
  return catalog
}

type TablesByName = ReadonlyMap<string, TableRecord>

class DocumentCatalog implements StoredCatalog {
  readonly #documents: DocumentStore
  readonly #tables: Pick<Tables, 'addColumns' | 'widen'>
  readonly #engineDatabase: string
  readonly #sharedWriters: boolean
  readonly #holdsWholeNumbers: boolean
  /** Never changed in place, so that a snapshot stays as it was. */
  #databases: ReadonlyMap<string, TablesByName> = new Map()
  #databaseTags: ReadonlyMap<string, Tags | undefined> = new Map()
  #snapshot: { readonly of: ReadonlyMap<string, TablesByName>; readonly catalog: Catalog } | undefined
  /** The last change under way of each table; the next one waits for it. */
  readonly #changes = new Map<string, Promise<unknown>>()
  readonly #schemas = new WeakMap<TableRecord, TableSchema>()

  constructor({ documents, tables, engineDatabase, sharedWriters = false, holdsWholeNumbers = false }: CatalogOptions) {
    this.#documents = documents
    this.#tables = tables
    this.#engineDatabase = engineDatabase
    this.#sharedWriters = sharedWriters
    this.#holdsWholeNumbers = holdsWholeNumbers
  }

  snapshot(): Catalog {
    if (this.#snapshot?.of !== this.#databases) this.#snapshot = { of: this.#databases, catalog: this.#catalogOf(this.#databases) }
    return this.#snapshot.catalog
  }

  #catalogOf(databases: ReadonlyMap<string, TablesByName>): Catalog {
    return {
      databaseNames: () => [...databases.keys()].sort(),
      tableNames: (database) => {
        const tables = databases.get(database)
        return tables && [...tables.keys()].sort()
      },
      table: (database, name) => {
        const table = databases.get(database)?.get(name)
        return table && this.#schemaOf(table)
      },
    }
  }

  table(databaseName: string, tableName: string): TableRecord | undefined {
    return this.#databases.get(databaseName)?.get(tableName)
  }

  databaseTags(databaseName: string): Tags | undefined {
    return this.#databaseTags.get(databaseName)
  }

  async refresh(databaseName?: string, tableName?: string): Promise<void> {
    if (databaseName === undefined) return this.#refreshAll()
    if (tableName === undefined) {
      const stored = await this.#documents.get<DatabaseRecord>('database', databaseName)
      this.#setDatabase(databaseName, stored && (this.#databases.get(databaseName) ?? new Map()))
      this.#databaseTags = new Map(this.#databaseTags).set(databaseName, stored?.value.tags)
      return
    }
    const stored = await this.#documents.get<TableRecord>('table', tableKey(databaseName, tableName))
    this.#setTable(databaseName, tableName, stored?.value)
  }

  extendSchema(
    databaseName: string,
    tableName: string,
    additions: (current: StoredSchema) => StoredSchema | undefined,
  ): Promise<TableRecord> {
    return this.#change(databaseName, tableName, async (current) => {
      const added = additions(current.schema)
      if (added === undefined) return undefined
      const schema = this.#holdsWholeNumbers ? added : withoutForms(added)
      await this.#tables.addColumns(current.physicalName, missingColumns(current.schema, schema))
      return { ...current, schema }
    })
  }

  async markDuplicates(databaseName: string, tableName: string): Promise<void> {
    if (this.table(databaseName, tableName)?.mayHoldDuplicates) return
    await this.#change(databaseName, tableName, async (current) =>
      current.mayHoldDuplicates ? undefined : { ...current, mayHoldDuplicates: true },
    )
  }

  widen({ databaseName, tableName, physicalName }: TableRecord, attributes: readonly string[]): Promise<TableRecord> {
    const wanted = new Set(attributes)
    return this.#change(databaseName, tableName, async (current) => {
      if (current.physicalName !== physicalName) throw new ServerError('RESOURCE_NOT_FOUND', `The table ${tableName} does not exist.`)
      const isWhole = (a: StoredAttribute): boolean => a.form === 'whole' && wanted.has(a.physicalName)
      const whole = current.schema.attributes.filter(isWhole)
      if (whole.length === 0) return undefined
      await this.#tables.widen(
        physicalName,
        whole.map((a) => a.physicalName),
      )
      const next = current.schema.attributes.map((a) => (isWhole(a) ? { ...a, form: 'widened' as const } : a))
      return { ...current, schema: { ...current.schema, attributes: next } }
    })
  }

  /** One change of a table's document at a time in this process; begun again when another node was first. */
  #change(
    databaseName: string,
    tableName: string,
    change: (current: TableRecord) => Promise<TableRecord | undefined>,
  ): Promise<TableRecord> {
    const key = tableKey(databaseName, tableName)
    const attempt = async (): Promise<TableRecord> => {
      for (;;) {
        const stored = await this.#documents.get<TableRecord>('table', key)
        if (stored === undefined) {
          this.#setTable(databaseName, tableName, undefined)
          throw new ServerError('RESOURCE_NOT_FOUND', `The table ${tableName} does not exist.`)
        }
        const next = await change(stored.value)
        if (next !== undefined && !(await this.#documents.put('table', key, next, stored.revision))) continue
        const table = next ?? stored.value
        this.#setTable(databaseName, tableName, table)
        return table
      }
    }
    const result = (this.#changes.get(key) ?? Promise.resolve()).then(attempt, attempt)
    this.#changes.set(key, result)
    const forget = (): void => {
      if (this.#changes.get(key) === result) this.#changes.delete(key)
    }
    result.then(forget, forget)
    return result
  }

  async #refreshAll(): Promise<void> {
    const databases = new Map<string, Map<string, TableRecord>>()
    const stored = await this.#documents.list<DatabaseRecord>('database')
    for (const { key } of stored) databases.set(key, new Map())
    for (const { value } of await this.#documents.list<TableRecord>('table')) databases.get(value.databaseName)?.set(value.tableName, value)
    this.#databases = databases
    this.#databaseTags = new Map(stored.map(({ key, value }) => [key, value.tags]))
  }

  #setDatabase(databaseName: string, tables: TablesByName | undefined): void {
    const databases = new Map(this.#databases)
    if (tables === undefined) databases.delete(databaseName)
    else databases.set(databaseName, tables)
    this.#databases = databases
  }

  #setTable(databaseName: string, tableName: string, table: TableRecord | undefined): void {
    const tables = new Map(this.#databases.get(databaseName))
    if (table === undefined && !tables.delete(tableName)) return
    if (table !== undefined) tables.set(tableName, table)
    this.#setDatabase(databaseName, tables)
  }

  #schemaOf(table: TableRecord): TableSchema {
    let schema = this.#schemas.get(table)
    if (schema === undefined) {
      schema = tableSchema(table, this.#engineDatabase, this.#sharedWriters || table.mayHoldDuplicates === true)
      this.#schemas.set(table, schema)
    }
    return schema
  }
}

const withoutForms = (schema: StoredSchema): StoredSchema => ({
  ...schema,
  attributes: schema.attributes.map(({ name, physicalName, type }) => ({ name, physicalName, type })),
})

function missingColumns(current: StoredSchema, next: StoredSchema): readonly ColumnDefinition[] {
  const known = new Set(schemaColumns(current).map((c) => c.physicalName))
  return schemaColumns(next).filter((c) => !known.has(c.physicalName))
}
