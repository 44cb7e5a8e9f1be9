import { isIP } from 'node:net'
import { parseTopicRoutes } from '../scheduler/notify/topic-routes.ts'
import { defaultLimits, type Limits } from '../base/limits.ts'
import { logLevels } from '../base/json-log.ts'
import {
  parseChoice,
  parseInteger,
  parseListenAddress,
  parsePattern,
  parseSwitch,
  parseText,
  type OptionDefinitions,
} from '../base/option.ts'

/** Where the engine runs: in this process, or at the HTTP addresses of ClickHouse nodes. */
export type EngineLocation = { readonly kind: 'chdb' } | { readonly kind: 'clickhouse'; readonly urls: readonly URL[] }

/** `chdb`, or addresses of nodes joined by commas. */
export function parseEngine(text: string): EngineLocation {
  if (text === 'chdb') return { kind: 'chdb' }
  const urls = text.split(',').map((part) => (URL.canParse(part) ? new URL(part) : undefined))
  const valid = urls.filter((url) => url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '')
  if (valid.length !== urls.length) throw new Error('is neither chdb nor http(s)://user:password@host:port[,…]')
  return { kind: 'clickhouse', urls: valid as URL[] }
}

/** IP addresses, and networks as `address/bits`, joined by commas. */
export function parseNetworks(text: string): readonly string[] {
  const networks = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  for (const network of networks) {
    const [address = '', bits, ...more] = network.split('/')
    const most = isIP(address) === 6 ? 128 : 32
    const isRange = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most)
    if (isIP(address) === 0 || !isRange || more.length > 0)
      throw new Error(`names ${JSON.stringify(network)}, which is no address and no network like 10.0.0.0/8`)
  }
  return networks
}

/** `name=value,…`; the names are those of the table of limits. */
export function parseLimits(text: string): Limits {
  const limits: Record<string, number> = { ...defaultLimits }
  for (const part of text.split(',').filter((candidate) => candidate !== '')) {
    const [name = '', value = '', ...more] = part.split('=')
    if (!Object.hasOwn(defaultLimits, name)) throw new Error(`names ${JSON.stringify(name)}, which is no limit`)
    if (more.length > 0 || !/^[1-9]\d{0,14}$/.test(value)) throw new Error(`gives ${name} a value that is not a positive whole number`)
    limits[name] = Number(value)
  }
  return limits as unknown as Limits
}

/** `30s`, `10m`, `2h`, in milliseconds. */
function parseSleepAfter(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? []
  const ms = Number(count) * ({ s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? Number.NaN)
  if (!(ms >= 1000 && ms <= 7 * 86_400_000)) throw new Error('is not a duration from 1s to 168h (as in 10m)')
  return ms
}

/** What `tidemark serve` can be told. */
export const serverOptions = {
  listen: {
    flag: 'listen',
    environment: 'TIDEMARK_LISTEN',
    placeholder: 'HOST:PORT',
    summary: 'Address to serve on; port 0 picks a free one',
    fallback: '127.0.0.1:8470',
    parse: parseListenAddress,
  },
  pgListen: {
    flag: 'pg-listen',
    environment: 'TIDEMARK_PG_LISTEN',
    placeholder: 'HOST:PORT',
    summary: 'Address for clients of the PostgreSQL protocol (JDBC, ODBC, BI tools, psql); port 0 picks a free one; not served when absent',
    parse: parseListenAddress,
  },
  data: {
    flag: 'data',
    environment: 'TIDEMARK_DATA',
    placeholder: 'DIR',
    summary: 'Folder that holds everything this server keeps',
    fallback: './tidemark-data',
    parse: parseText,
  },
  engine: {
    flag: 'engine',
    environment: 'TIDEMARK_ENGINE',
    placeholder: 'ENGINE',
    summary: 'chdb (the engine inside this process) or http(s)://user:password@host:8123[,…] for the nodes of a ClickHouse cluster',
    fallback: 'chdb',
    parse: parseEngine,
    secret: true,
  },
  cluster: {
    flag: 'cluster',
    environment: 'TIDEMARK_CLUSTER',
    placeholder: 'NAME',
    summary: 'Name of the cluster in the configuration of the ClickHouse nodes; tables are spread over its shards',
    parse: parsePattern(/^[A-Za-z_][A-Za-z0-9_-]{0,127}$/, 'a cluster name (letters, digits, _ and -)'),
  },
  region: {
    flag: 'region',
    environment: 'TIDEMARK_REGION',
    placeholder: 'REGION',
    summary: 'Region in the ARNs that this server gives out',
    fallback: 'us-east-1',
    parse: parsePattern(/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/, 'a region (as in us-east-1)'),
  },
  accountId: {
    flag: 'account-id',
    environment: 'TIDEMARK_ACCOUNT_ID',
    placeholder: 'DIGITS',
    summary: 'Account in the ARNs that this server gives out',
    fallback: '000000000000',
    parse: parsePattern(/^\d{12}$/, 'an account id (12 digits)'),
  },
  memoryStorePath: {
    flag: 'memory-store-path',
    environment: 'TIDEMARK_MEMORY_STORE_PATH',
    placeholder: 'DIR',
    summary: 'Folder of the memory store (recent data), best on the fastest disk; inside the data folder when absent',
    parse: parseText,
  },
  magneticStorePath: {
    flag: 'magnetic-store-path',
    environment: 'TIDEMARK_MAGNETIC_STORE_PATH',
    placeholder: 'DIR|s3://BUCKET/PREFIX',
    summary: 'Folder or bucket of the magnetic store (data past the memory store); inside the data folder when absent',
    parse: parseText,
  },
  buckets: {
    flag: 'buckets',
    environment: 'TIDEMARK_BUCKETS',
    placeholder: 'DIR',
    summary:
      'Folder whose sub-folders stand for buckets; a bucket that is no folder here is asked of S3, when an option of S3 is given. buckets in the data folder when absent',
    parse: parseText,
  },
  s3Endpoint: {
    flag: 's3-endpoint',
    environment: 'TIDEMARK_S3_ENDPOINT',
    placeholder: 'URL',
    summary: 'Address of the object store for s3:// locations when it is not AWS',
    parse: parsePattern(/^https?:\/\/[^\s/]+\/?$/, 'an address (as in http://127.0.0.1:9000)'),
  },
  s3Region: {
    flag: 's3-region',
    environment: 'TIDEMARK_S3_REGION',
    placeholder: 'REGION',
    summary: 'Region of the bucket of an s3:// location; that of --region when absent',
    parse: parseText,
  },
  s3AccessKeyId: {
    environment: 'TIDEMARK_S3_ACCESS_KEY_ID',
    placeholder: 'ID',
    summary: 'Access key for s3:// locations; without it the environment decides, as for the tools of AWS',
    parse: parseText,
  },
  s3SecretAccessKey: {
    environment: 'TIDEMARK_S3_SECRET_ACCESS_KEY',
    placeholder: 'SECRET',
    summary: 'Secret of that access key',
    parse: parseText,
    secret: true,
  },
  notifications: {
    flag: 'notifications',
    environment: 'TIDEMARK_NOTIFICATIONS',
    placeholder: 'TOPIC=DESTINATION,…',
    summary:
      'Where notifications of scheduled queries go, by the ARN of their topic (or its beginning and *; the first that fits decides): sns (AWS), sns:URL (another SNS), http(s)://… (posted as SNS does), log or none',
    fallback: '*=log',
    parse: parseTopicRoutes,
  },
  connectors: {
    flag: 'connectors',
    environment: 'TIDEMARK_CONNECTORS',
    placeholder: 'FILE',
    summary: 'File (JSON) that says which connectors run, and with which options; without it the HTTP receivers run with their defaults',
    parse: parseText,
  },
  tlsCert: {
    flag: 'tls-cert',
    environment: 'TIDEMARK_TLS_CERT',
    placeholder: 'FILE',
    summary: 'Certificate chain (PEM) to serve HTTPS with; read again when it changes',
    parse: parseText,
  },
  tlsKey: {
    flag: 'tls-key',
    environment: 'TIDEMARK_TLS_KEY',
    placeholder: 'FILE',
    summary: 'Private key (PEM) of that certificate',
    parse: parseText,
  },
  allowPlainHttp: {
    flag: 'allow-plain-http',
    environment: 'TIDEMARK_ALLOW_PLAIN_HTTP',
    summary: 'Serve without TLS on an address that other machines can reach',
    fallback: 'false',
    parse: parseSwitch,
  },
  masterKey: {
    environment: 'TIDEMARK_MASTER_KEY',
    placeholder: 'KEY',
    summary: 'Key that protects the data at rest: 32 bytes in hexadecimal or base64; made and kept in the data folder when none is given',
    parse: parseText,
    secret: true,
  },
  masterKeyFile: {
    flag: 'master-key-file',
    environment: 'TIDEMARK_MASTER_KEY_FILE',
    placeholder: 'FILE',
    summary: 'File that holds that key',
    parse: parseText,
  },
  masterKeyKms: {
    flag: 'master-key-kms',
    environment: 'TIDEMARK_MASTER_KEY_KMS',
    placeholder: 'KEY',
    summary:
      'Id, ARN or alias of a key of AWS KMS that wraps that key, instead; credentials come from the environment, as for the tools of AWS',
    parse: parsePattern(/^[\w:/-]{1,2048}$/, 'a key id, a key ARN, an alias (alias/…) or the ARN of an alias'),
  },
  kmsEndpoint: {
    flag: 'kms-endpoint',
    environment: 'TIDEMARK_KMS_ENDPOINT',
    placeholder: 'URL',
    summary: 'Address of the key service when it is not AWS',
    parse: parsePattern(/^https?:\/\/[^\s/]+\/?$/, 'an address (as in http://127.0.0.1:8080)'),
  },
  rootAccessKeyId: {
    environment: 'TIDEMARK_ROOT_ACCESS_KEY_ID',
    placeholder: 'ID',
    summary: 'Access key of the root principal; generated on the first start when absent',
    parse: parsePattern(/^[\w.-]{1,128}$/, 'an access key id (up to 128 letters, digits, _, . and -)'),
  },
  rootSecretAccessKey: {
    environment: 'TIDEMARK_ROOT_SECRET_ACCESS_KEY',
    placeholder: 'SECRET',
    summary: 'Secret of that access key',
    parse: parsePattern(/^[!-~]{1,256}$/, 'a secret (up to 256 visible ASCII characters)'),
    secret: true,
  },
  poolThreads: {
    environment: 'UV_THREADPOOL_SIZE',
    placeholder: 'THREADS',
    summary:
      'Threads of Node.js itself, which queries of the embedded engine occupy: two less is how many run at once (tidemark and npm start set 12)',
    fallback: '4',
    parse: parseInteger(1, 1024),
  },
  limits: {
    flag: 'limits',
    environment: 'TIDEMARK_LIMITS',
    placeholder: 'NAME=NUMBER,…',
    summary: 'Quotas that differ from their defaults',
    fallback: '',
    parse: parseLimits,
  },
  drainSeconds: {
    flag: 'drain-seconds',
    environment: 'TIDEMARK_DRAIN_SECONDS',
    placeholder: 'SECONDS',
    summary: 'How long work in hand may take to finish when the server is asked to stop',
    fallback: '30',
    parse: parseInteger(0, 3600),
  },
  sleepAfter: {
    flag: 'sleep-after',
    environment: 'TIDEMARK_SLEEP_AFTER',
    placeholder: 'DURATION',
    summary:
      'Put the engine to sleep when nothing was asked for so long (as in 10m), which gives its memory back; the next request wakes it. Never when absent',
    parse: parseSleepAfter,
  },
  auditLog: {
    flag: 'audit-log',
    environment: 'TIDEMARK_AUDIT_LOG',
    placeholder: 'FILE',
    summary: 'Write who did what, to what, from where, and what came of it into this file, as JSON lines',
    parse: parseText,
  },
  auditLogMegabytes: {
    flag: 'audit-log-megabytes',
    environment: 'TIDEMARK_AUDIT_LOG_MEGABYTES',
    placeholder: 'MEGABYTES',
    summary: 'Size at which that file is put aside as FILE.1, FILE.2 …',
    fallback: '100',
    parse: parseInteger(1, 100_000),
  },
  resultCacheMegabytes: {
    flag: 'result-cache-megabytes',
    environment: 'TIDEMARK_RESULT_CACHE_MEGABYTES',
    placeholder: 'MB',
    summary: 'Memory for results that are answered again while they are exact, for dashboards; 0 keeps none',
    fallback: '0',
    parse: parseInteger(0, 1_000_000),
  },
  trustedProxies: {
    flag: 'trusted-proxies',
    environment: 'TIDEMARK_TRUSTED_PROXIES',
    placeholder: 'ADDRESSES',
    summary:
      'Addresses and networks (10.0.0.0/8) of proxies before this server, with commas between them: for requests from them the client is who X-Forwarded-For names, ' +
      'and its protocol what X-Forwarded-Proto does',
    fallback: '',
    parse: parseNetworks,
  },
  auditLogFiles: {
    flag: 'audit-log-files',
    environment: 'TIDEMARK_AUDIT_LOG_FILES',
    placeholder: 'FILES',
    summary: 'How many of those files are kept, the one that is written included',
    fallback: '10',
    parse: parseInteger(1, 1000),
  },
  logLevel: {
    flag: 'log-level',
    environment: 'TIDEMARK_LOG_LEVEL',
    placeholder: 'LEVEL',
    summary: `Least important log lines to write to standard error: ${logLevels.join(', ')}`,
    fallback: 'info',
    parse: parseChoice(logLevels),
  },
} as const satisfies OptionDefinitions
