import type { DocumentKind, Versioned } from '../../src/storage/document-store.ts'

/** Documents that survive a crash. */
export function memoryDocuments() {
  const stored = new Map<string, { key: string; value: unknown; revision: number }>()
  return {
    get: async <T>(_kind: DocumentKind, key: string) => stored.get(key) as Versioned<T> | undefined,
    list: async <T>() => [...stored.values()] as Versioned<T>[],
    put: async <T>(_kind: DocumentKind, key: string, value: T, ifRevision: number) => {
      if ((stored.get(key)?.revision ?? 0) !== ifRevision) return false
      stored.set(key, { key, value, revision: ifRevision + 1 })
      return true
    },
    remove: async (_kind: DocumentKind, key: string) => stored.delete(key),
  }
}
