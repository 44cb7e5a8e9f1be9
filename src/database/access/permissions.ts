import type { Clock } from '../../base/clock.ts'
import type { Tags } from '../../storage/table-record.ts'
import { userArn, type Account } from '../control/arn.ts'
import type { Action } from './authorize.ts'
import type { Directory } from './directory.ts'
import { evaluate, type CompiledPolicy, type Decision } from './policy/evaluate.ts'
import type { RequestContext } from './policy/request.ts'
import type { GuardRails } from './records.ts'

/** What an edge and a request know; the rest of the context is the same for all. */
export type CallerContext = Omit<RequestContext, 'nowMs' | 'resourceTags'>

export interface PermissionWorld {
  readonly account: Account
  readonly clock: Clock
  /** Tags of the resource with that ARN. */
  readonly tagsOf: (arn: string) => Tags | undefined
}

/** What a principal may do, as its policies are at the moment of asking. */
export interface Permissions {
  decide(action: Action, resource: string, context: () => CallerContext): PermissionDecision
  guardRails(): GuardRails
}

export interface PermissionDecision extends Decision {
  /** Whose policies decided. */
  readonly kind: 'identity-based' | 'session'
}

/** Beyond it all kept decisions are forgotten: whoever asks about more resources is not helped by keeping them. */
const keptDecisions = 4096

/** The policies of a user and of the user's groups. Decisions without conditions are kept until a policy changes. */
export class UserPermissions implements Permissions {
  readonly #directory: Directory
  readonly #userName: string
  readonly #world: PermissionWorld
  readonly #kept = new Map<string, PermissionDecision>()
  #version = -1

  constructor(directory: Directory, userName: string, world: PermissionWorld) {
    this.#directory = directory
    this.#userName = userName
    this.#world = world
  }

  decide(action: Action, resource: string, context: () => CallerContext): PermissionDecision {
    if (this.#version !== this.#directory.version || this.#kept.size >= keptDecisions) {
      this.#kept.clear()
      this.#version = this.#directory.version
    }
    const key = `${action}\n${resource}`
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept
    const policies = this.#directory.policiesOf(this.#userName)
    const decision = { ...decide(policies, action, resource, this.#userName, this.#world, context), kind: 'identity-based' } as const
    if (decision.isSteady) this.#kept.set(key, decision)
    return decision
  }

  guardRails(): GuardRails {
    return this.#directory.guardRailsOf(this.#userName)
  }
}

/** Temporary credentials with a policy of their own: allowed is what both allow. `base` is absent for root, which everything is allowed. */
export class SessionPermissions implements Permissions {
  readonly #base: Permissions | undefined
  readonly #policy: CompiledPolicy
  readonly #userName: string
  readonly #world: PermissionWorld

  constructor(base: Permissions | undefined, policy: CompiledPolicy, userName: string, world: PermissionWorld) {
    this.#base = base
    this.#policy = policy
    this.#userName = userName
    this.#world = world
  }

  decide(action: Action, resource: string, context: () => CallerContext): PermissionDecision {
    const own = { ...decide([this.#policy], action, resource, this.#userName, this.#world, context), kind: 'session' } as const
    const base = this.#base?.decide(action, resource, context)
    if (base === undefined || own.outcome === 'explicit-deny') return own
    if (base.outcome !== 'allowed') return base
    return own
  }

  guardRails(): GuardRails {
    return this.#base?.guardRails() ?? {}
  }
}

function decide(
  policies: readonly CompiledPolicy[],
  action: Action,
  resource: string,
  userName: string,
  { account, clock, tagsOf }: PermissionWorld,
  context: () => CallerContext,
): Decision {
  const principal = { name: userName, arn: userArn(account, userName, false), accountId: account.accountId, region: account.region }
  return evaluate(policies, {
    action,
    resource,
    principal,
    context: { ...context(), nowMs: clock.nowMs(), resourceTags: () => tagsOf(resource) },
  })
}
