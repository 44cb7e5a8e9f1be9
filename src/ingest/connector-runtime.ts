import type { Clock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { ConnectorFigures, Metrics } from '../base/metrics.ts'
import type { Service } from '../base/service.ts'
import type { Caller } from '../database/caller.ts'
import type { ConnectorDefinition, ConnectorRunner, ConnectorState } from '../database/connectors/connectors.ts'
import type { DeadLetter } from '../database/connectors/dead-letter.ts'
import type { Database } from '../database/database.ts'
import type { Connector, OpenConnector } from './connector.ts'
import { readConnectorOptions } from './option.ts'
import { RunningConnector } from './running-connector.ts'

export interface ConnectorRuntimeOptions {
  readonly database: Database
  /** Every type that there is. */
  readonly connectors: readonly Connector[]
  /** What the configuration says. */
  readonly configured: readonly ConnectorDefinition[]
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  readonly metrics: Pick<Metrics, 'countConnector'>
}

const idle: ConnectorState = {
  status: 'stopped',
  recordsAccepted: 0,
  recordsRejected: 0,
  messages: 0,
  deadLetters: 0,
  pendingBytes: 0,
}

/** Runs the connectors that are to run: those of the configuration, HTTP receivers that nobody stopped, and those that the API made. */
export class ConnectorRuntime implements Service, ConnectorRunner {
  readonly name = 'connectors'
  readonly #options: ConnectorRuntimeOptions
  readonly #byType: ReadonlyMap<string, Connector>
  readonly #running = new Map<string, RunningConnector>()
  #isDraining = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: ConnectorRuntimeOptions) {
    this.#options = options
    this.#byType = new Map(options.connectors.map((connector) => [connector.type, connector]))
  }

  async start(): Promise<void> {
    const { configured } = this.#options
    for (const definition of configured) {
      try {
        this.check(definition)
      } catch (error) {
        if (!(error instanceof ServerError)) throw error
        throw new ServerError('CONFIGURATION', `--connectors: ${definition.name}: ${error.message}`)
      }
    }
    const builtIn = this.#options.connectors
      .filter(({ type, routes }) => routes !== undefined && !configured.some((each) => each.type === type))
      .map(({ type }): ConnectorDefinition => ({ name: type, type, options: {}, principal: 'root', isRunning: true, origin: 'built-in' }))
    await this.#options.database.connectors.attach(this, [...builtIn, ...configured])
  }

  async drain(): Promise<void> {
    this.#isDraining = true
    await this.#last
    await Promise.all([...this.#running.values()].map((each) => each.stop()))
  }

  async stop(): Promise<void> {
    await this.drain()
  }

  /** Those that run. */
  states(): readonly { readonly name: string; readonly state: ConnectorState }[] {
    return [...this.#running.values()].map(({ definition, state }) => ({ name: definition.name, state }))
  }

  /** The HTTP receiver of this type, when it runs. */
  receiver(type: string): { readonly open: OpenConnector; readonly name: string } | undefined {
    for (const running of this.#running.values()) {
      if (running.definition.type === type) return { open: running.open, name: running.definition.name }
    }
    return undefined
  }

  check({ name, type, options }: ConnectorDefinition): void {
    const connector = this.#byType.get(type)
    if (connector === undefined) {
      throw new ServerError(
        'VALIDATION',
        `there is no connector type ${JSON.stringify(type)}; there are ${[...this.#byType.keys()].join(', ')}`,
      )
    }
    if (connector.routes !== undefined && name !== type) {
      throw new ServerError('VALIDATION', `an HTTP receiver has the name of its type: ${type}`)
    }
    readConnectorOptions(connector.options, options)
  }

  secretOptions(type: string): ReadonlySet<string> {
    const options = Object.entries(this.#byType.get(type)?.options ?? {})
    return new Set(options.filter(([, { secret }]) => secret === true).map(([name]) => name))
  }

  apply(definitions: readonly ConnectorDefinition[]): Promise<void> {
    const turn = this.#last.then(() => this.#apply(definitions))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  state(name: string): ConnectorState {
    return this.#running.get(name)?.state ?? idle
  }

  async replay(name: string, letter: DeadLetter): Promise<string | undefined> {
    const running = this.#running.get(name)
    if (running === undefined) return `The connector ${name} does not run.`
    return running.replay(letter)
  }

  async #apply(definitions: readonly ConnectorDefinition[]): Promise<void> {
    if (this.#isDraining) return
    const wanted = new Map(definitions.filter(({ isRunning }) => isRunning).map((definition) => [definition.name, definition]))
    for (const [name, running] of this.#running) {
      const definition = wanted.get(name)
      if (definition !== undefined && JSON.stringify(definition) === JSON.stringify(running.definition)) continue
      await running.stop()
      this.#running.delete(name)
    }
    for (const [name, definition] of wanted) {
      if (!this.#running.has(name)) this.#start(definition)
    }
  }

  #start(definition: ConnectorDefinition): void {
    const { database, clock, limits, metrics } = this.#options
    const log = this.#options.log.child({ connector: definition.name })
    const connector = this.#byType.get(definition.type)
    if (connector === undefined) return log.error('connector.unknown', { type: definition.type })
    try {
      const running = new RunningConnector({
        definition,
        connector,
        database,
        clock,
        limits,
        log,
        owner: () => this.#owner(definition),
        count: (figures: ConnectorFigures) => metrics.countConnector(definition.name, figures),
      })
      this.#running.set(definition.name, running)
      running.start()
      log.info('connector.started', { type: definition.type })
    } catch (error) {
      log.error('connector.failed', { error })
    }
  }

  /** @throws ServerError ACCESS_DENIED when the user is gone */
  #owner({ name, principal: userName }: ConnectorDefinition): Caller {
    const principal =
      userName === 'root'
        ? { name: 'root', accessKeyId: `connector/${name}`, isRoot: true }
        : this.#options.database.access.principalOf(userName)
    if (principal === undefined) throw new ServerError('ACCESS_DENIED', `The user ${userName} does not exist any more.`)
    return { principal, requestId: `connector/${name}`, userAgent: `tidemark-connector/${name}` }
  }
}
