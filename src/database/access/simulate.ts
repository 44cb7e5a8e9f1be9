import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import { userArn } from '../control/arn.ts'
import type { SimulatedDecision, SimulateInput } from './access.ts'
import { actionNames } from './actions.ts'
import type { Directory } from './directory.ts'
import type { PermissionWorld } from './permissions.ts'
import { evaluate } from './policy/evaluate.ts'
import { glob } from './policy/glob.ts'
import { readPolicy } from './policy/read-policy.ts'

const mostDecisions = 1000

/** What policies say about each action (globs stand for all that they match) on each resource. @throws ServerError VALIDATION, RESOURCE_NOT_FOUND, MALFORMED_POLICY_DOCUMENT */
export async function simulate(
  { userName, documents = [], actions, resources = ['*'], sourceIp }: SimulateInput,
  directory: Directory,
  { account, clock, tagsOf }: PermissionWorld,
  limits: Limits,
): Promise<readonly SimulatedDecision[]> {
  if (userName !== undefined) await directory.find('user', userName)
  if (userName === undefined && documents.length === 0) throw new ServerError('VALIDATION', 'Give a user or policy documents to simulate.')
  const extra = documents.map((text, index) => readPolicy(`document ${index + 1}`, text, limits.policyChars).policy)
  const policies = [...(userName === undefined ? [] : directory.policiesOf(userName)), ...extra]
  const name = userName ?? 'nobody'
  const principal = { name, arn: userArn(account, name, false), accountId: account.accountId, region: account.region }
  const wanted = actions.flatMap((text) => {
    const matching = actionNames.filter((action) => glob(text.toLowerCase()).matches(action.toLowerCase()))
    if (matching.length === 0) throw new ServerError('VALIDATION', `The action ${JSON.stringify(text)} is unknown.`)
    return matching
  })
  if (wanted.length * resources.length > mostDecisions)
    throw new ServerError('VALIDATION', `At most ${mostDecisions} decisions can be asked for at once.`)
  return wanted.flatMap((action) =>
    resources.map((resource) => {
      const context = { nowMs: clock.nowMs(), resourceTags: () => tagsOf(resource), ...(sourceIp !== undefined && { sourceIp }) }
      const { outcome, because } = evaluate(policies, { action, resource, principal, context })
      return { action, resource, outcome, because }
    }),
  )
}
