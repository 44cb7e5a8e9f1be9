import type { Tags } from '../../../storage/table-record.ts'
import type { Action } from '../authorize.ts'

/** What is asked of policies: who wants to do what, to what, under which circumstances. */
export interface AccessRequest {
  readonly action: Action
  /** ARN, or `*` for an action that has no resource of its own. */
  readonly resource: string
  readonly principal: PrincipalFacts
  readonly context: RequestContext
}

export interface PrincipalFacts {
  readonly name: string
  readonly arn: string
  readonly accountId: string
  readonly region: string
}

/** The circumstances that conditions can name. */
export interface RequestContext {
  readonly nowMs: number
  readonly sourceIp?: string
  readonly secureTransport?: boolean
  readonly userAgent?: string
  /** Tags that the request brings. */
  readonly requestTags?: Tags
  /** Keys of the tags that the request brings or takes away. */
  readonly tagKeys?: readonly string[]
  /** Tags of the resource; asked for only when a condition names them. */
  readonly resourceTags?: () => Tags | undefined
  /** When the temporary credentials were issued. */
  readonly tokenIssuedAtMs?: number
}

/** Values of a condition key, which is in lower case; undefined: the request has none. Source: IAM user guide, "AWS global condition context keys". */
export function valuesOf(key: string, { principal, context }: AccessRequest): readonly string[] | undefined {
  const one = (value: string | undefined): readonly string[] | undefined => (value === undefined ? undefined : [value])
  switch (key) {
    case 'aws:sourceip':
      return one(context.sourceIp)
    case 'aws:securetransport':
      return one(context.secureTransport === undefined ? undefined : String(context.secureTransport))
    case 'aws:currenttime':
      return [new Date(context.nowMs).toISOString()]
    case 'aws:epochtime':
      return [String(Math.floor(context.nowMs / 1000))]
    case 'aws:tokenissuetime':
      return one(context.tokenIssuedAtMs === undefined ? undefined : new Date(context.tokenIssuedAtMs).toISOString())
    case 'aws:useragent':
      return one(context.userAgent)
    case 'aws:tagkeys':
      return context.tagKeys ?? (context.requestTags && Object.keys(context.requestTags))
    case 'aws:username':
    case 'aws:userid':
      return [principal.name]
    case 'aws:principalarn':
      return [principal.arn]
    case 'aws:principalaccount':
    case 'aws:resourceaccount':
      return [principal.accountId]
    case 'aws:principaltype':
      return ['User']
    case 'aws:requestedregion':
      return [principal.region]
    default:
      return tagValue(key, context)
  }
}

function tagValue(key: string, context: RequestContext): readonly string[] | undefined {
  const [kind, name] = splitTagKey(key)
  const tags = kind === 'aws:resourcetag' ? context.resourceTags?.() : kind === 'aws:requesttag' ? context.requestTags : undefined
  // The key of a tag in a condition is not told apart by case.
  const found = tags && Object.keys(tags).find((candidate) => candidate.toLowerCase() === name)
  return found === undefined ? undefined : [tags![found]!]
}

const splitTagKey = (key: string): readonly [string, string] => {
  const slash = key.indexOf('/')
  return slash < 0 ? [key, ''] : [key.slice(0, slash), key.slice(slash + 1)]
}

const plainKeys: ReadonlySet<string> = new Set([
  'aws:sourceip',
  'aws:securetransport',
  'aws:currenttime',
  'aws:epochtime',
  'aws:tokenissuetime',
  'aws:useragent',
  'aws:tagkeys',
  'aws:username',
  'aws:userid',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:resourceaccount',
  'aws:principaltype',
  'aws:requestedregion',
])

/** Whether a request can have a value for the key (in lower case). */
export const isKnownKey = (key: string): boolean => plainKeys.has(key) || /^aws:(?:resource|request)tag\/./.test(key)

/** The same for every request of one principal, so that a decision that asked for nothing else may be kept. */
export const isSteadyKey = (key: string): boolean =>
  [
    'aws:username',
    'aws:userid',
    'aws:principalarn',
    'aws:principalaccount',
    'aws:resourceaccount',
    'aws:principaltype',
    'aws:requestedregion',
  ].includes(key)
