import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { join, resolve } from 'node:path'
import { ServerError } from '../base/errors.ts'
import type { LogLevel } from '../base/json-log.ts'
import type { Limits } from '../base/limits.ts'
import { readOptions, type ListenAddress, type OptionSources } from '../base/option.ts'
import { rootCredentialsFile } from '../database/access/root-credentials.ts'
import type { ObjectStoreOptions } from '../object-store/open.ts'
import type { MagneticStoreLocation } from '../storage/at-rest/disks.ts'
import { awsKms, type AwsKmsOptions } from '../storage/at-rest/aws-kms.ts'
import type { MasterKeySource } from '../storage/at-rest/master-key.ts'
import type { TopicRoute } from '../scheduler/notify/topic-routes.ts'
import type { ConnectorDefinition } from '../database/connectors/connectors.ts'
import { readConnectorsFile } from './connectors-file.ts'
import { serverOptions, type EngineLocation } from './options.ts'

/** The environment of this process; nothing else in src/ reads it. */
export const environment: Readonly<Record<string, string | undefined>> = process.env

export interface AccessKeyPair {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface ServerConfig {
  readonly listen: ListenAddress
  /** For the PostgreSQL protocol; undefined: not served. */
  readonly pgListen: ListenAddress | undefined
  /** Absolute. */
  readonly dataDirectory: string
  readonly engine: EngineLocation
  readonly cluster: string | undefined
  readonly region: string
  readonly accountId: string
  /** Absolute; undefined: inside the data directory. */
  readonly memoryStorePath: string | undefined
  /** undefined: inside the data directory. */
  readonly magneticStore: MagneticStoreLocation | undefined
  readonly objectStore: ObjectStoreOptions
  readonly notifications: readonly TopicRoute[]
  readonly connectors: readonly ConnectorDefinition[]
  /** Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed. */
  readonly trustedProxies: readonly string[]
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined
  /** As given, and what it came from; undefined: kept in the data directory. */
  readonly masterKey: { readonly text: string; readonly name: string } | AwsKmsOptions | undefined
  readonly rootKey: AccessKeyPair | undefined
  /** Size of Node's thread pool, which is fixed when the process starts. */
  readonly poolThreads: number
  readonly limits: Limits
  /** 0: results are not kept. */
  readonly resultCacheBytes: number
  readonly drainMs: number
  /** undefined: it never sleeps. */
  readonly sleepAfterMs: number | undefined
  readonly auditLog: { readonly path: string; readonly fileBytes: number; readonly files: number } | undefined
  readonly logLevel: LogLevel
}

/** Reads and checks everything that the server is told. Throws ServerError CONFIGURATION. */
export function readConfig(sources: OptionSources): ServerConfig {
  const options = readOptions(serverOptions, sources)
  const tls = both('--tls-cert', options.tlsCert, '--tls-key', options.tlsKey)
  for (const [flag, address] of Object.entries({ '--listen': options.listen, '--pg-listen': options.pgListen })) {
    if (address === undefined || tls !== undefined || options.allowPlainHttp || isLoopback(address.host)) continue
    throw new ServerError(
      'CONFIGURATION',
      `${flag}: ${address.host} can be reached from other machines; give --tls-cert and --tls-key, or --allow-plain-http to serve without encryption`,
    )
  }
  if (options.cluster !== undefined && options.engine.kind === 'chdb') {
    throw new ServerError('CONFIGURATION', '--cluster: names a cluster of ClickHouse nodes, so --engine must give their addresses')
  }
  if (options.sleepAfter !== undefined && options.pgListen !== undefined)
    throw new ServerError('CONFIGURATION', '--sleep-after: does not go with --pg-listen, where nobody would listen while the server sleeps')
  if (options.resultCacheMegabytes > 0 && options.engine.kind !== 'chdb') {
    throw new ServerError('CONFIGURATION', '--result-cache-megabytes: needs the embedded engine, whose tables nobody else changes')
  }
  const s3Key = both('TIDEMARK_S3_ACCESS_KEY_ID', options.s3AccessKeyId, 'TIDEMARK_S3_SECRET_ACCESS_KEY', options.s3SecretAccessKey)
  const rootKey = both(
    'TIDEMARK_ROOT_ACCESS_KEY_ID',
    options.rootAccessKeyId,
    'TIDEMARK_ROOT_SECRET_ACCESS_KEY',
    options.rootSecretAccessKey,
  )
  const s3 = {
    region: options.s3Region ?? options.region,
    ...(options.s3Endpoint === undefined ? {} : { endpoint: options.s3Endpoint }),
    ...(s3Key === undefined ? {} : { credentials: { accessKeyId: s3Key[0], secretAccessKey: s3Key[1] } }),
  }
  const isS3Given = [options.s3Endpoint, options.s3Region, s3Key].some((given) => given !== undefined)
  return {
    listen: options.listen,
    pgListen: options.pgListen,
    dataDirectory: resolve(options.data),
    engine: options.engine,
    cluster: options.cluster,
    region: options.region,
    accountId: options.accountId,
    memoryStorePath: options.memoryStorePath === undefined ? undefined : resolve(options.memoryStorePath),
    magneticStore: magneticStore(options.magneticStorePath, s3),
    notifications: options.notifications,
    connectors: options.connectors === undefined ? [] : readConnectorsFile(resolve(options.connectors), sources.environment),
    objectStore: {
      bucketsDirectory: resolve(options.buckets ?? join(options.data, 'buckets')),
      ...(isS3Given && { s3 }),
    },
    trustedProxies: options.trustedProxies,
    tls: tls && { certPath: resolve(tls[0]), keyPath: resolve(tls[1]) },
    masterKey: masterKey(options.masterKey, options.masterKeyFile, kmsKey(options)),
    rootKey: rootKey && { accessKeyId: rootKey[0], secretAccessKey: rootKey[1] },
    poolThreads: options.poolThreads,
    limits: options.limits,
    resultCacheBytes: options.resultCacheMegabytes * 1_000_000,
    drainMs: options.drainSeconds * 1000,
    sleepAfterMs: options.sleepAfter,
    auditLog:
      options.auditLog === undefined
        ? undefined
        : { path: resolve(options.auditLog), fileBytes: options.auditLogMegabytes * 1_000_000, files: options.auditLogFiles },
    logLevel: options.logLevel,
  }
}

/** The file that holds the root access key, for its owner alone to read. */
export function rootCredentialsPath(dataDirectory: string): string {
  return join(dataDirectory, rootCredentialsFile)
}

/** Where the storage finds the key that protects the data. */
export function masterKeySource({ masterKey: key }: Pick<ServerConfig, 'masterKey'>): MasterKeySource {
  if (key === undefined) return { kind: 'beside-data' }
  return 'text' in key ? { kind: 'value', ...key } : { kind: 'key-service', service: awsKms(key) }
}

/** Where a new master key is, for a rotation; undefined: where the old one is. Throws ServerError CONFIGURATION. */
export function newMasterKeySource(options: {
  readonly newMasterKeyFile: string | undefined
  readonly newMasterKeyKms: string | undefined
  readonly newBesideData: boolean
  readonly kmsEndpoint: string | undefined
  readonly region: string
}): MasterKeySource | undefined {
  const { newMasterKeyFile: path, newMasterKeyKms, newBesideData, kmsEndpoint, region } = options
  const flags = [path && '--new-master-key-file', newMasterKeyKms && '--new-master-key-kms', newBesideData && '--new-beside-data']
  const given = flags.filter((flag) => typeof flag === 'string')
  if (given.length > 1) throw new ServerError('CONFIGURATION', `${given.join(' and ')}: only one of them can say where the new key is`)
  if (path !== undefined) return masterKeySource({ masterKey: readMasterKeyFile('--new-master-key-file', path) })
  const kms = kmsKey({ masterKeyKms: newMasterKeyKms, kmsEndpoint, region })
  return kms === undefined && !newBesideData ? undefined : masterKeySource({ masterKey: kms })
}

/** Two options that only make sense together. */
function both(firstName: string, first: string | undefined, secondName: string, second: string | undefined): [string, string] | undefined {
  if (first !== undefined && second !== undefined) return [first, second]
  if (first === undefined && second === undefined) return undefined
  const [given, absent] = first === undefined ? [secondName, firstName] : [firstName, secondName]
  throw new ServerError('CONFIGURATION', `${given} needs ${absent} as well`)
}

/** Names and addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

type Bucket = Extract<MagneticStoreLocation, { readonly kind: 's3' }>

/** A folder, or `s3://BUCKET/PREFIX`. */
function magneticStore(text: string | undefined, access: Omit<Bucket, 'kind' | 'bucket' | 'prefix'>): MagneticStoreLocation | undefined {
  if (text === undefined) return undefined
  if (!text.startsWith('s3://')) return { kind: 'directory', path: resolve(text) }
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{2,62})(?:\/([^\s?#]*))?$/.exec(text)
  const [, bucket, prefix = ''] = match ?? []
  if (bucket === undefined)
    throw new ServerError('CONFIGURATION', `--magnetic-store-path: ${JSON.stringify(text)} is not s3://BUCKET/PREFIX`)
  return { kind: 's3', bucket, prefix: prefix.replace(/^\/+|\/+$/g, ''), ...access }
}

interface KmsOptions {
  readonly masterKeyKms: string | undefined
  readonly kmsEndpoint: string | undefined
  readonly region: string
}

function kmsKey(options: KmsOptions): AwsKmsOptions | undefined {
  const { masterKeyKms: keyId, kmsEndpoint: endpoint, region } = options
  if (keyId === undefined) return undefined
  const [, ofArn] = /^arn:[a-z-]+:kms:([a-z0-9-]+):/.exec(keyId) ?? []
  return { keyId, region: ofArn ?? region, ...(endpoint !== undefined && { endpoint }) }
}

function masterKey(key: string | undefined, path: string | undefined, kms: AwsKmsOptions | undefined): ServerConfig['masterKey'] {
  const given = [key !== undefined && 'TIDEMARK_MASTER_KEY', path !== undefined && '--master-key-file', kms && '--master-key-kms'].filter(
    (each) => each,
  )
  if (given.length > 1) throw new ServerError('CONFIGURATION', `${given.join(' and ')}: only one of them can give the key`)
  if (kms !== undefined) return kms
  if (path !== undefined) return readMasterKeyFile('--master-key-file', path)
  return key === undefined ? undefined : { text: key, name: 'TIDEMARK_MASTER_KEY' }
}

/** @throws ServerError CONFIGURATION */
function readMasterKeyFile(flag: string, path: string): { readonly text: string; readonly name: string } {
  try {
    return { text: readFileSync(path, 'utf8'), name: `The file ${path}` }
  } catch (error) {
    throw new ServerError('CONFIGURATION', `${flag}: ${path} cannot be read (${reasonOf(error)})`)
  }
}

/** The short reason of a failed system call (`ENOENT`, `EACCES` …). */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return 'code' in error && typeof error.code === 'string' ? error.code : error.message
  return String(error)
}
