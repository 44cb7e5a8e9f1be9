import type { DocumentStore } from '../document-store.ts'

interface LogCheckpoint {
  /** Rows of the table in segments below it are not written to the engine again. */
  readonly segment: number
}

const kind = 'log-checkpoint'

/**
 * Up to which segment of the log the rows of a table need not come back: they were in the engine, and some of them have been deleted there since.
 * By physical name.
 */
export class LogCheckpoints {
  readonly #documents: Pick<DocumentStore, 'get' | 'put' | 'list' | 'remove'>
  readonly #segments: Map<string, number>

  private constructor(documents: Pick<DocumentStore, 'get' | 'put' | 'list' | 'remove'>, segments: Map<string, number>) {
    this.#documents = documents
    this.#segments = segments
  }

  static async open(documents: Pick<DocumentStore, 'get' | 'put' | 'list' | 'remove'>): Promise<LogCheckpoints> {
    const stored = await documents.list<LogCheckpoint>(kind)
    return new LogCheckpoints(documents, new Map(stored.map(({ key, value }) => [key, value.segment])))
  }

  of(physicalName: string): number {
    return this.#segments.get(physicalName) ?? 0
  }

  /** No new segment may have a smaller number. */
  get greatest(): number {
    return Math.max(1, ...this.#segments.values())
  }

  /** Durable when it resolves. */
  async set(physicalName: string, segment: number): Promise<void> {
    const stored = await this.#documents.get<LogCheckpoint>(kind, physicalName)
    if (!(await this.#documents.put(kind, physicalName, { segment }, stored?.revision ?? 0))) {
      throw new Error(`the checkpoint of ${physicalName} was changed by somebody else`)
    }
    this.#segments.set(physicalName, segment)
  }

  /** Of tables that have nothing below their checkpoint any more: all segments are from `oldest` on. */
  async forget(oldest: number): Promise<void> {
    for (const { key, value, revision } of await this.#documents.list<LogCheckpoint>(kind)) {
      if (value.segment > oldest) continue
      await this.#documents.remove(kind, key, revision)
      this.#segments.delete(key)
    }
  }
}
