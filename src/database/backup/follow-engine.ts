import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { EngineBackups } from '../../storage/backup/engine-backup.ts'

export interface Sizes {
  readonly bytesDone: number
  readonly bytesTotal: number
}

const askEveryMs = 250
/** The engine remembers parts that it has merged away for eight minutes. */
const observeEveryMs = 60_000

/**
 * Waits for a backup or restore of the engine, telling how far it is. `observe` is called now and then.
 * @throws ServerError CONFIGURATION with the reason when it failed
 */
export async function followEngine(
  engine: EngineBackups,
  clock: Clock,
  handle: string,
  failure: string,
  tell: (sizes: Sizes) => void,
  observe: () => Promise<void> = async () => undefined,
): Promise<Sizes> {
  let observedMs = clock.monotonicMs()
  for (;;) {
    const { state, reason, ...sizes } = await engine.progress(handle)
    tell(sizes)
    if (state === 'done') return sizes
    if (state === 'failed') throw new ServerError('CONFIGURATION', `${failure}: ${reason ?? 'the engine gave no reason'}.`)
    await new Promise((resolve) => setTimeout(resolve, askEveryMs))
    if (clock.monotonicMs() - observedMs < observeEveryMs) continue
    observedMs = clock.monotonicMs()
    await observe()
  }
}
