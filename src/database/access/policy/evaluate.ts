import type { Condition } from './condition.ts'
import type { Glob } from './glob.ts'
import type { AccessRequest } from './request.ts'

/** A statement, made ready for many requests. */
export interface Statement {
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  readonly coversAction: (lowerAction: string) => boolean
  readonly coversResource: (request: AccessRequest) => boolean
  readonly conditions: readonly Condition[]
}

export interface CompiledPolicy {
  readonly name: string
  readonly statements: readonly Statement[]
}

export interface Decision {
  readonly outcome: 'allowed' | 'explicit-deny' | 'implicit-deny'
  /** The statements that decided: those that deny, else those that allow. */
  readonly because: readonly { readonly policy: string; readonly statement: number; readonly sid?: string }[]
  /** It would be the same for every request of this principal for this action and resource. */
  readonly isSteady: boolean
}

/** What the policies of one principal say together: a denial wins, what nobody allows is denied. Source: IAM user guide, "Policy evaluation logic". */
export function evaluate(policies: readonly CompiledPolicy[], request: AccessRequest): Decision {
  const action = request.action.toLowerCase()
  const allowing: Decision['because'][number][] = []
  const denying: Decision['because'][number][] = []
  let isSteady = true
  for (const { name, statements } of policies) {
    for (let index = 0; index < statements.length; index++) {
      const { sid, effect, coversAction, coversResource, conditions } = statements[index]!
      if (!coversAction(action) || !coversResource(request)) continue
      isSteady &&= conditions.every((condition) => condition.isSteady)
      if (!conditions.every(({ holds }) => holds(request))) continue
      ;(effect === 'Deny' ? denying : allowing).push({ policy: name, statement: index + 1, ...(sid !== undefined && { sid }) })
    }
  }
  if (denying.length > 0) return { outcome: 'explicit-deny', because: denying, isSteady }
  return { outcome: allowing.length > 0 ? 'allowed' : 'implicit-deny', because: allowing, isSteady }
}

/** Whether one of the globs matches. */
export const anyMatches = (globs: readonly Glob[], text: string): boolean => globs.some((pattern) => pattern.matches(text))
