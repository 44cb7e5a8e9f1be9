import { ServerError } from '../../base/errors.ts'
import type { Caller, Principal } from '../caller.ts'
import { type Account, userArn } from '../control/arn.ts'

/** `service:Operation`, as policies name it. */
export type Action = `${'timestream' | 'tidemark'}:${string}`

/** Only the root principal hands out and takes away access. */
const rootActions: ReadonlySet<Action> = new Set(['tidemark:CreateAccessKey', 'tidemark:ListAccessKeys', 'tidemark:RevokeAccessKey'])

/** Whether the principal may do this to the resource (an ARN). The one place that decides. */
export const may = (principal: Principal, action: Action, _resourceArn: string): boolean => principal.isRoot || !rootActions.has(action)

/** @throws ServerError ACCESS_DENIED */
export function authorize({ principal }: Caller, action: Action, resourceArn: string, account: Account): void {
  if (may(principal, action, resourceArn)) return
  const user = userArn(account, principal.name, principal.isRoot)
  throw new ServerError('ACCESS_DENIED', `User: ${user} is not authorized to perform: ${action} on resource: ${resourceArn}`)
}
