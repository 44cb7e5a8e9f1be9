/** Policies that are always there, by the names that AWS gives them. `AmazonTimestream…`: as AWS writes them, for what exists here. */
const allow = (...actions: readonly string[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }, undefined, 2)

export interface ManagedPolicy {
  readonly summary: string
  readonly document: string
}

export const managedPolicies: Readonly<Record<string, ManagedPolicy>> = {
  AdministratorAccess: { summary: 'Everything, handing out access included', document: allow('*') },
  AmazonTimestreamFullAccess: { summary: 'Every operation of Timestream; status', document: allow('timestream:*', 'tidemark:Status') },
  AmazonTimestreamReadOnlyAccess: {
    summary: 'Queries, and looking at databases, tables, scheduled queries and batch loads',
    document: allow(
      'timestream:CancelQuery',
      'timestream:DescribeAccountSettings',
      'timestream:DescribeBatchLoadTask',
      'timestream:DescribeDatabase',
      'timestream:DescribeEndpoints',
      'timestream:DescribeScheduledQuery',
      'timestream:DescribeTable',
      'timestream:ListBatchLoadTasks',
      'timestream:ListDatabases',
      'timestream:ListMeasures',
      'timestream:ListScheduledQueries',
      'timestream:ListTables',
      'timestream:ListTagsForResource',
      'timestream:PrepareQuery',
      'timestream:Select',
      'timestream:SelectValues',
    ),
  },
  TidemarkWriteOnlyAccess: {
    summary: 'Writing records into every table, and nothing else: for agents',
    document: allow('timestream:DescribeEndpoints', 'timestream:WriteRecords'),
  },
}

/** What the users of a catalog that knew no policies may do on: everything that they could. */
export const policyOfOldUsers = 'AmazonTimestreamFullAccess'
