import type { Command } from 'commander'
import {
  parseChoice,
  parseInteger,
  parseSwitch,
  parseText,
  readOptions,
  type OptionDefinitions,
  type OptionSources,
} from '../base/option.ts'
import { command, optionSources } from './command-options.ts'
import { connectionOptions, readConnection } from './connection.ts'
import { rowFormats, writeTextRows, type Output } from './output.ts'
import { signedCall } from './signed-call.ts'

export const userOptions = {
  format: {
    flag: 'format',
    placeholder: 'FORMAT',
    summary: `How users and groups are written: ${rowFormats.join(', ')}`,
    fallback: 'table',
    parse: parseChoice(rowFormats),
  },
} as const satisfies OptionDefinitions

export const createUserOptions = {
  policy: { flag: 'policy', placeholder: 'NAME,…', summary: 'Policies to attach', parse: parseText },
  group: { flag: 'group', placeholder: 'NAME,…', summary: 'Groups to put the user into', parse: parseText },
} as const satisfies OptionDefinitions

const most = Number.MAX_SAFE_INTEGER
export const guardRailOptions = {
  maxBytesScanned: {
    flag: 'max-bytes-scanned',
    placeholder: 'BYTES',
    summary: 'Bytes that one query may read',
    parse: parseInteger(1, most),
  },
  maxQuerySeconds: {
    flag: 'max-query-seconds',
    placeholder: 'SECONDS',
    summary: 'Time that one query may run',
    parse: parseInteger(1, most),
  },
  maxResultRows: { flag: 'max-result-rows', placeholder: 'ROWS', summary: 'Rows of one result', parse: parseInteger(1, most) },
  maxConcurrentQueries: {
    flag: 'max-concurrent-queries',
    placeholder: 'QUERIES',
    summary: 'Queries that run or wait at once',
    parse: parseInteger(1, most),
  },
} as const satisfies OptionDefinitions

export const targetOptions = {
  group: { flag: 'group', summary: 'The name is that of a group', fallback: 'false', parse: parseSwitch },
} as const satisfies OptionDefinitions

interface User {
  readonly UserName: string
  readonly PolicyNames: readonly string[]
  readonly GroupNames: readonly string[]
  readonly AccessKeyIds: readonly string[]
  readonly GuardRails: Readonly<Record<string, number>>
}

interface Group extends Omit<User, 'UserName' | 'GroupNames' | 'AccessKeyIds'> {
  readonly GroupName: string
  readonly UserNames: readonly string[]
}

/** `tidemark users …`. */
export function addUserCommands(program: Command, output: Output): void {
  const users = program.command('users').description('Manage users, groups and their guard rails').helpOption('--help', 'Show this help')
  const add = (name: string, summary: string, definitions: OptionDefinitions, args: readonly string[], run: Run): void => {
    const made = command(users, name, summary, { ...definitions, ...connectionOptions })
    for (const argument of args) made.argument(`<${argument}>`)
    made.action(async (...given: readonly unknown[]) => {
      const self = given.at(-1) as Command
      await run(optionSources(self), output, ...(given.slice(0, args.length) as readonly string[]))
    })
  }
  add('create', 'Make a user', createUserOptions, ['USER'], createUser)
  add('list', 'List the users', userOptions, [], listUsers)
  add('delete', 'Remove a user whose access keys are revoked', {}, ['USER'], (sources, out, userName = '') =>
    tell(sources, out, 'DeleteUser', { UserName: userName }, `${userName} is removed`),
  )
  add(
    'guard',
    'Bound the queries of a user or a group; what is not given is not bounded',
    { ...guardRailOptions, ...targetOptions },
    ['NAME'],
    guard,
  )
  add('create-group', 'Make a group', {}, ['GROUP'], (sources, out, groupName = '') =>
    tell(sources, out, 'CreateGroup', { GroupName: groupName }, `${groupName} is made`),
  )
  add('delete-group', 'Remove a group that nobody is in', {}, ['GROUP'], (sources, out, groupName = '') =>
    tell(sources, out, 'DeleteGroup', { GroupName: groupName }, `${groupName} is removed`),
  )
  add('list-groups', 'List the groups', userOptions, [], listGroups)
  add('join', 'Put a user into a group', {}, ['USER', 'GROUP'], (sources, out, userName = '', groupName = '') =>
    tell(sources, out, 'AddUserToGroup', { UserName: userName, GroupName: groupName }, `${userName} is in ${groupName}`),
  )
  add('leave', 'Take a user out of a group', {}, ['USER', 'GROUP'], (sources, out, userName = '', groupName = '') =>
    tell(sources, out, 'RemoveUserFromGroup', { UserName: userName, GroupName: groupName }, `${userName} is not in ${groupName}`),
  )
}

type Run = (sources: OptionSources, output: Output, ...args: readonly string[]) => Promise<void>

async function tell(sources: OptionSources, output: Output, operation: string, input: object, said: string): Promise<void> {
  await signedCall<object>(readConnection(sources), 'tidemark', operation, input)
  await output.write(`${said}\n`)
}

async function createUser(sources: OptionSources, output: Output, userName = ''): Promise<void> {
  const { policy, group } = readOptions(createUserOptions, sources)
  const input = {
    UserName: userName,
    ...(policy !== undefined && { PolicyNames: policy.split(',') }),
    ...(group !== undefined && { GroupNames: group.split(',') }),
  }
  const note = policy === undefined && group === undefined ? '; it may do nothing until a policy is attached' : ''
  await tell(sources, output, 'CreateUser', input, `${userName} is made${note}`)
}

async function listUsers(sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(userOptions, sources)
  const { Users: users } = await signedCall<{ readonly Users: readonly User[] }>(readConnection(sources), 'tidemark', 'ListUsers', {})
  const rows = users.map((user) => [
    user.UserName,
    user.PolicyNames.join(' '),
    user.GroupNames.join(' '),
    railsText(user.GuardRails),
    user.AccessKeyIds.join(' '),
  ])
  await writeTextRows(format, ['user', 'policies', 'groups', 'guard rails', 'access key ids'], rows, output)
}

async function listGroups(sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(userOptions, sources)
  const { Groups: groups } = await signedCall<{ readonly Groups: readonly Group[] }>(readConnection(sources), 'tidemark', 'ListGroups', {})
  const rows = groups.map((group) => [group.GroupName, group.PolicyNames.join(' '), group.UserNames.join(' '), railsText(group.GuardRails)])
  await writeTextRows(format, ['group', 'policies', 'users', 'guard rails'], rows, output)
}

async function guard(sources: OptionSources, output: Output, name = ''): Promise<void> {
  const { maxBytesScanned, maxQuerySeconds, maxResultRows, maxConcurrentQueries } = readOptions(guardRailOptions, sources)
  const { group } = readOptions(targetOptions, sources)
  const rails = {
    MaxBytesScanned: maxBytesScanned,
    MaxQuerySeconds: maxQuerySeconds,
    MaxResultRows: maxResultRows,
    MaxConcurrentQueries: maxConcurrentQueries,
  }
  const given = Object.fromEntries(Object.entries(rails).filter(([, value]) => value !== undefined)) as Record<string, number>
  const input = { ...(group ? { GroupName: name } : { UserName: name }), GuardRails: given }
  await tell(sources, output, 'PutGuardRails', input, `${name}: ${railsText(given) || 'no guard rails'}`)
}

const railsText = (rails: Readonly<Record<string, number>>): string =>
  Object.entries(rails)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
