import { ServerError } from '../../src/base/errors.ts'
import type { Access } from '../../src/database/access/access.ts'
import type { AccessKey } from '../../src/database/caller.ts'
import type { Database, DatabaseDescription, QueryPage, Tag, WriteInput } from '../../src/database/database.ts'

export const rootKey: AccessKey = {
  accessKeyId: 'AKIDROOT',
  secretAccessKey: 'root/secret+key',
  principal: { name: 'root', accessKeyId: 'AKIDROOT', isRoot: true },
  status: 'active',
}

/** What this double leaves out answers with a client's error, so that any input may be sent to any operation. */
const unused = async (): Promise<never> => {
  throw new ServerError('NOT_SUPPORTED', 'Not part of this test.')
}

const unusedAccess: Access = {
  createUser: unused,
  describeUser: unused,
  listUsers: unused,
  deleteUser: unused,
  createGroup: unused,
  listGroups: unused,
  deleteGroup: unused,
  addUserToGroup: unused,
  removeUserFromGroup: unused,
  putPolicy: unused,
  getPolicy: unused,
  listPolicies: unused,
  deletePolicy: unused,
  attachPolicy: unused,
  detachPolicy: unused,
  putGuardRails: unused,
  simulate: unused,
  createSession: unused,
  principalOf: () => undefined,
  check: () => undefined,
  identity: ({ principal }) => ({
    accountId: '000000000000',
    arn: `arn:aws:iam::000000000000:user/${principal.name}`,
    userName: principal.name,
  }),
}

/** Databases, tags and access keys in maps: enough of the product to drive the API's edge without an engine. `change` replaces single methods. */
export function inMemoryDatabase(
  change: Partial<Database> = {},
  keys: readonly AccessKey[] = [rootKey],
): Database & { readonly written: WriteInput[] } {
  const databases = new Map<string, DatabaseDescription>()
  const tagsOf = new Map<string, readonly Tag[]>()
  const written: WriteInput[] = []
  const existing = (name: string): DatabaseDescription => {
    const found = databases.get(name)
    if (!found) throw new ServerError('RESOURCE_NOT_FOUND', `The database ${name} does not exist.`)
    return found
  }
  const page: QueryPage = {
    queryId: 'AEB1',
    nextToken: 'next',
    columns: [{ name: 'x', type: { kind: 'scalar', name: 'bigint' } }],
    rowsJson: '[{"Data":[{"ScalarValue":"9007199254740993"}]}]',
    rowCount: 1,
    progressPercentage: 100,
    cumulativeBytesScanned: 12,
    cumulativeBytesMetered: 10_000_000,
  }
  return {
    name: 'database',
    written,
    rows: unused,
    ingest: unused,
    connectors: {
      list: unused,
      put: unused,
      delete: unused,
      start: unused,
      stop: unused,
      deadLetters: unused,
      deadLetter: unused,
      replay: unused,
      deleteDeadLetters: unused,
      attach: unused,
      bury: unused,
      positions: () => ({ get: unused, list: unused, put: unused, remove: unused }),
      droppedDeadLetters: () => 0,
    },
    batchLoads: { create: unused, describe: unused, list: unused, resume: unused },
    scheduledQueries: {
      runs: { refresh: unused, nextDueMs: () => undefined, claim: unused, run: unused },
      create: unused,
      describe: unused,
      list: unused,
      update: unused,
      delete: unused,
      execute: unused,
      history: unused,
    },
    backups: { create: unused, restore: unused, describeTask: unused, list: unused },
    createDatabase: async (_caller, { databaseName, kmsKeyId = 'arn:key', tags = [] }) => {
      if (databases.has(databaseName)) throw new ServerError('CONFLICT', `The database ${databaseName} already exists.`)
      const arn = `arn:aws:timestream:us-east-1:000000000000:database/${databaseName}`
      const description = {
        arn,
        databaseName,
        tableCount: 0,
        kmsKeyId,
        creationTimeMs: 1_677_167_593_266,
        lastUpdatedTimeMs: 1_677_167_593_266,
      }
      databases.set(databaseName, description)
      tagsOf.set(arn, tags)
      return description
    },
    describeDatabase: async (_caller, name) => existing(name),
    listDatabases: async (_caller, { maxResults = 20 }) => ({ items: [...databases.values()].slice(0, maxResults) }),
    updateDatabase: async (_caller, { databaseName, kmsKeyId }) => ({ ...existing(databaseName), kmsKeyId }),
    deleteDatabase: async (_caller, name) => {
      existing(name)
      databases.delete(name)
    },
    createTable: async (_caller, input) => ({
      arn: `arn:aws:timestream:us-east-1:000000000000:database/${input.databaseName}/table/${input.tableName}`,
      databaseName: input.databaseName,
      tableName: input.tableName,
      tableStatus: 'ACTIVE',
      retention: input.retention ?? { memoryStoreRetentionPeriodInHours: 6, magneticStoreRetentionPeriodInDays: 73_000 },
      magneticStoreWrites: input.magneticStoreWrites ?? { enableMagneticStoreWrites: false },
      compositePartitionKey: input.compositePartitionKey ?? [{ type: 'MEASURE' }],
      creationTimeMs: 1000,
      lastUpdatedTimeMs: 2500,
    }),
    describeTable: unused,
    listTables: async () => ({ items: [] }),
    updateTable: unused,
    deleteTable: unused,
    listTags: async (_caller, arn) => tagsOf.get(arn) ?? [],
    tagResource: async (_caller, arn, tags) => void tagsOf.set(arn, [...(tagsOf.get(arn) ?? []), ...tags]),
    untagResource: async (_caller, arn, names) =>
      void tagsOf.set(
        arn,
        (tagsOf.get(arn) ?? []).filter((tag) => !names.includes(tag.key)),
      ),
    write: async (_caller, input) => {
      written.push(input)
      return { total: input.records.length, memoryStore: input.records.length, magneticStore: 0 }
    },
    query: async () => page,
    cancelQuery: async (_caller, queryId) => `query ${queryId} was cancelled`,
    prepareQuery: async () => ({
      columns: [{ name: 'x', type: { kind: 'scalar', name: 'bigint' }, origin: { database: 'db', table: 't' }, isAliased: true }],
      parameters: [{ name: 'p', type: { kind: 'scalar', name: 'timestamp' } }],
    }),
    describeAccountSettings: async () => ({ maxQueryTcu: 200, queryPricingModel: 'COMPUTE_UNITS' }),
    updateAccountSettings: async (_caller, { maxQueryTcu = 200, provisioned }) => ({
      maxQueryTcu,
      queryPricingModel: 'COMPUTE_UNITS',
      ...(provisioned && { provisioned }),
    }),
    findAccessKey: (accessKeyId) => keys.find((key) => key.accessKeyId === accessKeyId),
    createAccessKey: async (_caller, userName) => ({
      ...rootKey,
      accessKeyId: 'AKIDNEW',
      principal: { name: userName, accessKeyId: 'AKIDNEW', isRoot: false },
    }),
    listAccessKeys: async () => [{ accessKeyId: 'AKIDROOT', userName: 'root', status: 'active', createdAtMs: 1500 }],
    revokeAccessKey: async () => undefined,
    access: { ...unusedAccess, check: () => undefined },
    status: unused,
    ready: async () => undefined,
    ...change,
  }
}
