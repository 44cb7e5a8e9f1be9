import { join } from 'node:path'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { Storage } from '../../storage/open.ts'
import type { Action } from '../access/authorize.ts'
import type { Caller, Principal } from '../caller.ts'
import { ConnectorDefinitions, connectorNotFound } from './connector-definitions.ts'
import type {
  ConnectorDefinition,
  ConnectorDescription,
  ConnectorPositions,
  ConnectorRunner,
  Connectors,
  DeadLetterPage,
  DeadLetterSelection,
  DeadLettersInput,
  PutConnectorInput,
  ReplayOutcome,
} from './connectors.ts'
import type { DeadLetter, NewDeadLetter } from './dead-letter.ts'
import { DeadLetterFiles } from './dead-letter-files.ts'
import { StoredPositions } from './stored-positions.ts'

export interface StoredConnectorsOptions {
  readonly storage: Pick<Storage, 'documents' | 'dataDirectory' | 'fileSeal' | 'isShared'>
  readonly limits: Limits
  readonly log: Log
  /** @throws ServerError ACCESS_DENIED */
  readonly check: (caller: Caller, action: Action) => void
  readonly principalOf: (userName: string) => Principal | undefined
}

const namePattern = /^[a-z0-9][a-z0-9_.-]{0,63}$/
const pageSize = 100
/** How often those that other nodes changed are read. */
const sharedRefreshMs = 5000

/** Connectors as documents of the catalog and files of dead letters; what runs them attaches itself. */
export class StoredConnectors implements Connectors {
  readonly #options: StoredConnectorsOptions
  readonly #files = new Map<string, DeadLetterFiles>()
  #definitions: ConnectorDefinitions
  #runner: ConnectorRunner | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: StoredConnectorsOptions) {
    this.#options = options
    this.#definitions = new ConnectorDefinitions(options.storage.documents, [])
  }

  async attach(runner: ConnectorRunner, configured: readonly ConnectorDefinition[]): Promise<void> {
    const { storage, log } = this.#options
    this.#definitions = new ConnectorDefinitions(storage.documents, configured)
    this.#runner = runner
    await runner.apply(await this.#definitions.all())
    if (!storage.isShared) return
    const refresh = async (): Promise<void> => runner.apply(await this.#definitions.all())
    this.#timer = setInterval(() => {
      refresh().catch((error: unknown) => log.warn('connectors not read', { error: String(error) }))
    }, sharedRefreshMs).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async list(caller: Caller): Promise<readonly ConnectorDescription[]> {
    this.#options.check(caller, 'tidemark:ListConnectors')
    return (await this.#definitions.all()).map((definition) => this.#describe(definition))
  }

  async put(caller: Caller, input: PutConnectorInput): Promise<ConnectorDescription> {
    this.#options.check(caller, 'tidemark:PutConnector')
    const { name, type, options, principal = caller.principal.name, isRunning = true } = input
    if (!namePattern.test(name)) {
      throw new ServerError(
        'VALIDATION',
        `The name of a connector has up to 64 of a–z, 0–9, _, . and -, and begins with a letter or a digit.`,
      )
    }
    if (principal !== caller.principal.name && !caller.principal.isRoot) {
      throw new ServerError('ACCESS_DENIED', `Only root may let a connector write in the name of another user (${principal}).`)
    }
    if (principal !== 'root' && this.#options.principalOf(principal) === undefined) {
      throw new ServerError('RESOURCE_NOT_FOUND', `The user ${principal} does not exist.`)
    }
    if (this.#definitions.isConfigured(name)) {
      throw new ServerError('CONFLICT', `The connector ${name} belongs to the configuration of the server; change it there.`)
    }
    const known = (await this.#definitions.all()).find((each) => each.name === name)
    const kept = known?.type === type ? this.#keptSecrets(known, options) : {}
    const definition: ConnectorDefinition = { name, type, options: { ...options, ...kept }, principal, isRunning, origin: 'api' }
    this.#running().check(definition)
    await this.#definitions.put(definition)
    await this.#apply()
    return this.#describe(definition)
  }

  async delete(caller: Caller, name: string): Promise<void> {
    this.#options.check(caller, 'tidemark:DeleteConnector')
    if (this.#definitions.isConfigured(name)) {
      throw new ServerError('CONFLICT', `The connector ${name} belongs to the configuration of the server; it can be stopped here.`)
    }
    await this.#definitions.remove(name)
    await this.#apply()
    const positions = this.positions(name)
    for (const { key, revision } of await positions.list()) await positions.remove(key, revision)
  }

  async start(caller: Caller, name: string): Promise<ConnectorDescription> {
    this.#options.check(caller, 'tidemark:StartConnector')
    return this.#setRunning(name, true)
  }

  async stop(caller: Caller, name: string): Promise<ConnectorDescription> {
    this.#options.check(caller, 'tidemark:StopConnector')
    return this.#setRunning(name, false)
  }

  async #setRunning(name: string, isRunning: boolean): Promise<ConnectorDescription> {
    await this.#find(name)
    await this.#definitions.setRunning(name, isRunning)
    await this.#apply()
    return this.#describe(await this.#find(name))
  }

  async deadLetters(caller: Caller, { connector, maxResults = pageSize, nextToken }: DeadLettersInput): Promise<DeadLetterPage> {
    this.#options.check(caller, 'tidemark:ListDeadLetters')
    const most = Math.min(maxResults, pageSize)
    const items = await this.#filesOf(connector).list(nextToken === undefined ? 0 : numberOf(connector, nextToken), most)
    return { items, ...(items.length === most && { nextToken: items.at(-1)!.id }) }
  }

  async deadLetter(caller: Caller, id: string): Promise<DeadLetter> {
    this.#options.check(caller, 'tidemark:ListDeadLetters')
    const connector = id.slice(0, Math.max(id.lastIndexOf(':'), 0))
    const letter = await this.#filesOf(connector).get(numberOf(connector, id))
    if (letter === undefined) throw new ServerError('RESOURCE_NOT_FOUND', `There is no dead letter ${id}.`)
    return letter
  }

  async replay(caller: Caller, { connector, ids }: DeadLetterSelection): Promise<ReplayOutcome> {
    this.#options.check(caller, 'tidemark:ReplayDeadLetters')
    const files = this.#filesOf(connector)
    const wanted = ids && new Set(ids.map((id) => numberOf(connector, id)))
    const failed: { id: string; reason: string }[] = []
    let replayed = 0
    for (let after = 0; ;) {
      const letters = await files.list(after, pageSize)
      if (letters.length === 0) return { replayed, failed }
      const stored = new Set<number>()
      for (const letter of letters) {
        after = numberOf(connector, letter.id)
        if (wanted !== undefined && !wanted.has(after)) continue
        const reason = letter.isCut ? 'It was too long to be kept whole.' : await this.#running().replay(connector, letter)
        if (reason === undefined) stored.add(after)
        else failed.push({ id: letter.id, reason })
      }
      replayed += stored.size
      if (stored.size > 0) await files.remove(stored)
    }
  }

  async deleteDeadLetters(caller: Caller, { connector, ids }: DeadLetterSelection): Promise<number> {
    this.#options.check(caller, 'tidemark:DeleteDeadLetters')
    const files = this.#filesOf(connector)
    if (ids !== undefined) return files.remove(new Set(ids.map((id) => numberOf(connector, id))))
    const all = await files.list(0, Number.POSITIVE_INFINITY)
    return files.remove(new Set(all.map(({ id }) => numberOf(connector, id))))
  }

  async bury(connector: string, letters: readonly NewDeadLetter[]): Promise<void> {
    await this.#filesOf(connector).add(letters)
  }

  positions(connector: string): ConnectorPositions {
    return new StoredPositions(this.#options.storage.documents, connector)
  }

  droppedDeadLetters(connector: string): number {
    return this.#files.get(connector)?.dropped ?? 0
  }

  #filesOf(connector: string): DeadLetterFiles {
    if (!namePattern.test(connector)) throw connectorNotFound(connector)
    const { storage, limits } = this.#options
    let files = this.#files.get(connector)
    if (files === undefined) {
      files = new DeadLetterFiles(connector, join(storage.dataDirectory, 'dead-letters', connector), storage.fileSeal, limits)
      this.#files.set(connector, files)
    }
    return files
  }

  async #find(name: string): Promise<ConnectorDefinition> {
    const found = (await this.#definitions.all()).find((each) => each.name === name)
    if (found === undefined) throw connectorNotFound(name)
    return found
  }

  async #apply(): Promise<void> {
    await this.#running().apply(await this.#definitions.all())
  }

  #running(): ConnectorRunner {
    if (this.#runner === undefined) throw new ServerError('SHUTTING_DOWN', 'Connectors do not run at this moment.')
    return this.#runner
  }

  /** Secrets are shown as `hidden`, so that whoever sends what was shown leaves them as they are. */
  #keptSecrets(known: ConnectorDefinition, given: PutConnectorInput['options']): PutConnectorInput['options'] {
    const secrets = [...this.#running().secretOptions(known.type)].filter(
      (name) => given[name] === hidden && known.options[name] !== undefined,
    )
    return Object.fromEntries(secrets.map((name) => [name, known.options[name]!]))
  }

  #describe(definition: ConnectorDefinition): ConnectorDescription {
    const runner = this.#running()
    const secrets = runner.secretOptions(definition.type)
    const options = Object.fromEntries(
      Object.entries(definition.options).map(([name, value]) => [name, secrets.has(name) ? hidden : value]),
    )
    return { ...definition, options, state: runner.state(definition.name) }
  }
}

const hidden = '********'

/** @throws ServerError VALIDATION */
function numberOf(connector: string, id: string): number {
  const number = id.startsWith(`${connector}:`) ? Number(id.slice(connector.length + 1)) : Number.NaN
  if (!Number.isSafeInteger(number))
    throw new ServerError('VALIDATION', `${JSON.stringify(id)} is no dead letter of the connector ${connector}.`)
  return number
}
