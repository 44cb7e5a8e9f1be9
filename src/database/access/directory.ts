import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { DocumentKind, DocumentStore } from '../../storage/document-store.ts'
import { managedPolicies } from './managed-policies.ts'
import type { CompiledPolicy } from './policy/evaluate.ts'
import { readPolicy } from './policy/read-policy.ts'
import { strictest, type GroupRecord, type GuardRails, type PolicyRecord, type UserRecord } from './records.ts'

interface Records {
  readonly user: UserRecord
  readonly group: GroupRecord
  readonly policy: PolicyRecord
}

export type RecordKind = keyof Records & DocumentKind

const managed: ReadonlyMap<string, CompiledPolicy> = new Map(
  Object.entries(managedPolicies).map(([name, { document }]) => [name, readPolicy(name, document, Number.POSITIVE_INFINITY).policy]),
)

/** Users, groups and policies: documents of the catalog, all in memory and policies compiled, since every request asks. */
export class Directory {
  readonly #documents: DocumentStore
  readonly #limits: Limits
  #users: ReadonlyMap<string, UserRecord> = new Map()
  #groups: ReadonlyMap<string, GroupRecord> = new Map()
  #policies: ReadonlyMap<string, PolicyRecord> = new Map()
  readonly #compiled = new Map<string, { readonly document: string; readonly policy: CompiledPolicy }>()
  readonly #policiesOf = new Map<string, readonly CompiledPolicy[]>()
  readonly #railsOf = new Map<string, GuardRails>()
  #version = 0
  #seen = ''

  constructor(documents: DocumentStore, limits: Limits) {
    this.#documents = documents
    this.#limits = limits
  }

  /** Another number after every change: what was decided before may be otherwise now. */
  get version(): number {
    return this.#version
  }

  get users(): ReadonlyMap<string, UserRecord> {
    return this.#users
  }

  get groups(): ReadonlyMap<string, GroupRecord> {
    return this.#groups
  }

  get policies(): ReadonlyMap<string, PolicyRecord> {
    return this.#policies
  }

  /** Reads all documents again. */
  async refresh(): Promise<void> {
    const [users, groups, policies] = await Promise.all([
      this.#documents.list<UserRecord>('user'),
      this.#documents.list<GroupRecord>('group'),
      this.#documents.list<PolicyRecord>('policy'),
    ])
    const seen = JSON.stringify([users, groups, policies].map((list) => list.map(({ key, revision }) => [key, revision])))
    if (seen === this.#seen) return
    this.#seen = seen
    this.#users = new Map(users.map(({ key, value }) => [key, value]))
    this.#groups = new Map(groups.map(({ key, value }) => [key, value]))
    this.#policies = new Map(policies.map(({ key, value }) => [key, value]))
    this.#policiesOf.clear()
    this.#railsOf.clear()
    this.#version++
  }

  hasPolicy(policyName: string): boolean {
    return managed.has(policyName) || this.#policies.has(policyName)
  }

  policiesOf(userName: string): readonly CompiledPolicy[] {
    let found = this.#policiesOf.get(userName)
    if (found === undefined) {
      const user = this.#users.get(userName)
      const names = new Set([user, ...this.#groupsOf(user)].flatMap((record) => record?.policyNames ?? []))
      found = [...names].map((name) => this.#policy(name)).filter((policy) => policy !== undefined)
      this.#policiesOf.set(userName, found)
    }
    return found
  }

  guardRailsOf(userName: string): GuardRails {
    let found = this.#railsOf.get(userName)
    if (found === undefined) {
      const user = this.#users.get(userName)
      found = strictest([user, ...this.#groupsOf(user)].map((record) => record?.guardRails))
      this.#railsOf.set(userName, found)
    }
    return found
  }

  #groupsOf(user: UserRecord | undefined): readonly (GroupRecord | undefined)[] {
    return (user?.groupNames ?? []).map((name) => this.#groups.get(name))
  }

  #policy(name: string): CompiledPolicy | undefined {
    const record = this.#policies.get(name)
    if (record === undefined) return managed.get(name)
    const kept = this.#compiled.get(name)
    if (kept?.document === record.document) return kept.policy
    const { policy } = readPolicy(name, record.document, Number.POSITIVE_INFINITY)
    this.#compiled.set(name, { document: record.document, policy })
    return policy
  }

  /** @throws ServerError RESOURCE_NOT_FOUND */
  async find<K extends RecordKind>(kind: K, name: string): Promise<Records[K]> {
    const stored = await this.#documents.get<Records[K]>(kind, name)
    if (stored === undefined) throw notFound(kind, name)
    return stored.value
  }

  /** @throws ServerError CONFLICT, SERVICE_QUOTA_EXCEEDED */
  async create<K extends RecordKind>(kind: K, name: string, record: Records[K]): Promise<void> {
    const [count, most] = this.#count(kind)
    if (count >= most) throw new ServerError('SERVICE_QUOTA_EXCEEDED', `There can be at most ${most} of this kind: ${kind}.`)
    if (!(await this.#documents.put(kind, name, record, 0))) throw new ServerError('CONFLICT', `The ${kind} ${name} already exists.`)
    await this.refresh()
  }

  /** Repeats `change` on what is stored until nobody else was first. @throws ServerError RESOURCE_NOT_FOUND */
  async change<K extends RecordKind>(kind: K, name: string, change: (current: Records[K]) => Records[K]): Promise<Records[K]> {
    for (;;) {
      const stored = await this.#documents.get<Records[K]>(kind, name)
      if (stored === undefined) throw notFound(kind, name)
      const next = change(stored.value)
      if (next !== stored.value && !(await this.#documents.put(kind, name, next, stored.revision))) continue
      await this.refresh()
      return next
    }
  }

  /** @throws ServerError RESOURCE_NOT_FOUND */
  async remove(kind: RecordKind, name: string): Promise<void> {
    for (;;) {
      const stored = await this.#documents.get(kind, name)
      if (stored === undefined) throw notFound(kind, name)
      if (!(await this.#documents.remove(kind, name, stored.revision))) continue
      await this.refresh()
      return
    }
  }

  #count(kind: RecordKind): readonly [number, number] {
    switch (kind) {
      case 'user':
        return [this.#users.size, this.#limits.users]
      case 'group':
        return [this.#groups.size, this.#limits.groups]
      case 'policy':
        return [this.#policies.size, this.#limits.policies]
    }
  }
}

const notFound = (kind: RecordKind, name: string): ServerError =>
  new ServerError('RESOURCE_NOT_FOUND', `The ${kind} ${name} does not exist.`)
