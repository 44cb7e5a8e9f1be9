import type { Permissions } from './access/permissions.ts'

/** Who makes a call, as the edge has authenticated it. */
export interface Principal {
  /** `root` or the user's name. */
  readonly name: string
  readonly accessKeyId: string
  /** Policies do not bind it. */
  readonly isRoot: boolean
  /** What its policies say, as they are at the moment of asking. Absent: nothing is allowed, unless it is root. */
  readonly permissions?: Permissions
  /** Set for temporary credentials: when they were issued. */
  readonly tokenIssuedAtMs?: number
}

export interface Caller {
  readonly principal: Principal
  readonly requestId: string
  readonly sourceIp?: string
  /** The request came over TLS. */
  readonly secureTransport?: boolean
  readonly userAgent?: string
  /** Gathers what was asked of policies for this call, for the audit log. */
  readonly decisions?: AccessDecision[]
  /** Writes a line of its own into the audit log, for what the call set going. Absent: there is no such log. */
  readonly record?: (operation: string, facts: AuditFacts, failure: unknown) => void
}

export interface AuditFacts {
  /** SQL, as the client sent it. */
  readonly statement?: string
  /** How many it was about. */
  readonly records?: number
}

export interface AccessDecision {
  readonly action: string
  /** ARN or `*`. */
  readonly resource: string
  readonly isAllowed: boolean
}

/** What the edges need to verify a signature. The secret never leaves the process. */
export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly principal: Principal
  readonly status: 'active' | 'revoked'
  /** Set for temporary credentials: the token that must come with the key, and when it ends. */
  readonly sessionToken?: string
  readonly expiresAtMs?: number
}
