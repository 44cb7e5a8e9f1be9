import type { Action } from './authorize.ts'

/** What a policy can allow, as data: one row an action. Source: Service Authorization Reference, "Amazon Timestream"; `tidemark:` is ours. */
export interface ActionDefinition {
  readonly level: 'list' | 'read' | 'write' | 'tagging' | 'permissions'
  /** What the ARN of the resource names; `*`: the action has no resource of its own, so that a policy must say `"Resource": "*"`. */
  readonly resource: '*' | 'database' | 'table' | 'scheduled-query' | 'any' | 'user' | 'group' | 'policy'
}

const list = (resource: ActionDefinition['resource']): ActionDefinition => ({ level: 'list', resource })
const read = (resource: ActionDefinition['resource']): ActionDefinition => ({ level: 'read', resource })
const write = (resource: ActionDefinition['resource']): ActionDefinition => ({ level: 'write', resource })
const tagging: ActionDefinition = { level: 'tagging', resource: 'any' }
const permissions = (resource: ActionDefinition['resource']): ActionDefinition => ({ level: 'permissions', resource })

export const actionDefinitions: Readonly<Record<Action, ActionDefinition>> = {
  'timestream:CancelQuery': read('*'),
  'timestream:CreateBatchLoadTask': write('table'),
  'timestream:CreateDatabase': write('database'),
  'timestream:CreateScheduledQuery': write('*'),
  'timestream:CreateTable': write('table'),
  'timestream:DeleteDatabase': write('database'),
  'timestream:DeleteScheduledQuery': write('scheduled-query'),
  'timestream:DeleteTable': write('table'),
  /** An extension of ours, under the service's name so that `timestream:*` and `timestream:Delete*` are about it. */
  'timestream:DeleteRecords': write('table'),
  'timestream:DescribeAccountSettings': read('*'),
  'timestream:DescribeBatchLoadTask': read('*'),
  'timestream:DescribeDatabase': read('database'),
  'timestream:DescribeEndpoints': list('*'),
  'timestream:DescribeScheduledQuery': read('scheduled-query'),
  'timestream:DescribeTable': read('table'),
  'timestream:ExecuteScheduledQuery': write('scheduled-query'),
  'timestream:GetAwsBackupStatus': read('table'),
  'timestream:GetAwsRestoreStatus': read('table'),
  'timestream:ListBatchLoadTasks': list('*'),
  'timestream:ListDatabases': list('*'),
  'timestream:ListMeasures': list('table'),
  'timestream:ListScheduledQueries': list('*'),
  'timestream:ListTables': list('database'),
  'timestream:ListTagsForResource': read('any'),
  'timestream:PrepareQuery': read('*'),
  'timestream:ResumeBatchLoadTask': write('*'),
  'timestream:Select': read('table'),
  'timestream:SelectValues': read('*'),
  'timestream:StartAwsBackupJob': write('table'),
  'timestream:StartAwsRestoreJob': write('table'),
  'timestream:TagResource': tagging,
  'timestream:Unload': write('table'),
  'timestream:UntagResource': tagging,
  'timestream:UpdateAccountSettings': write('*'),
  'timestream:UpdateDatabase': write('database'),
  'timestream:UpdateScheduledQuery': write('scheduled-query'),
  'timestream:UpdateTable': write('table'),
  'timestream:WriteRecords': write('table'),

  'tidemark:AddUserToGroup': permissions('group'),
  'tidemark:AttachPolicy': permissions('any'),
  'tidemark:CreateBackup': write('*'),
  'tidemark:DescribeBackupTask': read('*'),
  'tidemark:ListBackups': list('*'),
  'tidemark:RestoreBackup': write('*'),

  'tidemark:DeleteConnector': write('*'),
  'tidemark:DeleteDeadLetters': write('*'),
  'tidemark:ListConnectors': list('*'),
  'tidemark:ListDeadLetters': read('*'),
  'tidemark:PutConnector': write('*'),
  'tidemark:ReplayDeadLetters': write('*'),
  'tidemark:StartConnector': write('*'),
  'tidemark:StopConnector': write('*'),

  'tidemark:CreateAccessKey': permissions('user'),
  'tidemark:CreateGroup': permissions('group'),
  'tidemark:CreateSession': permissions('user'),
  'tidemark:CreateUser': permissions('user'),
  'tidemark:DeleteGroup': permissions('group'),
  'tidemark:DeletePolicy': permissions('policy'),
  'tidemark:DeleteUser': permissions('user'),
  'tidemark:DescribeUser': read('user'),
  'tidemark:DetachPolicy': permissions('any'),
  'tidemark:GetPolicy': read('policy'),
  'tidemark:ListAccessKeys': list('*'),
  'tidemark:ListGroups': list('*'),
  'tidemark:ListPolicies': list('*'),
  'tidemark:ListUsers': list('*'),
  'tidemark:PutGuardRails': permissions('any'),
  'tidemark:PutPolicy': permissions('policy'),
  'tidemark:RemoveUserFromGroup': permissions('group'),
  'tidemark:RevokeAccessKey': permissions('user'),
  'tidemark:SimulateAccess': read('*'),
  'tidemark:Status': read('*'),
}

export const actionNames = Object.keys(actionDefinitions) as readonly Action[]
