import type { Database, Table, Tag } from '@aws-sdk/client-timestream-write'
import { ServerError } from '../../base/errors.ts'
import { ServiceFailure } from '../failure.ts'
import type { MagneticWrites } from './checkpoint.ts'
import { listAll, type Service } from './service.ts'
import type { SourceTable } from './slices.ts'

type TagList = readonly { readonly Key: string; readonly Value: string }[]

/** A table of the source, and which one it becomes. */
export interface TablePair {
  readonly source: SourceTable
  readonly target: SourceTable
  readonly description: Table
}

export interface Selection {
  readonly databases: readonly string[] | undefined
  readonly tables: readonly string[] | undefined
  readonly rename: ReadonlyMap<string, string>
}

/** The databases and tables to copy. @throws ServerError RESOURCE_NOT_FOUND when one that was named is not there */
export async function selectTables(
  service: Service,
  { databases, tables, rename }: Selection,
): Promise<{ readonly databases: readonly Database[]; readonly pairs: readonly TablePair[] }> {
  const all = await listAll<{ NextToken?: string; Databases?: Database[] }, Database>(
    service,
    'write',
    'ListDatabases',
    { MaxResults: 20 },
    (answer) => answer.Databases,
  )
  const chosen = all.filter(({ DatabaseName = '' }) => databases?.includes(DatabaseName) ?? true)
  missing(
    'database',
    databases,
    chosen.map(({ DatabaseName }) => DatabaseName),
  )
  const pairs: TablePair[] = []
  for (const { DatabaseName = '' } of chosen) {
    const listed = await listAll<{ NextToken?: string; Tables?: Table[] }, Table>(
      service,
      'write',
      'ListTables',
      { DatabaseName, MaxResults: 20 },
      (answer) => answer.Tables,
    )
    for (const { TableName = '', TableStatus } of listed) {
      if (TableStatus === 'DELETING' || tables?.includes(TableName) === false) continue
      const { Table: description = {} } = await service.call<{ Table?: Table }>('write', 'DescribeTable', { DatabaseName, TableName })
      const source = { databaseName: DatabaseName, tableName: TableName }
      pairs.push({ source, target: { databaseName: rename.get(DatabaseName) ?? DatabaseName, tableName: TableName }, description })
    }
  }
  missing(
    'table',
    tables,
    pairs.map(({ source }) => source.tableName),
  )
  return { databases: chosen, pairs }
}

function missing(what: string, wanted: readonly string[] | undefined, found: readonly (string | undefined)[]): void {
  const name = wanted?.find((each) => !found.includes(each))
  if (name !== undefined) throw new ServerError('RESOURCE_NOT_FOUND', `the source has no ${what} ${JSON.stringify(name)}`)
}

/** Those that are the user's own: `aws:…` belongs to AWS. */
export async function tagsOf(service: Service, side: 'write' | 'query', ResourceARN: string): Promise<TagList> {
  const { Tags = [] } = await service.call<{ Tags?: Tag[] }>(side, 'ListTagsForResource', { ResourceARN })
  return Tags.flatMap(({ Key = '', Value = '' }) => (Key.startsWith('aws:') ? [] : [{ Key, Value }]))
}

/** Creates a resource unless it is there. */
async function createUnlessThere(create: () => Promise<unknown>): Promise<'created' | 'there'> {
  try {
    await create()
    return 'created'
  } catch (error) {
    if (error instanceof ServiceFailure && error.exception === 'ConflictException') return 'there'
    throw error
  }
}

/** Makes tables at the target. */
export class TargetTables {
  readonly #source: Service
  readonly #target: Service
  readonly #buckets: ReadonlyMap<string, string>
  /** What the user should know, in sentences. */
  readonly notes: string[] = []

  constructor(source: Service, target: Service, buckets: ReadonlyMap<string, string>) {
    this.#source = source
    this.#target = target
    this.#buckets = buckets
  }

  async database({ DatabaseName = '', Arn = '' }: Database, targetName: string): Promise<void> {
    const Tags = await tagsOf(this.#source, 'write', Arn)
    const input = { DatabaseName: targetName, ...(Tags.length > 0 && { Tags }) }
    const came = await createUnlessThere(() => this.#target.call('write', 'CreateDatabase', input))
    if (came === 'there')
      this.notes.push(`The database ${DatabaseName === targetName ? '' : `${DatabaseName} → `}${targetName} was there already.`)
  }

  /**
   * Makes the table, or takes the one that is there. Magnetic writes are enabled, so that records of any age are taken.
   * @returns what is to be set when everything is copied
   * @throws ServerError CONFIGURATION when a table is there that is divided differently
   */
  async table({ target, description }: TablePair): Promise<MagneticWrites> {
    const { Schema, RetentionProperties, MagneticStoreWriteProperties: magnetic, Arn = '' } = description
    const { databaseName: DatabaseName, tableName: TableName } = target
    const Tags = await tagsOf(this.#source, 'write', Arn)
    const final = { ...magnetic, EnableMagneticStoreWrites: magnetic?.EnableMagneticStoreWrites ?? false }
    const bucket = final.MagneticStoreRejectedDataLocation?.S3Configuration?.BucketName
    if (bucket !== undefined) {
      const S3Configuration = {
        ...final.MagneticStoreRejectedDataLocation?.S3Configuration,
        BucketName: this.#buckets.get(bucket) ?? bucket,
      }
      final.MagneticStoreRejectedDataLocation = { S3Configuration }
    }
    const properties = (of: typeof final): object => ({
      DatabaseName,
      TableName,
      RetentionProperties,
      MagneticStoreWriteProperties: { ...of, EnableMagneticStoreWrites: true },
      ...(Schema && { Schema }),
      ...(Tags.length > 0 && { Tags }),
    })
    const create = (of: typeof final) => createUnlessThere(() => this.#target.call('write', 'CreateTable', properties(of)))
    let came: 'created' | 'there'
    try {
      came = await create(final)
    } catch (error) {
      const isOfBucket = bucket !== undefined && error instanceof ServiceFailure && error.exception === 'ValidationException'
      if (!isOfBucket) throw error
      delete final.MagneticStoreRejectedDataLocation
      came = await create(final)
      this.notes.push(
        `${DatabaseName}.${TableName} reports late rejected records nowhere: ${error.message} (--map-bucket gives it another bucket)`,
      )
    }
    return came === 'created' ? final : await this.#takeThere(target, description)
  }

  async #takeThere({ databaseName: DatabaseName, tableName: TableName }: SourceTable, wanted: Table): Promise<MagneticWrites> {
    const { Table: there = {} } = await this.#target.call<{ Table?: Table }>('write', 'DescribeTable', { DatabaseName, TableName })
    const keyOf = ({ Schema }: Table): string => Schema?.CompositePartitionKey?.find(({ Type }) => Type === 'DIMENSION')?.Name ?? ''
    if (keyOf(there) !== keyOf(wanted)) {
      const has = keyOf(there) === '' ? 'no partition key' : `the partition key ${keyOf(there)}`
      throw new ServerError(
        'CONFIGURATION',
        `${DatabaseName}.${TableName} is at the target already, with ${has}, which cannot be changed; delete it, or --rename the database`,
      )
    }
    this.notes.push(`${DatabaseName}.${TableName} was there already; its retention, tags and magnetic writes stay as they are.`)
    const magnetic = {
      ...there.MagneticStoreWriteProperties,
      EnableMagneticStoreWrites: there.MagneticStoreWriteProperties?.EnableMagneticStoreWrites ?? false,
    }
    if (!magnetic.EnableMagneticStoreWrites)
      await this.setMagnetic({ databaseName: DatabaseName, tableName: TableName }, { ...magnetic, EnableMagneticStoreWrites: true })
    return magnetic
  }

  async setMagnetic(
    { databaseName: DatabaseName, tableName: TableName }: SourceTable,
    MagneticStoreWriteProperties: MagneticWrites,
  ): Promise<void> {
    await this.#target.call('write', 'UpdateTable', { DatabaseName, TableName, MagneticStoreWriteProperties })
  }
}
