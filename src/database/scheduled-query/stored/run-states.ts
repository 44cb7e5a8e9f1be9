import type { DocumentStore, Versioned } from '../../../storage/document-store.ts'
import { type RunState, dueMs } from './run-state.ts'

const kind = 'scheduled-query-state'

/** The documents of where every scheduled query stands, and which of them is due first. */
export class RunStates {
  readonly #documents: Pick<DocumentStore, 'get' | 'list' | 'put' | 'remove'>
  readonly #nodeId: string
  readonly #isShared: boolean
  /** By query id: from when a run waits for this process. */
  readonly #due = new Map<string, number | undefined>()

  constructor(documents: Pick<DocumentStore, 'get' | 'list' | 'put' | 'remove'>, nodeId: string, isShared: boolean) {
    this.#documents = documents
    this.#nodeId = nodeId
    this.#isShared = isShared
  }

  get count(): number {
    return this.#due.size
  }

  /** All of them, in the order of their ids; what is due is known anew. */
  async readAll(): Promise<readonly RunState[]> {
    const stored = await this.#documents.list<RunState>(kind)
    this.#due.clear()
    for (const { value } of stored) this.#note(value)
    return stored.map(({ value }) => value)
  }

  /** The query whose run waits longest. */
  firstDue(): { readonly queryId: string; readonly sinceMs: number } | undefined {
    let first: { readonly queryId: string; readonly sinceMs: number } | undefined
    for (const [queryId, sinceMs] of this.#due) {
      if (sinceMs !== undefined && (first === undefined || sinceMs < first.sinceMs)) first = { queryId, sinceMs }
    }
    return first
  }

  async get(queryId: string): Promise<RunState | undefined> {
    return (await this.#find(queryId))?.value
  }

  async add(state: RunState): Promise<boolean> {
    if (!(await this.#documents.put(kind, state.queryId, state, 0))) return false
    this.#note(state)
    return true
  }

  async remove(queryId: string): Promise<void> {
    for (;;) {
      const stored = await this.#find(queryId)
      if (stored === undefined || (await this.#documents.remove(kind, queryId, stored.revision))) break
    }
    this.#due.delete(queryId)
  }

  /** Repeats `change` on what is stored until nobody else was first. Undefined when there is no such query or nothing to change. */
  async change<T extends RunState>(queryId: string, change: (current: RunState) => T | undefined): Promise<T | undefined> {
    for (;;) {
      const stored = await this.#find(queryId)
      const next = stored && change(stored.value)
      if (stored === undefined || next === undefined) return undefined
      if (next !== stored.value && !(await this.#documents.put(kind, queryId, next, stored.revision))) continue
      this.#note(next)
      return next
    }
  }

  async #find(queryId: string): Promise<Versioned<RunState> | undefined> {
    const stored = await this.#documents.get<RunState>(kind, queryId)
    if (stored === undefined) this.#due.delete(queryId)
    else this.#note(stored.value)
    return stored
  }

  #note(state: RunState): void {
    this.#due.set(state.queryId, dueMs(state, this.#nodeId, this.#isShared))
  }
}
