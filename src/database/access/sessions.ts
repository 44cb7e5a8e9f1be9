import { createHash, randomBytes } from 'node:crypto'
import { seal, unseal } from '../../storage/at-rest/sealed.ts'
import type { DocumentStore } from '../../storage/document-store.ts'
import type { AccessKey, Principal } from '../caller.ts'
import { SessionPermissions, type Permissions, type PermissionWorld } from './permissions.ts'
import { readPolicy } from './policy/read-policy.ts'
import { newKeyPair, type KeyPair } from './root-credentials.ts'

/** What a session token says, sealed under a key that all nodes of the catalog share: no node has to keep it. */
interface Session extends KeyPair {
  readonly userName: string
  /** The key that asked for it: revoked, it takes its sessions with it. */
  readonly parentKeyId: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  /** IAM JSON that narrows what the user may do. */
  readonly policy?: string
}

export interface NewSession {
  readonly userName: string
  readonly parentKeyId: string
  readonly durationMs: number
  readonly policy?: string
}

export type SessionKey = AccessKey & { readonly sessionToken: string; readonly expiresAtMs: number }

interface Options {
  readonly documents: DocumentStore
  readonly world: PermissionWorld
  readonly findParent: (accessKeyId: string) => AccessKey | undefined
  readonly permissionsOf: (userName: string) => Permissions
}

const setting = 'session-key'
const context = Buffer.from('tidemark session token')
const keptSessions = 1024
const longestToken = 8192

/** Temporary credentials. */
export class Sessions {
  readonly #options: Options
  #key: Buffer = Buffer.alloc(0)
  /** By token, the oldest first. */
  readonly #kept = new Map<string, SessionKey & { readonly parentKeyId: string }>()

  constructor(options: Options) {
    this.#options = options
  }

  /** Reads the key that seals tokens; of nodes that start together, the first to write makes it. */
  async open(): Promise<void> {
    const { documents } = this.#options
    await documents.put('setting', setting, { key: randomBytes(32).toString('base64') }, 0)
    const stored = await documents.get<{ readonly key: string }>('setting', setting)
    this.#key = Buffer.from(stored!.value.key, 'base64')
  }

  create({ userName, parentKeyId, durationMs, policy }: NewSession): SessionKey {
    const issuedAtMs = this.#options.world.clock.nowMs()
    const session: Session = {
      ...newKeyPair('TS'),
      userName,
      parentKeyId,
      issuedAtMs,
      expiresAtMs: issuedAtMs + durationMs,
      ...(policy !== undefined && { policy }),
    }
    const token = seal(this.#key, Buffer.from(JSON.stringify(session)), context).toString('base64url')
    return this.#keyOf(session, token)
  }

  /** The key that the token belongs to; undefined when the token is none of ours, or the key behind it may not sign any more. */
  find(accessKeyId: string, token: string): AccessKey | undefined {
    if (token.length > longestToken) return undefined
    let found = this.#kept.get(token)
    if (found === undefined) {
      const plain = unseal(this.#key, Buffer.from(token, 'base64url'), context)
      if (plain === undefined) return undefined
      const session = JSON.parse(plain.toString()) as Session
      found = { ...this.#keyOf(session, token), parentKeyId: session.parentKeyId }
      this.#kept.set(token, found)
      if (this.#kept.size > keptSessions) this.#kept.delete(this.#kept.keys().next().value!)
    }
    if (found.accessKeyId !== accessKeyId) return undefined
    return this.#options.findParent(found.parentKeyId)?.status === 'active' ? found : undefined
  }

  #keyOf(session: Session, sessionToken: string): SessionKey {
    const { accessKeyId, secretAccessKey, expiresAtMs } = session
    return { accessKeyId, secretAccessKey, principal: this.#principalOf(session), status: 'active', sessionToken, expiresAtMs }
  }

  #principalOf({ accessKeyId, userName, issuedAtMs, policy }: Session): Principal {
    const { world, permissionsOf } = this.#options
    const isRoot = userName === 'root'
    const base = isRoot ? undefined : permissionsOf(userName)
    const facts = { name: userName, accessKeyId, tokenIssuedAtMs: issuedAtMs }
    if (policy === undefined) return { ...facts, isRoot, ...(base && { permissions: base }) }
    // Narrowed, root is bound by a policy as everybody is.
    const { policy: compiled } = readPolicy(`session-${digest(policy)}`, policy, Number.POSITIVE_INFINITY)
    return { ...facts, isRoot: false, permissions: new SessionPermissions(base, compiled, userName, world) }
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)
