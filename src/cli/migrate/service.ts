import { setTimeout as delay } from 'node:timers/promises'
import type { QueryResponse } from '@aws-sdk/client-timestream-query'
import type { TimestreamQueryClientConfig } from '@aws-sdk/client-timestream-query'
import { ServerError } from '../../base/errors.ts'
import type { Connection } from '../connection.ts'
import { ServiceFailure, unreachable } from '../failure.ts'
import { signedCall } from '../signed-call.ts'

/** The operations of a Timestream, the real one or a Tidemark. */
export interface Service {
  /** @throws ServiceFailure with the exception's name */
  call<Answer>(side: 'write' | 'query', operation: string, input: object): Promise<Answer>
}

export function tidemarkService(connection: Connection, signal: AbortSignal): Service {
  return { call: (_side, operation, input) => signedCall(connection, 'aws', operation, input, signal) }
}

export interface SdkOptions {
  /** Absent: the real service, found by endpoint discovery. */
  readonly endpoint?: string
  readonly region?: string
  readonly profile?: string
  readonly credentials?: Connection['credentials']
}

interface Client {
  send(command: object, options: { readonly abortSignal: AbortSignal }): Promise<unknown>
}
type Commands = Readonly<Record<string, new (input: object) => object>>

/** By the clients of AWS: their credentials, profiles, endpoint discovery and retries. @throws ServerError CONFIGURATION */
export async function sdkService(options: SdkOptions, signal: AbortSignal): Promise<Service> {
  const { query, write } = await loadClients()
  // adaptive: the pace follows what the service says about throttling
  const config = { ...options, maxAttempts: 4, retryMode: 'adaptive' } as TimestreamQueryClientConfig
  const sides = {
    query: { client: new query.TimestreamQueryClient(config) as Client, commands: query as unknown as Commands },
    write: { client: new write.TimestreamWriteClient(config) as Client, commands: write as unknown as Commands },
  }
  return {
    async call<Answer>(side: 'write' | 'query', operation: string, input: object): Promise<Answer> {
      const { client, commands } = sides[side]
      for (let attempt = 0; ; attempt++) {
        try {
          return (await client.send(new commands[`${operation}Command`]!(input), { abortSignal: signal })) as Answer
        } catch (error) {
          signal.throwIfAborted()
          if (!isThrottling(error) || attempt === mostThrottled) throw failureOf(error, options.endpoint ?? 'AWS')
          await delay(Math.min(30_000, 500 * 2 ** attempt), undefined, { signal })
        }
      }
    },
  }
}

/** About a quarter of an hour, beyond what the clients themselves try. */
const mostThrottled = 30

const isThrottling = (error: unknown): boolean => error instanceof Error && /^(?:Throttling|TooManyRequests)/.test(error.name)

function failureOf(error: unknown, where: string): unknown {
  if (!(error instanceof Error)) return error
  if ('$metadata' in error && '$fault' in error) return new ServiceFailure(error.name, error.message)
  if (/^(?:CredentialsProviderError|TokenProviderError)$/.test(error.name))
    return new ServerError('CONFIGURATION', `no credentials for the source: ${error.message}`)
  if (error.message === 'Region is missing') return new ServerError('CONFIGURATION', 'no region for the source: give --from-region')
  return 'code' in error || error.cause !== undefined ? unreachable(where, error) : error
}

async function loadClients() {
  try {
    const [query, write] = await Promise.all([import('@aws-sdk/client-timestream-query'), import('@aws-sdk/client-timestream-write')])
    return { query, write }
  } catch (error) {
    const packages = '@aws-sdk/client-timestream-query @aws-sdk/client-timestream-write'
    throw new ServerError('CONFIGURATION', `migrate needs the packages ${packages}: npm install ${packages}`, { cause: error })
  }
}

export type Rows = NonNullable<QueryResponse['Rows']>

/** The pages of a result; the next one is asked for while the caller works on this one. */
export async function* queryPages(service: Service, sql: string, onScanned?: (bytes: number) => void): AsyncGenerator<Rows> {
  const ask = async (NextToken?: string): Promise<QueryResponse> =>
    await service.call<QueryResponse>('query', 'Query', { QueryString: sql, ...(NextToken !== undefined && { NextToken }) })
  let asked: Promise<QueryResponse> | undefined = ask()
  try {
    while (asked !== undefined) {
      const page: QueryResponse = await asked
      asked = page.NextToken === undefined ? undefined : ask(page.NextToken)
      asked?.catch(() => undefined)
      if (asked === undefined) onScanned?.(page.QueryStatus?.CumulativeBytesScanned ?? 0)
      if (page.Rows !== undefined && page.Rows.length > 0) yield page.Rows
    }
  } finally {
    await asked?.catch(() => undefined)
  }
}

/** All of the rows of a small result, as texts. */
export async function queryTexts(
  service: Service,
  sql: string,
  onScanned?: (bytes: number) => void,
): Promise<readonly (readonly (string | undefined)[])[]> {
  const found: (string | undefined)[][] = []
  for await (const rows of queryPages(service, sql, onScanned))
    for (const { Data = [] } of rows) found.push(Data.map(({ ScalarValue }) => ScalarValue))
  return found
}

/** The elements of all pages of a listing. */
export async function listAll<Answer extends { readonly NextToken?: string | undefined }, Element>(
  service: Service,
  side: 'write' | 'query',
  operation: string,
  input: object,
  elements: (answer: Answer) => readonly Element[] | undefined,
): Promise<Element[]> {
  const found: Element[] = []
  let NextToken: string | undefined
  do {
    const answer: Answer = await service.call<Answer>(side, operation, { ...input, ...(NextToken !== undefined && { NextToken }) })
    found.push(...(elements(answer) ?? []))
    ;({ NextToken } = answer)
  } while (NextToken !== undefined)
  return found
}
