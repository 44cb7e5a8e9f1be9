import type { EngineResult } from '../engine.ts'
import type { ProgressHandle } from '../progress-watch.ts'

/** A result that is there already. */
export const wholeResult = (bytes: Uint8Array, progress: ProgressHandle): EngineResult => ({
  chunks: async function* () {
    if (bytes.byteLength > 0) yield bytes
  },
  progress: () => progress.current,
  close: async () => undefined,
})
