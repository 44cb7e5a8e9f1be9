import { ServerError } from '../../base/errors.ts'
import type { Caller } from '../caller.ts'
import type { AuditEntry, AuditLog } from './audit-log.ts'

/** Where the method is not named as the operation of the API is; methods of a member stand behind its name. */
const operationNames: Readonly<Record<string, string>> = {
  'backups.create': 'CreateBackup',
  'backups.describeTask': 'DescribeBackupTask',
  'backups.list': 'ListBackups',
  'backups.restore': 'RestoreBackup',
  'batchLoads.create': 'CreateBatchLoadTask',
  'batchLoads.describe': 'DescribeBatchLoadTask',
  'batchLoads.list': 'ListBatchLoadTasks',
  'batchLoads.resume': 'ResumeBatchLoadTask',
  'connectors.deadLetter': 'ListDeadLetters',
  'connectors.deadLetters': 'ListDeadLetters',
  'connectors.delete': 'DeleteConnector',
  'connectors.list': 'ListConnectors',
  'connectors.put': 'PutConnector',
  'connectors.replay': 'ReplayDeadLetters',
  'connectors.start': 'StartConnector',
  'connectors.stop': 'StopConnector',
  'scheduledQueries.create': 'CreateScheduledQuery',
  'scheduledQueries.delete': 'DeleteScheduledQuery',
  'scheduledQueries.describe': 'DescribeScheduledQuery',
  'scheduledQueries.execute': 'ExecuteScheduledQuery',
  'scheduledQueries.history': 'ListScheduledQueryRuns',
  'scheduledQueries.list': 'ListScheduledQueries',
  'scheduledQueries.update': 'UpdateScheduledQuery',
  rows: 'Query',
  write: 'WriteRecords',
  ingest: 'WriteRecords',
  listTags: 'ListTagsForResource',
  simulate: 'SimulateAccess',
  check: 'DescribeEndpoints',
}

/**
 * The database with every call of a caller in the audit log, whichever edge it comes from, and those of its members (`access`, `backups` …) as well. A call is in the
 * log when it is answered.
 */
export function auditedDatabase<T extends object>(database: T, audit: Pick<AuditLog, 'write'>, member = ''): T {
  const members = new Map<PropertyKey, unknown>()
  return new Proxy(database, {
    get: (target, name): unknown => {
      const known = members.get(name)
      if (known !== undefined) return known
      const value: unknown = Reflect.get(target, name, target)
      const wrapped = wrap(value, name, target, audit, member)
      if (wrapped !== value) members.set(name, wrapped)
      return wrapped
    },
  })
}

function wrap(value: unknown, name: PropertyKey, target: object, audit: Pick<AuditLog, 'write'>, member: string): unknown {
  if (typeof value === 'function') {
    const method = value as (...args: readonly unknown[]) => unknown
    return (...args: readonly unknown[]): unknown =>
      isCaller(args[0])
        ? audited(operationOf(member, String(name)), args[0], (caller) => method.call(target, caller, ...args.slice(1)), audit)
        : method.apply(target, [...args])
  }
  return isArea(value) ? auditedDatabase(value, audit, String(name)) : value
}

function audited(operation: string, caller: Caller, call: (caller: Caller) => unknown, audit: Pick<AuditLog, 'write'>): unknown {
  const decisions: AuditEntry['decisions'][number][] = []
  const write = (error?: unknown): void => audit.write(entryOf(operation, caller, decisions, error))
  try {
    const record: Caller['record'] = (name, facts, failure) => audit.write({ ...entryOf(name, caller, decisions, failure), ...facts })
    const answer = call({ ...caller, decisions, record })
    if (!(answer instanceof Promise)) {
      write()
      return answer
    }
    return answer.then(
      (result: unknown) => {
        write()
        return result
      },
      (error: unknown) => {
        write(error)
        throw error
      },
    )
  } catch (error) {
    write(error)
    throw error
  }
}

function operationOf(member: string, method: string): string {
  return operationNames[`${member}.${method}`] ?? operationNames[method] ?? method[0]!.toUpperCase() + method.slice(1)
}

function entryOf(operation: string, caller: Caller, decisions: AuditEntry['decisions'], error: unknown): AuditEntry {
  const { principal, requestId, sourceIp, userAgent } = caller
  const errorCode = error === undefined ? undefined : error instanceof ServerError ? error.code : 'INTERNAL'
  return {
    requestId,
    operation,
    principal: principal.name,
    accessKeyId: principal.accessKeyId,
    ...(sourceIp !== undefined && { sourceIp }),
    ...(userAgent !== undefined && { userAgent }),
    outcome: errorCode === undefined ? 'succeeded' : errorCode === 'ACCESS_DENIED' ? 'denied' : 'failed',
    ...(errorCode !== undefined && { errorCode }),
    decisions,
  }
}

function isCaller(value: unknown): value is Caller {
  return typeof value === 'object' && value !== null && 'principal' in value && 'requestId' in value
}

/** A member with methods of its own; plain data are left as they are. */
function isArea(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.getPrototypeOf(value) !== Object.prototype || Object.values(value).some((member) => typeof member === 'function')
}
