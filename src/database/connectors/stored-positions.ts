import type { DocumentStore } from '../../storage/document-store.ts'
import type { ConnectorPosition, ConnectorPositions } from './connectors.ts'

const kind = 'connector-position'

/** Positions as documents of the catalog. */
export class StoredPositions implements ConnectorPositions {
  readonly #documents: DocumentStore
  /** No name of a connector has a slash in it. */
  readonly #prefix: string

  constructor(documents: DocumentStore, connector: string) {
    this.#documents = documents
    this.#prefix = `${connector}/`
  }

  async get<T>(key: string): Promise<ConnectorPosition<T> | undefined> {
    const found = await this.#documents.get<T>(kind, this.#prefix + key)
    return found && { key, value: found.value, revision: found.revision }
  }

  async list<T>(): Promise<readonly ConnectorPosition<T>[]> {
    const found = await this.#documents.list<T>(kind, this.#prefix)
    return found.map(({ key, value, revision }) => ({ key: key.slice(this.#prefix.length), value, revision }))
  }

  put<T>(key: string, value: T, ifRevision: number): Promise<boolean> {
    return this.#documents.put(kind, this.#prefix + key, value, ifRevision)
  }

  remove(key: string, ifRevision: number): Promise<boolean> {
    return this.#documents.remove(kind, this.#prefix + key, ifRevision)
  }
}
