import { readFileSync } from 'node:fs'
import { ServerError } from '../base/errors.ts'
import { parsePattern, parseText, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { rootCredentialsPath } from '../server/config.ts'
import { serverOptions } from '../server/options.ts'

/** What every command that talks to a server can be told; the same variables as the AWS tools. */
export const connectionOptions = {
  endpoint: {
    flag: 'endpoint',
    environment: 'AWS_ENDPOINT_URL',
    placeholder: 'URL',
    summary: 'Address of the server',
    fallback: 'http://127.0.0.1:8470',
    parse: parsePattern(/^https?:\/\/[^\s/]+\/?$/, 'an address (as in http://127.0.0.1:8470)'),
  },
  region: {
    flag: 'region',
    environment: 'AWS_REGION',
    placeholder: 'REGION',
    summary: 'Region to sign for',
    fallback: 'us-east-1',
    parse: parseText,
  },
  accessKeyId: {
    flag: 'access-key-id',
    environment: 'AWS_ACCESS_KEY_ID',
    placeholder: 'ID',
    summary: 'Access key; that of the data folder when absent',
    parse: parseText,
  },
  secretAccessKey: {
    environment: 'AWS_SECRET_ACCESS_KEY',
    placeholder: 'SECRET',
    summary: 'Secret of the access key',
    parse: parseText,
    secret: true,
  },
  sessionToken: {
    environment: 'AWS_SESSION_TOKEN',
    placeholder: 'TOKEN',
    summary: 'Session token of a temporary access key',
    parse: parseText,
    secret: true,
  },
  data: { ...serverOptions.data, summary: "The server's data folder, to take the root access key from when no other is given" },
} as const satisfies OptionDefinitions

export interface Connection {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
}

/** Throws ServerError CONFIGURATION when no credentials can be found. */
export function readConnection(sources: OptionSources): Connection {
  const options = readOptions(connectionOptions, sources)
  const { accessKeyId, secretAccessKey, sessionToken } = options
  const endpoint = options.endpoint.replace(/\/$/, '')
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return {
      endpoint,
      region: options.region,
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    }
  }
  if (accessKeyId !== undefined) throw new ServerError('CONFIGURATION', 'the access key needs AWS_SECRET_ACCESS_KEY as well')
  return { endpoint, region: options.region, credentials: rootKeyOf(options.data) }
}

/** The key that the first start left in the data folder, readable by its owner only. `variables` begin the names of those that give another. */
export function rootKeyOf(dataDirectory: string, variables = 'AWS'): Connection['credentials'] {
  const path = rootCredentialsPath(dataDirectory)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new ServerError(
      'CONFIGURATION',
      `no credentials: set ${variables}_ACCESS_KEY_ID and ${variables}_SECRET_ACCESS_KEY, or give --data with the server's data folder (${path} cannot be read)`,
    )
  }
  const key = JSON.parse(text) as Partial<Connection['credentials']>
  if (typeof key.accessKeyId !== 'string' || typeof key.secretAccessKey !== 'string') {
    throw new ServerError('CONFIGURATION', `${path} does not hold an access key`)
  }
  return { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey }
}
