import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Caller, Principal } from '../caller.ts'
import { anyArn, groupArn, policyArn, userArn } from '../control/arn.ts'
import type {
  Access,
  CallerIdentity,
  CreateSessionInput,
  CreateUserInput,
  GroupDescription,
  PolicyDescription,
  PutPolicyInput,
  SimulatedDecision,
  SimulateInput,
  Target,
  UserDescription,
} from './access.ts'
import { checkPrincipalName, type AccessKeys } from './access-keys.ts'
import { authorize, may, type Action } from './authorize.ts'
import type { Directory } from './directory.ts'
import { managedPolicies } from './managed-policies.ts'
import type { PermissionWorld, Permissions } from './permissions.ts'
import { readPolicy } from './policy/read-policy.ts'
import { checkGuardRails, type GroupRecord, type GuardRails, type UserRecord } from './records.ts'
import type { SessionKey, Sessions } from './sessions.ts'
import { simulate } from './simulate.ts'

export interface StoredAccessOptions {
  readonly directory: Directory
  readonly accessKeys: AccessKeys
  readonly sessions: Sessions
  readonly world: PermissionWorld
  readonly limits: Limits
  readonly permissionsOf: (userName: string) => Permissions
}

const defaultSessionSeconds = 3600
/** Source: AWS STS API reference, GetSessionToken; the lower bound of it is 900. */
const longestSessionSeconds = 129_600

export class StoredAccess implements Access {
  readonly #options: StoredAccessOptions
  readonly #directory: Directory

  constructor(options: StoredAccessOptions) {
    this.#options = options
    this.#directory = options.directory
  }

  check(caller: Caller, action: Action): void {
    authorize(caller, action, anyArn(this.#account), this.#account)
  }

  principalOf(userName: string): Principal | undefined {
    if (!this.#directory.users.has(userName)) return undefined
    return { name: userName, accessKeyId: '', isRoot: false, permissions: this.#options.permissionsOf(userName) }
  }

  async createUser(caller: Caller, { userName, policyNames = [], groupNames = [] }: CreateUserInput): Promise<UserDescription> {
    this.#authorize(caller, 'tidemark:CreateUser', { userName })
    for (const groupName of groupNames) this.#authorize(caller, 'tidemark:AddUserToGroup', { groupName })
    if (policyNames.length > 0) this.#authorize(caller, 'tidemark:AttachPolicy', { userName })
    checkPrincipalName('user', userName)
    if (userName === 'root') throw invalid('The root principal is always there; it is no user.')
    await this.#directory.refresh()
    policyNames.forEach((name) => this.#checkPolicy(name))
    for (const name of groupNames) await this.#directory.find('group', name)
    this.#checkCount('policies', new Set(policyNames).size, this.#options.limits.policiesPerPrincipal)
    this.#checkCount('groups', new Set(groupNames).size, this.#options.limits.groupsPerUser)
    const record: UserRecord = {
      userName,
      createdAtMs: this.#options.world.clock.nowMs(),
      policyNames: [...new Set(policyNames)],
      groupNames: [...new Set(groupNames)],
    }
    await this.#directory.create('user', userName, record)
    return this.#describe(record)
  }

  async describeUser(caller: Caller, userName: string): Promise<UserDescription> {
    this.#authorize(caller, 'tidemark:DescribeUser', { userName })
    return this.#describe(await this.#directory.find('user', userName))
  }

  async listUsers(caller: Caller): Promise<readonly UserDescription[]> {
    this.check(caller, 'tidemark:ListUsers')
    await this.#directory.refresh()
    return [...this.#directory.users.values()].map((record) => this.#describe(record)).sort((a, b) => (a.userName < b.userName ? -1 : 1))
  }

  async deleteUser(caller: Caller, userName: string): Promise<void> {
    this.#authorize(caller, 'tidemark:DeleteUser', { userName })
    await this.#options.accessKeys.refresh()
    const keys = this.#options.accessKeys.activeKeysOf(userName)
    if (keys.length > 0) throw new ServerError('CONFLICT', `The user ${userName} has access keys; revoke them first: ${keys.join(', ')}.`)
    await this.#directory.remove('user', userName)
  }

  async createGroup(caller: Caller, groupName: string): Promise<GroupDescription> {
    this.#authorize(caller, 'tidemark:CreateGroup', { groupName })
    checkPrincipalName('group', groupName)
    const record: GroupRecord = { groupName, createdAtMs: this.#options.world.clock.nowMs(), policyNames: [] }
    await this.#directory.create('group', groupName, record)
    return this.#describeGroup(record)
  }

  async listGroups(caller: Caller): Promise<readonly GroupDescription[]> {
    this.check(caller, 'tidemark:ListGroups')
    await this.#directory.refresh()
    return [...this.#directory.groups.values()].map((record) => this.#describeGroup(record))
  }

  async deleteGroup(caller: Caller, groupName: string): Promise<void> {
    this.#authorize(caller, 'tidemark:DeleteGroup', { groupName })
    await this.#directory.refresh()
    const members = this.#membersOf(groupName)
    if (members.length > 0)
      throw new ServerError('CONFLICT', `There are users in the group ${groupName}: ${members.slice(0, 10).join(', ')}.`)
    await this.#directory.remove('group', groupName)
  }

  async addUserToGroup(caller: Caller, userName: string, groupName: string): Promise<void> {
    this.#authorize(caller, 'tidemark:AddUserToGroup', { groupName })
    await this.#directory.find('group', groupName)
    await this.#directory.change('user', userName, (user) => {
      if (user.groupNames.includes(groupName)) return user
      this.#checkCount('groups', user.groupNames.length + 1, this.#options.limits.groupsPerUser)
      return { ...user, groupNames: [...user.groupNames, groupName] }
    })
  }

  async removeUserFromGroup(caller: Caller, userName: string, groupName: string): Promise<void> {
    this.#authorize(caller, 'tidemark:RemoveUserFromGroup', { groupName })
    await this.#directory.change('user', userName, (user) =>
      user.groupNames.includes(groupName) ? { ...user, groupNames: user.groupNames.filter((name) => name !== groupName) } : user,
    )
  }

  async putPolicy(caller: Caller, { policyName, document, dryRun = false }: PutPolicyInput): Promise<readonly string[]> {
    this.#authorize(caller, 'tidemark:PutPolicy', { policyName })
    checkPrincipalName('policy', policyName)
    if (Object.hasOwn(managedPolicies, policyName)) throw invalid(`The policy ${policyName} is a managed one and cannot be changed.`)
    const { notes } = readPolicy(policyName, document, this.#options.limits.policyChars)
    if (dryRun) return notes
    const nowMs = this.#options.world.clock.nowMs()
    await this.#directory.refresh()
    if (this.#directory.policies.has(policyName)) {
      await this.#directory.change('policy', policyName, (current) => ({ ...current, document, updatedAtMs: nowMs }))
    } else {
      await this.#directory.create('policy', policyName, { policyName, createdAtMs: nowMs, updatedAtMs: nowMs, document })
    }
    return notes
  }

  async getPolicy(caller: Caller, policyName: string): Promise<PolicyDescription> {
    this.#authorize(caller, 'tidemark:GetPolicy', { policyName })
    await this.#directory.refresh()
    return this.#describePolicy(policyName)
  }

  async listPolicies(caller: Caller): Promise<readonly PolicyDescription[]> {
    this.check(caller, 'tidemark:ListPolicies')
    await this.#directory.refresh()
    const names = [...Object.keys(managedPolicies), ...this.#directory.policies.keys()]
    return Promise.all(names.map((name) => this.#describePolicy(name)))
  }

  async deletePolicy(caller: Caller, policyName: string): Promise<void> {
    this.#authorize(caller, 'tidemark:DeletePolicy', { policyName })
    if (Object.hasOwn(managedPolicies, policyName)) throw invalid(`The policy ${policyName} is a managed one and cannot be removed.`)
    await this.#directory.refresh()
    const { userNames, groupNames } = this.#holdersOf(policyName)
    const holders = [...userNames, ...groupNames]
    if (holders.length > 0)
      throw new ServerError('CONFLICT', `The policy ${policyName} is attached to ${holders.slice(0, 10).join(', ')}; detach it first.`)
    await this.#directory.remove('policy', policyName)
  }

  async attachPolicy(caller: Caller, policyName: string, target: Target): Promise<void> {
    this.#authorize(caller, 'tidemark:AttachPolicy', target)
    await this.#directory.refresh()
    this.#checkPolicy(policyName)
    await this.#change(target, (record) => {
      if (record.policyNames.includes(policyName)) return record
      this.#checkCount('policies', record.policyNames.length + 1, this.#options.limits.policiesPerPrincipal)
      return { ...record, policyNames: [...record.policyNames, policyName] }
    })
  }

  async detachPolicy(caller: Caller, policyName: string, target: Target): Promise<void> {
    this.#authorize(caller, 'tidemark:DetachPolicy', target)
    await this.#change(target, (record) =>
      record.policyNames.includes(policyName)
        ? { ...record, policyNames: record.policyNames.filter((name) => name !== policyName) }
        : record,
    )
  }

  async putGuardRails(caller: Caller, target: Target, guardRails: GuardRails): Promise<void> {
    this.#authorize(caller, 'tidemark:PutGuardRails', target)
    checkGuardRails(guardRails)
    await this.#change(target, (record) => ({ ...record, guardRails }))
  }

  async simulate(caller: Caller, input: SimulateInput): Promise<readonly SimulatedDecision[]> {
    this.check(caller, 'tidemark:SimulateAccess')
    await this.#directory.refresh()
    return simulate(input, this.#directory, this.#options.world, this.#options.limits)
  }

  async createSession(caller: Caller, input: CreateSessionInput): Promise<SessionKey> {
    const { principal } = caller
    const { userName = principal.name, durationSeconds = defaultSessionSeconds, policy } = input
    if (principal.tokenIssuedAtMs !== undefined) {
      throw new ServerError('ACCESS_DENIED', 'Cannot create temporary credentials with temporary credentials')
    }
    if (userName !== principal.name) {
      this.#authorize(caller, 'tidemark:CreateSession', { userName })
      await this.#directory.find('user', userName)
    }
    if (!Number.isInteger(durationSeconds) || durationSeconds < 1 || durationSeconds > longestSessionSeconds) {
      throw invalid(`The duration must be from 1 to ${longestSessionSeconds} seconds, not ${durationSeconds}.`)
    }
    if (policy !== undefined) readPolicy('session policy', policy, this.#options.limits.sessionPolicyChars)
    return this.#options.sessions.create({
      userName,
      parentKeyId: principal.accessKeyId,
      durationMs: durationSeconds * 1000,
      ...(policy !== undefined && { policy }),
    })
  }

  identity({ principal }: Caller): CallerIdentity {
    const { name: userName } = principal
    return { accountId: this.#account.accountId, arn: userArn(this.#account, userName, userName === 'root'), userName }
  }

  /** A user's first key may make the user, who may do nothing then. */
  async ensureUser(caller: Caller, userName: string): Promise<void> {
    checkPrincipalName('user', userName)
    await this.#directory.refresh()
    if (this.#directory.users.has(userName) || userName === 'root') return
    if (!may(caller, 'tidemark:CreateUser', userArn(this.#account, userName, false), this.#account))
      await this.#directory.find('user', userName)
    await this.createUser(caller, { userName })
  }

  get #account(): PermissionWorld['account'] {
    return this.#options.world.account
  }

  #authorize(caller: Caller, action: Action, of: Target | { readonly policyName: string }): void {
    const account = this.#account
    const arn =
      'userName' in of
        ? userArn(account, of.userName, of.userName === 'root')
        : 'groupName' in of
          ? groupArn(account, of.groupName)
          : policyArn(account, of.policyName)
    authorize(caller, action, arn, account)
  }

  async #change(
    target: Target,
    change: <T extends { policyNames: readonly string[]; guardRails?: GuardRails }>(record: T) => T,
  ): Promise<void> {
    if ('userName' in target) await this.#directory.change('user', target.userName, change)
    else await this.#directory.change('group', target.groupName, change)
  }

  #checkPolicy(policyName: string): void {
    if (!this.#directory.hasPolicy(policyName)) throw new ServerError('RESOURCE_NOT_FOUND', `The policy ${policyName} does not exist.`)
  }

  #checkCount(what: string, count: number, most: number): void {
    if (count > most) throw new ServerError('SERVICE_QUOTA_EXCEEDED', `There can be at most ${most} ${what}; this would make ${count}.`)
  }

  #describe(record: UserRecord): UserDescription {
    return {
      userName: record.userName,
      arn: userArn(this.#account, record.userName, false),
      createdAtMs: record.createdAtMs,
      policyNames: record.policyNames,
      groupNames: record.groupNames,
      guardRails: record.guardRails ?? {},
      accessKeyIds: this.#options.accessKeys.activeKeysOf(record.userName),
    }
  }

  #describeGroup({ groupName, createdAtMs, policyNames, guardRails = {} }: GroupRecord): GroupDescription {
    return { groupName, createdAtMs, policyNames, guardRails, userNames: this.#membersOf(groupName) }
  }

  async #describePolicy(policyName: string): Promise<PolicyDescription> {
    const attachedTo = this.#holdersOf(policyName)
    const managed = Object.hasOwn(managedPolicies, policyName) ? managedPolicies[policyName] : undefined
    if (managed) return { policyName, isManaged: true, ...managed, attachedTo }
    const { document, updatedAtMs } = await this.#directory.find('policy', policyName)
    return { policyName, isManaged: false, document, updatedAtMs, attachedTo }
  }

  #holdersOf(policyName: string): PolicyDescription['attachedTo'] {
    const holds = ({ policyNames }: { readonly policyNames: readonly string[] }): boolean => policyNames.includes(policyName)
    return {
      userNames: [...this.#directory.users.values()].filter(holds).map(({ userName }) => userName),
      groupNames: [...this.#directory.groups.values()].filter(holds).map(({ groupName }) => groupName),
    }
  }

  #membersOf(groupName: string): readonly string[] {
    return [...this.#directory.users.values()].filter((user) => user.groupNames.includes(groupName)).map(({ userName }) => userName)
  }
}

const invalid = (message: string): ServerError => new ServerError('VALIDATION', message)
