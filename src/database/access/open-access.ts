import type { Limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { DocumentStore } from '../../storage/document-store.ts'
import type { AccessKey, Principal } from '../caller.ts'
import { AccessKeys } from './access-keys.ts'
import { Directory } from './directory.ts'
import { policyOfOldUsers } from './managed-policies.ts'
import { UserPermissions, type Permissions, type PermissionWorld } from './permissions.ts'
import type { KeyPair } from './root-credentials.ts'
import type { UserRecord } from './records.ts'
import { Sessions } from './sessions.ts'
import { StoredAccess } from './stored-access.ts'

export interface OpenAccessOptions {
  readonly documents: DocumentStore
  readonly world: PermissionWorld
  readonly limits: Limits
  readonly log: Log
  readonly rootKey?: KeyPair
  /** Other nodes change the same documents. */
  readonly isShared: boolean
}

export interface OpenedAccess {
  readonly access: StoredAccess
  readonly accessKeys: AccessKeys
  readonly root: KeyPair
  /** The root key was made just now. */
  readonly isNew: boolean
  find(accessKeyId: string, sessionToken?: string): AccessKey | undefined
  /** Who made something that works on while nobody asks, with the rights of the moment. */
  principalOf(owner: { readonly name: string; readonly isRoot: boolean }): Principal
  close(): void
}

/** How often what other nodes have changed is read. */
const sharedRefreshMs = 5000

/** Everything about who may do what, as the catalog has it. */
export async function openAccess({ documents, world, limits, log, rootKey, isShared }: OpenAccessOptions): Promise<OpenedAccess> {
  const directory = new Directory(documents, limits)
  const permissions = new Map<string, Permissions>()
  const permissionsOf = (userName: string): Permissions => {
    let found = permissions.get(userName)
    if (found === undefined) permissions.set(userName, (found = new UserPermissions(directory, userName, world)))
    return found
  }
  const accessKeys = new AccessKeys({
    documents,
    clock: world.clock,
    log,
    permissionsOf,
    keysPerUser: limits.accessKeysPerUser,
    ...(isShared ? { refreshMs: sharedRefreshMs } : {}),
  })
  const { root, isNew } = await accessKeys.open(rootKey)
  await giveOldUsersPolicies(documents, accessKeys, world, log)
  await directory.refresh()
  const sessions = new Sessions({ documents, world, permissionsOf, findParent: (accessKeyId) => accessKeys.find(accessKeyId) })
  await sessions.open()
  const timer = isShared ? refreshRegularly(directory, log) : undefined
  return {
    access: new StoredAccess({ directory, accessKeys, sessions, world, limits, permissionsOf }),
    accessKeys,
    root,
    isNew,
    find: (accessKeyId, token) => accessKeys.find(accessKeyId) ?? (token === undefined ? undefined : sessions.find(accessKeyId, token)),
    principalOf: ({ name, isRoot }) => ({ name, isRoot, accessKeyId: '', ...(!isRoot && { permissions: permissionsOf(name) }) }),
    close: () => {
      clearInterval(timer)
      accessKeys.close()
    },
  }
}

/** The setting says that the catalog knows policies. */
const setting = 'access-policies'

/** Before there were policies, a user might do everything but hand out access: whoever had a key then keeps that, until somebody detaches it. */
async function giveOldUsersPolicies(documents: DocumentStore, accessKeys: AccessKeys, { clock }: PermissionWorld, log: Log): Promise<void> {
  if ((await documents.get('setting', setting)) !== undefined) return
  for (const userName of accessKeys.userNames()) {
    const user: UserRecord = { userName, createdAtMs: clock.nowMs(), policyNames: [policyOfOldUsers], groupNames: [] }
    if (await documents.put('user', userName, user, 0)) log.info('access.user-kept', { userName, policyName: policyOfOldUsers })
  }
  await documents.put('setting', setting, { sinceMs: clock.nowMs() }, 0)
}

function refreshRegularly(directory: Directory, log: Log): NodeJS.Timeout {
  return setInterval(() => {
    directory.refresh().catch((error: unknown) => log.warn('users and policies not read', { error: String(error) }))
  }, sharedRefreshMs).unref()
}
