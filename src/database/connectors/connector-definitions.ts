import { ServerError } from '../../base/errors.ts'
import type { DocumentStore } from '../../storage/document-store.ts'
import type { ConnectorDefinition } from './connectors.ts'

/** What is stored of a connector: all of it when the API made it; of one that is configured or built in, whether it runs. */
interface StoredConnector {
  readonly isRunning: boolean
  readonly definition?: Omit<ConnectorDefinition, 'isRunning' | 'origin'>
}

const kind = 'connector'

/** The connectors that are to be there: those of the configuration and those that the API made. */
export class ConnectorDefinitions {
  readonly #documents: DocumentStore
  readonly #configured: readonly ConnectorDefinition[]

  constructor(documents: DocumentStore, configured: readonly ConnectorDefinition[]) {
    this.#documents = documents
    this.#configured = configured
  }

  /** In the order of their names. */
  async all(): Promise<readonly ConnectorDefinition[]> {
    const stored = new Map((await this.#documents.list<StoredConnector>(kind)).map(({ key, value }) => [key, value]))
    const found = this.#configured.map((each) => ({ ...each, isRunning: stored.get(each.name)?.isRunning ?? each.isRunning }))
    for (const [name, { definition, isRunning }] of stored) {
      if (definition !== undefined && !this.isConfigured(name)) found.push({ ...definition, isRunning, origin: 'api' })
    }
    return found.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  isConfigured(name: string): boolean {
    return this.#configured.some((each) => each.name === name)
  }

  async put({ isRunning, origin: _origin, ...definition }: ConnectorDefinition): Promise<void> {
    await this.#change(definition.name, () => ({ isRunning, definition }))
  }

  async setRunning(name: string, isRunning: boolean): Promise<void> {
    await this.#change(name, (current) => ({ ...current, isRunning }))
  }

  async remove(name: string): Promise<void> {
    for (;;) {
      const stored = await this.#documents.get<StoredConnector>(kind, name)
      if (stored?.value.definition === undefined) throw connectorNotFound(name)
      if (await this.#documents.remove(kind, name, stored.revision)) return
    }
  }

  async #change(name: string, change: (current: StoredConnector | undefined) => StoredConnector): Promise<void> {
    for (;;) {
      const stored = await this.#documents.get<StoredConnector>(kind, name)
      if (await this.#documents.put(kind, name, change(stored?.value), stored?.revision ?? 0)) return
    }
  }
}

export const connectorNotFound = (name: string): ServerError =>
  new ServerError('RESOURCE_NOT_FOUND', `The connector ${name} does not exist.`)
