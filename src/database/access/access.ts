import type { Caller, Principal } from '../caller.ts'
import type { Action } from './authorize.ts'
import type { Decision } from './policy/evaluate.ts'
import type { GuardRails } from './records.ts'
import type { SessionKey } from './sessions.ts'

/** Users, groups, policies, temporary credentials: who may do what. Every method asks for permission itself. All failures are ServerError. */
export interface Access {
  createUser(caller: Caller, input: CreateUserInput): Promise<UserDescription>
  describeUser(caller: Caller, userName: string): Promise<UserDescription>
  /** In the order of their names. */
  listUsers(caller: Caller): Promise<readonly UserDescription[]>
  /** @throws ServerError CONFLICT while the user has access keys that are not revoked */
  deleteUser(caller: Caller, userName: string): Promise<void>

  createGroup(caller: Caller, groupName: string): Promise<GroupDescription>
  listGroups(caller: Caller): Promise<readonly GroupDescription[]>
  /** @throws ServerError CONFLICT while users are in it */
  deleteGroup(caller: Caller, groupName: string): Promise<void>
  addUserToGroup(caller: Caller, userName: string, groupName: string): Promise<void>
  removeUserFromGroup(caller: Caller, userName: string, groupName: string): Promise<void>

  /** Makes or replaces a policy. With `dryRun` it is only checked. Answers notes on what has no effect. @throws ServerError MALFORMED_POLICY_DOCUMENT */
  putPolicy(caller: Caller, input: PutPolicyInput): Promise<readonly string[]>
  getPolicy(caller: Caller, policyName: string): Promise<PolicyDescription>
  listPolicies(caller: Caller): Promise<readonly PolicyDescription[]>
  /** @throws ServerError CONFLICT while it is attached */
  deletePolicy(caller: Caller, policyName: string): Promise<void>
  attachPolicy(caller: Caller, policyName: string, target: Target): Promise<void>
  detachPolicy(caller: Caller, policyName: string, target: Target): Promise<void>
  /** Replaces the guard rails; those that are left out are off. */
  putGuardRails(caller: Caller, target: Target, guardRails: GuardRails): Promise<void>

  /** What the policies would say; nothing is done. */
  simulate(caller: Caller, input: SimulateInput): Promise<readonly SimulatedDecision[]>
  /** Temporary credentials for the caller, or for a user. */
  createSession(caller: Caller, input: CreateSessionInput): Promise<SessionKey>

  /** Who the caller is; nobody needs a permission for that. */
  identity(caller: Caller): CallerIdentity

  /** For what acts in the name of a user without a request; undefined when there is no such user. */
  principalOf(userName: string): Principal | undefined
  /** Asks for the permission of an operation that touches no data. @throws ServerError ACCESS_DENIED */
  check(caller: Caller, action: Action): void
}

export type Target = { readonly userName: string } | { readonly groupName: string }

export interface CreateUserInput {
  readonly userName: string
  readonly policyNames?: readonly string[]
  readonly groupNames?: readonly string[]
}

export interface UserDescription {
  readonly userName: string
  readonly arn: string
  readonly createdAtMs: number
  readonly policyNames: readonly string[]
  readonly groupNames: readonly string[]
  readonly guardRails: GuardRails
  /** Keys that are not revoked. */
  readonly accessKeyIds: readonly string[]
}

export interface GroupDescription {
  readonly groupName: string
  readonly createdAtMs: number
  readonly policyNames: readonly string[]
  readonly userNames: readonly string[]
  readonly guardRails: GuardRails
}

export interface PutPolicyInput {
  readonly policyName: string
  readonly document: string
  readonly dryRun?: boolean
}

export interface PolicyDescription {
  readonly policyName: string
  readonly isManaged: boolean
  readonly document: string
  /** Of managed ones. */
  readonly summary?: string
  readonly updatedAtMs?: number
  readonly attachedTo: { readonly userNames: readonly string[]; readonly groupNames: readonly string[] }
}

export interface SimulateInput {
  /** The policies of this user … */
  readonly userName?: string
  /** … and these documents, as if they were attached. */
  readonly documents?: readonly string[]
  readonly actions: readonly string[]
  /** ARNs, or `*`, which stands when none is given. */
  readonly resources?: readonly string[]
  readonly sourceIp?: string
}

export interface SimulatedDecision extends Pick<Decision, 'outcome' | 'because'> {
  readonly action: string
  readonly resource: string
}

export interface CallerIdentity {
  readonly accountId: string
  readonly arn: string
  readonly userName: string
}

export interface CreateSessionInput {
  /** The caller when absent. */
  readonly userName?: string
  readonly durationSeconds?: number
  /** IAM JSON that narrows what the credentials may do. */
  readonly policy?: string
}
