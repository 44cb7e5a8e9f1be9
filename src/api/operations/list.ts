import type { Operation } from '../operation.ts'
import { createSession } from './access/create-session.ts'
import { groupOperations } from './access/groups.ts'
import { policyOperations } from './access/policies.ts'
import { userOperations } from './access/users.ts'
import { createAccessKey } from './admin/create-access-key.ts'
import { listAccessKeys } from './admin/list-access-keys.ts'
import { revokeAccessKey } from './admin/revoke-access-key.ts'
import { status } from './admin/status.ts'
import { createBackup } from './backup/create-backup.ts'
import { describeBackupTask } from './backup/describe-backup-task.ts'
import { listBackups } from './backup/list-backups.ts'
import { restoreBackup } from './backup/restore-backup.ts'
import { createBatchLoadTask } from './batch-load/create-batch-load-task.ts'
import { describeBatchLoadTask } from './batch-load/describe-batch-load-task.ts'
import { listBatchLoadTasks } from './batch-load/list-batch-load-tasks.ts'
import { resumeBatchLoadTask } from './batch-load/resume-batch-load-task.ts'
import { cancelQuery } from './cancel-query.ts'
import { connectorOperations } from './connectors/connectors.ts'
import { deadLetterOperations } from './connectors/dead-letters.ts'
import { createDatabase } from './create-database.ts'
import { createTable } from './create-table.ts'
import { deleteDatabase } from './delete-database.ts'
import { deleteTable } from './delete-table.ts'
import { describeAccountSettings } from './describe-account-settings.ts'
import { describeDatabase } from './describe-database.ts'
import { describeEndpoints } from './describe-endpoints.ts'
import { describeTable } from './describe-table.ts'
import { listDatabases } from './list-databases.ts'
import { listTables } from './list-tables.ts'
import { listTagsForResource } from './list-tags-for-resource.ts'
import { prepareQuery } from './prepare-query.ts'
import { query } from './query.ts'
import { createScheduledQuery } from './scheduled-query/create-scheduled-query.ts'
import { deleteScheduledQuery } from './scheduled-query/delete-scheduled-query.ts'
import { describeScheduledQuery } from './scheduled-query/describe-scheduled-query.ts'
import { executeScheduledQuery } from './scheduled-query/execute-scheduled-query.ts'
import { listScheduledQueries } from './scheduled-query/list-scheduled-queries.ts'
import { listScheduledQueryRuns } from './scheduled-query/list-scheduled-query-runs.ts'
import { updateScheduledQuery } from './scheduled-query/update-scheduled-query.ts'
import { tagResource } from './tag-resource.ts'
import { untagResource } from './untag-resource.ts'
import { updateAccountSettings } from './update-account-settings.ts'
import { updateDatabase } from './update-database.ts'
import { updateTable } from './update-table.ts'
import { writeRecords } from './write-records.ts'

/** Every operation of the API, sorted by name within each prefix. */
export const operations: readonly Operation[] = [
  cancelQuery,
  createBatchLoadTask,
  createDatabase,
  createScheduledQuery,
  createTable,
  deleteDatabase,
  deleteScheduledQuery,
  deleteTable,
  describeAccountSettings,
  describeBatchLoadTask,
  describeDatabase,
  describeEndpoints,
  describeScheduledQuery,
  describeTable,
  executeScheduledQuery,
  listBatchLoadTasks,
  listDatabases,
  listScheduledQueries,
  listTables,
  listTagsForResource,
  prepareQuery,
  query,
  resumeBatchLoadTask,
  tagResource,
  untagResource,
  updateAccountSettings,
  updateDatabase,
  updateScheduledQuery,
  updateTable,
  writeRecords,
  // our own
  createAccessKey,
  createBackup,
  createSession,
  describeBackupTask,
  listAccessKeys,
  listBackups,
  listScheduledQueryRuns,
  restoreBackup,
  revokeAccessKey,
  status,
  ...connectorOperations,
  ...deadLetterOperations,
  ...groupOperations,
  ...policyOperations,
  ...userOperations,
]
