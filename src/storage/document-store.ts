import type { Service } from '../base/service.ts'

/**
 * The small shared state: databases and tables with their schemas and tags, principals. JSON documents by kind and key, each with a revision;
 * every change is a compare-and-set on one document, so that an embedded transactional store and a linearizable KeeperMap table both serve.
 */
export interface DocumentStore extends Service {
  get<T>(kind: DocumentKind, key: string): Promise<Versioned<T> | undefined>
  /** In key order. */
  list<T>(kind: DocumentKind, prefix?: string): Promise<readonly Versioned<T>[]>
  /** Writes when the stored revision is `ifRevision` (0: no document yet). Durable when it resolves; false when somebody else was first. */
  put<T>(kind: DocumentKind, key: string, value: T, ifRevision: number): Promise<boolean>
  /** Removes when the stored revision is `ifRevision`; false when it is not (any more). */
  remove(kind: DocumentKind, key: string, ifRevision: number): Promise<boolean>
}

export type DocumentKind =
  | 'database'
  | 'table'
  | 'table-change'
  | 'access-key'
  | 'setting'
  | 'user'
  | 'group'
  | 'policy'
  | 'batch-load'
  | 'log-checkpoint'
  | 'scheduled-query'
  | 'scheduled-query-state'
  | 'connector'
  | 'connector-position'

export interface Versioned<T> {
  readonly key: string
  readonly value: T
  /** Above 0, greater with every change. */
  readonly revision: number
}
