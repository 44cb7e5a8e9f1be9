import type { RuleValue, SqlVersion } from './rule-value.ts'

/** The message that a rule is applied to. */
export interface RuleMessage {
  readonly topic: string
  /** Of the publisher, where the broker tells. */
  readonly clientId: string | undefined
  /** Who published it, where it is known. */
  readonly principal: string | undefined
  readonly payload: Buffer
  readonly receivedAtMs: number
  readonly version: SqlVersion
}

/** Where names are looked up: the payload, or an element of it in a nested SELECT. */
export interface RuleScope {
  readonly value: RuleValue
  readonly message: RuleMessage
}

export type RuleExpression = (scope: RuleScope) => RuleValue
