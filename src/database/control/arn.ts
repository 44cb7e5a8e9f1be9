import { createHash } from 'node:crypto'
import { ServerError } from '../../base/errors.ts'

/** Whose resources these are: the parts of an ARN that a deployment decides. */
export interface Account {
  readonly region: string
  readonly accountId: string
}

/** What an ARN can name. */
export type Resource =
  | { readonly kind: 'database'; readonly databaseName: string }
  | { readonly kind: 'table'; readonly databaseName: string; readonly tableName: string }
  /** The last part of the ARN: name and suffix. */
  | { readonly kind: 'scheduled-query'; readonly queryId: string }

export const databaseArn = (account: Account, databaseName: string): string => `${prefix(account)}database/${databaseName}`

export const tableArn = (account: Account, databaseName: string, tableName: string): string =>
  `${prefix(account)}database/${databaseName}/table/${tableName}`

/** @param queryId the query's name, a dash and its suffix */
export const scheduledQueryArn = (account: Account, queryId: string): string => `${prefix(account)}scheduled-query/${queryId}`

export const anyArn = (account: Account): string => `${prefix(account)}*`

const form = /^arn:[a-z-]+:timestream:([^:]*):([^:]*):(?:database\/([^/:]+)(?:\/table\/([^/:]+))?|scheduled-query\/([^:]+))$/

/** Undefined when the text is no ARN of a resource here. */
export function resourceOf(account: Account, arn: string): Resource | undefined {
  const named = read(arn)
  return named !== undefined && isOurs(named, account) ? named.resource : undefined
}

/**
 * @throws ServerError VALIDATION when the text is no ARN of a resource, RESOURCE_NOT_FOUND when it names another account's or region's.
 */
export function parseArn(account: Account, arn: string): Resource {
  const named = read(arn)
  if (named === undefined) {
    throw new ServerError(
      'VALIDATION',
      `The resource ARN ${JSON.stringify(arn)} is not valid: it must name a database, a table or a scheduled query.`,
    )
  }
  if (!isOurs(named, account)) throw new ServerError('RESOURCE_NOT_FOUND', `The resource ${arn} does not exist.`)
  return named.resource
}

interface NamedResource extends Account {
  readonly resource: Resource
}

function read(arn: string): NamedResource | undefined {
  const [, region = '', accountId = '', databaseName, tableName, queryId] = form.exec(arn) ?? []
  if (queryId !== undefined) return { region, accountId, resource: { kind: 'scheduled-query', queryId } }
  if (databaseName === undefined) return undefined
  const resource =
    tableName === undefined ? ({ kind: 'database', databaseName } as const) : ({ kind: 'table', databaseName, tableName } as const)
  return { region, accountId, resource }
}

const isOurs = (named: Account, { region, accountId }: Account): boolean => named.region === region && named.accountId === accountId

const keyId = /^(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|mrk-[0-9a-f]{32})$/
const aliasName = /^alias\/[a-zA-Z0-9/_-]{1,250}$/
const kmsArn = /^arn:[a-z-]+:kms:([a-z0-9-]+):(\d{12}):(.+)$/

/**
 * The ARN of a key given as key id, key ARN, alias or alias ARN; without one, that of the account's own key. There is no key service behind
 * it: an alias stands for one key, always the same.
 * @throws ServerError VALIDATION
 */
export function kmsKeyArn(account: Account, key = 'alias/aws/timestream'): string {
  const [, region = account.region, accountId = account.accountId, named = key] = kmsArn.exec(key) ?? []
  const owner = { region, accountId }
  if (named.startsWith('key/') && named !== key && keyId.test(named.slice('key/'.length))) return key
  if (named === key && keyId.test(key)) return `${kmsPrefix(owner)}key/${key.toLowerCase()}`
  if (aliasName.test(named)) return `${kmsPrefix(owner)}key/${uuidOf(`${region}:${accountId}:${named}`)}`
  throw new ServerError(
    'VALIDATION',
    `The KMS key ${JSON.stringify(key)} is not valid: it must be a key id, a key ARN, an alias (alias/…) or the ARN of an alias.`,
  )
}

export const userArn = (account: Account, userName: string, isRoot: boolean): string =>
  `arn:${partition(account.region)}:iam::${account.accountId}:${isRoot ? 'root' : `user/${userName}`}`

export const groupArn = (account: Account, groupName: string): string =>
  `arn:${partition(account.region)}:iam::${account.accountId}:group/${groupName}`

export const policyArn = (account: Account, policyName: string): string =>
  `arn:${partition(account.region)}:iam::${account.accountId}:policy/${policyName}`

const prefix = ({ region, accountId }: Account): string => `arn:${partition(region)}:timestream:${region}:${accountId}:`
const kmsPrefix = ({ region, accountId }: Account): string => `arn:${partition(region)}:kms:${region}:${accountId}:`

function partition(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

/** The same text, the same UUID (version 8: made by a rule of one's own). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
