import type { DocumentStore } from '../../../storage/document-store.ts'
import type { Tags } from '../../../storage/table-record.ts'
import { type Definition, nameOf } from './definition.ts'

const kind = 'scheduled-query'

/** The documents of what the scheduled queries are. A name is given once at a time. */
export class Definitions {
  readonly #documents: Pick<DocumentStore, 'get' | 'list' | 'put' | 'remove'>
  /** By query id, as they were read last. */
  readonly #tags = new Map<string, Tags>()

  constructor(documents: Pick<DocumentStore, 'get' | 'list' | 'put' | 'remove'>) {
    this.#documents = documents
  }

  /** False when there is one of that name. */
  async add(definition: Definition): Promise<boolean> {
    const isAdded = await this.#documents.put(kind, definition.name, definition, 0)
    if (isAdded) this.#tags.set(definition.queryId, definition.tags)
    return isAdded
  }

  /** At once, for policies, which ask on every request: other nodes' changes are known after the next `queryIds`. */
  knownTags(queryId: string): Tags | undefined {
    return this.#tags.get(queryId)
  }

  async byName(name: string): Promise<Definition | undefined> {
    return (await this.#documents.get<Definition>(kind, name))?.value
  }

  async get(queryId: string): Promise<Definition | undefined> {
    const found = await this.byName(nameOf(queryId) ?? '')
    return found?.queryId === queryId ? found : undefined
  }

  async queryIds(): Promise<ReadonlySet<string>> {
    const definitions = (await this.#documents.list<Definition>(kind)).map(({ value }) => value)
    this.#tags.clear()
    for (const { queryId, tags } of definitions) this.#tags.set(queryId, tags)
    return new Set(definitions.map(({ queryId }) => queryId))
  }

  /** False when there is none (any more). */
  async remove(queryId: string): Promise<boolean> {
    for (;;) {
      const stored = await this.#documents.get<Definition>(kind, nameOf(queryId) ?? '')
      if (stored?.value.queryId !== queryId) return false
      if (!(await this.#documents.remove(kind, stored.key, stored.revision))) continue
      this.#tags.delete(queryId)
      return true
    }
  }

  /** False when there is none. */
  async changeTags(queryId: string, change: (current: Tags) => Tags): Promise<boolean> {
    for (;;) {
      const stored = await this.#documents.get<Definition>(kind, nameOf(queryId) ?? '')
      if (stored?.value.queryId !== queryId) return false
      const next = { ...stored.value, tags: change(stored.value.tags) }
      if (!(await this.#documents.put(kind, stored.key, next, stored.revision))) continue
      this.#tags.set(queryId, next.tags)
      return true
    }
  }
}
