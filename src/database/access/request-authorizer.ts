import type { Caller } from '../caller.ts'
import { type Account, databaseArn, tableArn, userArn } from '../control/arn.ts'
import type { ControlRate } from '../control/control-rate.ts'
import { type Action, authorize, type RequestFacts } from './authorize.ts'

/** Decides for every operation of the façade: may this principal, and is it not too often? */
export class RequestAuthorizer {
  readonly #account: Account
  readonly #rate: ControlRate

  constructor(account: Account, rate: ControlRate) {
    this.#account = account
    this.#rate = rate
  }

  /** @throws ServerError ACCESS_DENIED, or THROTTLING when the action's rate is exceeded. */
  check(caller: Caller, action: Action, arn: string, facts?: RequestFacts): void {
    authorize(caller, action, arn, this.#account, facts)
    this.#rate.admit(action)
  }

  user(caller: Caller, action: Action, userName: string): void {
    this.check(caller, action, userArn(this.#account, userName, userName === 'root'))
  }

  database(caller: Caller, action: Action, databaseName: string, facts?: RequestFacts): void {
    this.check(caller, action, databaseArn(this.#account, databaseName), facts)
  }

  table(caller: Caller, action: Action, databaseName: string, tableName: string, facts?: RequestFacts): void {
    this.check(caller, action, tableArn(this.#account, databaseName, tableName), facts)
  }
}
