import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { DocumentStore } from '../../storage/document-store.ts'
import type { AccessKey } from '../caller.ts'
import type { AccessKeySummary } from '../database.ts'
import type { Permissions } from './permissions.ts'
import { type KeyPair, newKeyPair } from './root-credentials.ts'

/** The catalog's document of an access key; key: its id. The store encrypts it. */
interface AccessKeyRecord extends KeyPair {
  /** `root` or the user's name. */
  readonly userName: string
  readonly isRoot: boolean
  readonly status: 'active' | 'revoked'
  readonly createdAtMs: number
}

export interface AccessKeysOptions {
  readonly documents: DocumentStore
  readonly clock: Clock
  readonly log: Log
  /** What a user may do; without it users may do nothing. */
  readonly permissionsOf?: (userName: string) => Permissions
  /** Keys of one user that are not revoked. */
  readonly keysPerUser?: number
  /** Other nodes may make and revoke keys: they are read again this often. */
  readonly refreshMs?: number
}

const rootUser = 'root'
const rootSetting = 'root-access-key'
const nameForm = /^[a-zA-Z0-9+=,.@_-]{1,64}$/

/** Who may sign requests. All keys are in memory, since every request asks. */
export class AccessKeys {
  readonly #documents: DocumentStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #permissionsOf: ((userName: string) => Permissions) | undefined
  readonly #keysPerUser: number
  readonly #refreshMs: number | undefined
  #keys: ReadonlyMap<string, AccessKeyRecord> = new Map()
  #found: ReadonlyMap<string, AccessKey> = new Map()
  /** Given on this start; it is nowhere stored and replaces the stored one. */
  #givenRoot: AccessKeyRecord | undefined
  #timer: NodeJS.Timeout | undefined

  constructor({ documents, clock, log, permissionsOf, keysPerUser = Number.POSITIVE_INFINITY, refreshMs }: AccessKeysOptions) {
    this.#documents = documents
    this.#clock = clock
    this.#log = log
    this.#permissionsOf = permissionsOf
    this.#keysPerUser = keysPerUser
    this.#refreshMs = refreshMs
  }

  /** Answers the root key: the given one, else the stored one, else a new one. `isNew`: made just now. */
  async open(givenRoot: KeyPair | undefined): Promise<{ readonly root: KeyPair; readonly isNew: boolean }> {
    const opened = givenRoot === undefined ? await this.#storedRoot() : { root: givenRoot, isNew: false }
    if (givenRoot !== undefined) this.#givenRoot = this.#rootRecord(givenRoot)
    await this.refresh()
    if (this.#refreshMs !== undefined) {
      this.#timer = setInterval(() => {
        this.refresh().catch((error: unknown) => this.#log.warn('access keys not read', { error: String(error) }))
      }, this.#refreshMs).unref()
    }
    return opened
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async refresh(): Promise<void> {
    const root = this.#givenRoot ?? (await this.#readRoot())
    const stored = await this.#documents.list<AccessKeyRecord>('access-key')
    const records = stored.map(({ value }) => value)
    if (root !== undefined) records.push(root)
    this.#keys = new Map(records.map((record) => [record.accessKeyId, record]))
    this.#found = new Map(records.map((record) => [record.accessKeyId, this.#accessKeyOf(record)]))
  }

  find(accessKeyId: string): AccessKey | undefined {
    return this.#found.get(accessKeyId)
  }

  /** @throws ServerError VALIDATION, SERVICE_QUOTA_EXCEEDED */
  async create(userName: string): Promise<AccessKey> {
    checkPrincipalName('user', userName)
    if (userName === rootUser) throw new ServerError('VALIDATION', 'The root principal has one access key, which is made with the data.')
    if (this.activeKeysOf(userName).length >= this.#keysPerUser) {
      throw new ServerError(
        'SERVICE_QUOTA_EXCEEDED',
        `The user ${userName} has ${this.#keysPerUser} access keys already; revoke one first.`,
      )
    }
    const record = { ...newKeyPair(), userName, isRoot: false, status: 'active', createdAtMs: this.#clock.nowMs() } as const
    await this.#documents.put<AccessKeyRecord>('access-key', record.accessKeyId, record, 0)
    await this.refresh()
    return this.#accessKeyOf(record)
  }

  activeKeysOf(userName: string): readonly string[] {
    return [...this.#keys.values()].filter((key) => key.userName === userName && key.status === 'active').map((key) => key.accessKeyId)
  }

  /** Names of the users who have or had keys. */
  userNames(): readonly string[] {
    return [...new Set([...this.#keys.values()].filter(({ isRoot }) => !isRoot).map(({ userName }) => userName))]
  }

  async list(): Promise<readonly AccessKeySummary[]> {
    if (this.#refreshMs !== undefined) await this.refresh()
    return [...this.#keys.values()].map(({ accessKeyId, userName, status, createdAtMs }) => ({
      accessKeyId,
      userName,
      status,
      createdAtMs,
    }))
  }

  /** For good. Revoking again is no error. @throws ServerError RESOURCE_NOT_FOUND, VALIDATION for the root key */
  async revoke(accessKeyId: string): Promise<void> {
    for (;;) {
      const stored = await this.#documents.get<AccessKeyRecord>('access-key', accessKeyId)
      if (this.#keys.get(accessKeyId)?.isRoot) {
        throw new ServerError('VALIDATION', 'The root access key cannot be revoked.')
      }
      if (stored === undefined) throw new ServerError('RESOURCE_NOT_FOUND', `The access key ${accessKeyId} does not exist.`)
      if (stored.value.status === 'revoked') return
      if (await this.#documents.put<AccessKeyRecord>('access-key', accessKeyId, { ...stored.value, status: 'revoked' }, stored.revision)) {
        await this.refresh()
        return
      }
    }
  }

  /** Of nodes that start together on one new catalog, the first to write makes the root key. */
  async #storedRoot(): Promise<{ readonly root: KeyPair; readonly isNew: boolean }> {
    const known = await this.#readRoot()
    if (known !== undefined) return { root: pairOf(known), isNew: false }
    const made = this.#rootRecord(newKeyPair())
    const isNew = await this.#documents.put<AccessKeyRecord>('setting', rootSetting, made, 0)
    return { root: pairOf((await this.#readRoot()) ?? made), isNew }
  }

  async #readRoot(): Promise<AccessKeyRecord | undefined> {
    return (await this.#documents.get<AccessKeyRecord>('setting', rootSetting))?.value
  }

  #accessKeyOf({ accessKeyId, secretAccessKey, userName, isRoot, status }: AccessKeyRecord): AccessKey {
    const permissions = isRoot ? undefined : this.#permissionsOf?.(userName)
    return {
      accessKeyId,
      secretAccessKey,
      principal: { name: userName, accessKeyId, isRoot, ...(permissions && { permissions }) },
      status,
    }
  }

  #rootRecord(pair: KeyPair): AccessKeyRecord {
    return { ...pair, userName: rootUser, isRoot: true, status: 'active', createdAtMs: this.#clock.nowMs() }
  }
}

const pairOf = ({ accessKeyId, secretAccessKey }: KeyPair): KeyPair => ({ accessKeyId, secretAccessKey })

/** The names that users, groups and policies may have. @throws ServerError VALIDATION */
export function checkPrincipalName(kind: 'user' | 'group' | 'policy', name: string): void {
  if (nameForm.test(name)) return
  throw new ServerError('VALIDATION', `The ${kind} name ${JSON.stringify(name)} is not valid: 1 to 64 letters, digits and + = , . @ _ -`)
}
