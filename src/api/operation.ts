import type { Limits } from '../base/limits.ts'
import type { Caller } from '../database/caller.ts'
import type { Database } from '../database/database.ts'
import type { Checked, StructureShape } from './shape.ts'

/** What a handler knows besides its input. */
export interface CallContext {
  readonly database: Database
  readonly limits: Limits
  readonly caller: Caller
  readonly request: RequestOrigin
}

/** How the client addressed the server. */
export interface RequestOrigin {
  readonly scheme: 'http' | 'https'
  /** The Host header: name, and port unless it is the scheme's own. */
  readonly host: string
  /** User-Agent and x-amz-user-agent. */
  readonly userAgent: string
}

/** One operation of the API: everything that is known about it. */
export interface Operation {
  readonly name: string
  /** `both`: the write and the query service have it under one target. */
  readonly service: 'write' | 'query' | 'both' | 'tidemark'
  /** What a policy must allow. */
  readonly action: string
  readonly summary: string
  readonly input: StructureShape
  /** `input` has passed the check of its shape. Answers the body as data (JsonText parts are written as they are). */
  handle(input: object, context: CallContext): Promise<object>
}

type Definition<Input, Output> = Omit<Operation, 'input' | 'handle'> & {
  readonly input: StructureShape
  readonly handle: (input: Checked<Input>, context: CallContext) => Promise<Output>
}

/** `Input` and `Output` are the official SDK's types, so that the compiler compares every handler with them. */
export function operation<Input extends object, Output extends object>(definition: Definition<Input, Output>): Operation {
  return { ...definition, handle: (input, context) => definition.handle(input as Checked<Input>, context) }
}
