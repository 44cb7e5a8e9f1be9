import { ServerError } from '../../base/errors.ts'
import type { Tags } from '../../storage/table-record.ts'
import type { Caller } from '../caller.ts'
import { anyArn, userArn, type Account } from '../control/arn.ts'
import type { PermissionDecision } from './permissions.ts'

/** `service:Operation`, as policies name it; access/actions.ts lists them. */
export type Action = `${'timestream' | 'tidemark'}:${string}`

/** What a request brings that conditions can name. */
export interface RequestFacts {
  readonly requestTags?: Tags
  readonly tagKeys?: readonly string[]
}

/**
 * Whether the caller may do this to the resource: its ARN, or `anyArn` where an action has none. The one place that decides.
 * @throws ServerError ACCESS_DENIED, worded as AWS words it
 */
export function authorize(caller: Caller, action: Action, resourceArn: string, account: Account, facts: RequestFacts = {}): void {
  const resource = resourceArn === anyArn(account) ? '*' : resourceArn
  const decision = decisionOf(caller, action, resource, facts)
  const isAllowed = decision === undefined || decision.outcome === 'allowed'
  caller.decisions?.push({ action, resource, isAllowed })
  if (isAllowed) return
  const user = userArn(account, caller.principal.name, caller.principal.name === 'root')
  const object = resource === '*' ? '' : ` on resource: ${resource}`
  throw new ServerError('ACCESS_DENIED', `User: ${user} is not authorized to perform: ${action}${object} ${reason(decision, action)}`)
}

/** The same as a question; it leaves no trace. */
export function may(caller: Caller, action: Action, resourceArn: string, account: Account): boolean {
  const decision = decisionOf(caller, action, resourceArn === anyArn(account) ? '*' : resourceArn, {})
  return decision === undefined || decision.outcome === 'allowed'
}

const nothing: PermissionDecision = { outcome: 'implicit-deny', because: [], isSteady: true, kind: 'identity-based' }

/** Undefined: no policy binds the caller. */
function decisionOf(caller: Caller, action: Action, resource: string, facts: RequestFacts): PermissionDecision | undefined {
  const { principal, sourceIp, secureTransport, userAgent } = caller
  if (principal.isRoot) return undefined
  return (
    principal.permissions?.decide(action, resource, () => ({
      ...facts,
      ...(sourceIp !== undefined && { sourceIp }),
      ...(secureTransport !== undefined && { secureTransport }),
      ...(userAgent !== undefined && { userAgent }),
      ...(principal.tokenIssuedAtMs !== undefined && { tokenIssuedAtMs: principal.tokenIssuedAtMs }),
    })) ?? nothing
  )
}

function reason({ outcome, kind }: PermissionDecision, action: Action): string {
  const article = kind === 'session' ? 'a' : 'an'
  return outcome === 'explicit-deny'
    ? `with an explicit deny in ${article} ${kind} policy`
    : `because no ${kind} policy allows the ${action} action`
}
