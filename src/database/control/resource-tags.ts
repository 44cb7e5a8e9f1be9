import type { Limits } from '../../base/limits.ts'
import type { SchemaCatalog } from '../../storage/schema-catalog.ts'
import type { Tags } from '../../storage/table-record.ts'
import type { Tag } from '../database.ts'
import { type Account, parseArn, resourceOf } from './arn.ts'
import type { Databases } from './databases.ts'
import type { TableControl } from './tables.ts'
import { addTags, listOf, removeTags } from './tags.ts'

/** What has tags besides databases and tables. */
export interface TaggedQueries {
  tagsOf(queryId: string): Promise<Tags>
  /** As they are in memory, for policies. */
  knownTags(queryId: string): Tags | undefined
  changeTags(queryId: string, change: (current: Tags) => Tags): Promise<void>
}

/** The tags of databases, tables and scheduled queries, by ARN. @throws ServerError VALIDATION, RESOURCE_NOT_FOUND, SERVICE_QUOTA_EXCEEDED */
export class ResourceTags {
  readonly #databases: Databases
  readonly #tables: TableControl
  readonly #queries: TaggedQueries
  readonly #account: Account
  readonly #limits: Limits

  constructor(databases: Databases, tables: TableControl, queries: TaggedQueries, account: Account, limits: Limits) {
    this.#databases = databases
    this.#tables = tables
    this.#queries = queries
    this.#account = account
    this.#limits = limits
  }

  async list(arn: string): Promise<readonly Tag[]> {
    const resource = parseArn(this.#account, arn)
    if (resource.kind === 'scheduled-query') return listOf(await this.#queries.tagsOf(resource.queryId))
    if (resource.kind === 'database') return listOf((await this.#databases.find(resource.databaseName)).value.tags)
    return listOf((await this.#tables.find(resource.databaseName, resource.tableName)).tags)
  }

  add(arn: string, tags: readonly Tag[]): Promise<void> {
    return this.#change(arn, (current) => addTags(current, tags, this.#limits))
  }

  remove(arn: string, keys: readonly string[]): Promise<void> {
    return this.#change(arn, (current) => removeTags(current, keys))
  }

  async #change(arn: string, change: (current: Tags | undefined) => Tags): Promise<void> {
    const resource = parseArn(this.#account, arn)
    const tagged = <T extends { readonly tags?: Tags }>(current: T): T => ({ ...current, tags: change(current.tags) })
    if (resource.kind === 'scheduled-query') await this.#queries.changeTags(resource.queryId, change)
    else if (resource.kind === 'database') await this.#databases.change(resource.databaseName, tagged)
    else await this.#tables.change(resource.databaseName, resource.tableName, tagged)
  }
}

/** Tags by ARN as the catalog in memory has them, at once: for policies, which ask on every request. Undefined where there are none. */
export function tagReader(
  account: Account,
  catalog: Pick<SchemaCatalog, 'table' | 'databaseTags'>,
  tagsOfQuery: (queryId: string) => Tags | undefined,
): (arn: string) => Tags | undefined {
  return (arn) => {
    const resource = resourceOf(account, arn)
    if (resource === undefined) return undefined
    if (resource.kind === 'scheduled-query') return tagsOfQuery(resource.queryId)
    if (resource.kind === 'database') return catalog.databaseTags(resource.databaseName)
    return catalog.table(resource.databaseName, resource.tableName)?.tags
  }
}
