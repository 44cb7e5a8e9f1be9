/** Who makes a call, as the edge has authenticated it. */
export interface Principal {
  /** `root` or the user's name. */
  readonly name: string
  readonly accessKeyId: string
  readonly isRoot: boolean
}

export interface Caller {
  readonly principal: Principal
  readonly requestId: string
  readonly sourceIp?: string
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
