import { join } from 'node:path'
import { magneticVolume, memoryVolume } from '../layout.ts'
import type { StorageKeys } from './storage-keys.ts'

/** Where the magnetic store's ciphertext lies. */
export type MagneticStoreLocation =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 's3'
      readonly bucket: string
      /** Without slashes at the ends; may be empty. */
      readonly prefix: string
      readonly region: string
      /** Of an object store that is not AWS; buckets are then named in the path. */
      readonly endpoint?: string
      /** Without them the environment of the process decides, as AWS's own tools do. */
      readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
    }

export interface DiskOptions {
  /** Absolute; the engine's own path. */
  readonly engineDirectory: string
  /** Absolute. */
  readonly memoryStorePath: string
  readonly magneticStore: MagneticStoreLocation
  /** Of the disk, for what was read from a bucket. */
  readonly magneticCacheBytes: number
  readonly keys: StorageKeys
}

export const storagePolicy = 'tidemark'

const anyNumberOfBrokenParts = ['max_suspicious_broken_parts', 'max_suspicious_broken_parts_bytes']

/**
 * The embedded engine's configuration: both tiers as volumes of one policy, each an encrypting disk over the place where its bytes lie.
 * The policy `default` is encrypted as well, so that no table can be made in the clear. Holds keys: handle as a secret.
 */
export function disksXml(options: DiskOptions, usersFile: string): string {
  const { keys, memoryStorePath, magneticStore } = options
  const disks = [
    element('memory_bytes', element('type', 'local') + text('path', folder(memoryStorePath))),
    element('memory', encrypted('memory_bytes', keys)),
    magneticBytes(options),
    element('magnetic', encrypted(magneticStore.kind === 's3' ? 'magnetic_cache' : 'magnetic_bytes', keys)),
  ]
  const volume = (name: string, disk: string): string => element(name, element('disk', disk))
  const policies = [
    element('default', element('volumes', volume('main', 'memory'))),
    element(storagePolicy, element('volumes', volume(memoryVolume, 'memory') + volume(magneticVolume, 'magnetic'))),
  ]
  return element(
    'clickhouse',
    element('storage_configuration', element('disks', disks.join('\n')) + element('policies', policies.join('\n'))) +
      // where backups go is decided by us, for every call
      element('backups', text('allowed_path', '/')) +
      // however many parts a loss of power broke, the engine opens with those that are whole (parts-set-aside.ts looks at the others)
      element('merge_tree', anyNumberOfBrokenParts.map((name) => element(name, String(2 ** 53))).join('')) +
      text('users_config', usersFile),
  )
}

/**
 * The embedded engine writes the spill files of large sorts, groupings and joins in the clear, whatever the disks are: it may not spill.
 * Such a statement ends with the memory limit instead.
 */
const spillSettings = [
  'max_bytes_before_external_group_by',
  'max_bytes_ratio_before_external_group_by',
  'max_bytes_before_external_sort',
  'max_bytes_ratio_before_external_sort',
  'max_bytes_before_external_join',
  'max_bytes_ratio_before_external_join',
]

export function usersXml(): string {
  const zero = spillSettings.map((name) => element(name, '0')).join('')
  const fixed = element('constraints', spillSettings.map((name) => element(name, '<const/>')).join(''))
  const user =
    element('password', '') + element('networks', element('ip', '::/0')) + element('profile', 'default') + element('quota', 'default')
  return element(
    'clickhouse',
    element('profiles', element('default', zero + fixed)) +
      element('users', element('default', user)) +
      element('quotas', element('default', '')),
  )
}

/**
 * Keys by id: a part says in its header which one it needs; new parts use the current one. No `path` of its own below the disk:
 * with one, the engine looks for a part's folder at that path twice when it flushes it (fsync_part_directory), and the insert fails.
 */
function encrypted(disk: string, { keys, currentKeyId }: StorageKeys): string {
  const key = (id: number, bytes: Uint8Array): string => `<key_hex id="${id}">${Buffer.from(bytes).toString('hex')}</key_hex>`
  return (
    element('type', 'encrypted') +
    element('disk', disk) +
    element('algorithm', 'AES_256_CTR') +
    keys.map(({ id, bytes }) => key(id, bytes)).join('') +
    element('current_key_id', String(currentKeyId))
  )
}

function magneticBytes({ magneticStore: store, engineDirectory, magneticCacheBytes }: DiskOptions): string {
  if (store.kind === 'directory') return element('magnetic_bytes', element('type', 'local') + text('path', folder(store.path)))
  const { credentials } = store
  const access =
    credentials === undefined
      ? element('use_environment_credentials', 'true')
      : text('access_key_id', credentials.accessKeyId) + text('secret_access_key', credentials.secretAccessKey)
  const bytes = element('type', 's3') + text('endpoint', bucketUrl(store)) + text('region', store.region) + access
  // the cache lies below the encrypting disk: it holds ciphertext
  const cache =
    element('type', 'cache') +
    element('disk', 'magnetic_bytes') +
    text('path', folder(join(engineDirectory, 'cache', 'magnetic'))) +
    element('max_size', String(magneticCacheBytes))
  return element('magnetic_bytes', bytes) + element('magnetic_cache', cache)
}

/** Ends with a slash. */
export function bucketUrl({ bucket, prefix, region, endpoint }: Extract<MagneticStoreLocation, { kind: 's3' }>): string {
  const path = prefix === '' ? '' : `${prefix}/`
  if (endpoint === undefined) return `https://${bucket}.s3.${region}.amazonaws.com/${path}`
  return `${endpoint.replace(/\/$/, '')}/${bucket}/${path}`
}

const folder = (path: string): string => (path.endsWith('/') ? path : `${path}/`)
const element = (name: string, content: string): string => `<${name}>${content}</${name}>`
const text = (name: string, value: string): string => element(name, escape(value))

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
const escape = (value: string): string => value.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
