import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Service } from '../base/service.ts'

/** A second signal sooner than this is the same request: a terminal and npm both pass on one Ctrl-C. */
const repeatedSignalMs = 1000

export interface Running {
  /** Drains, then stops, right to left. Calling it again answers the same promise. Never throws: failures are logged. */
  stop(): Promise<void>
}

/** Starts left to right. When one fails, those that run are stopped again and the failure is thrown. */
export async function startServices(services: readonly Service[], log: Log, drainMs: number): Promise<Running> {
  const started: Service[] = []
  let stopping: Promise<void> | undefined
  const running: Running = {
    stop: () => (stopping ??= stopServices(started, log, drainMs)),
  }
  for (const service of services) {
    // A service that fails half-way through its start still has things to release.
    started.push(service)
    try {
      await service.start?.()
    } catch (error) {
      await running.stop()
      throw error
    }
  }
  return running
}

async function stopServices(started: readonly Service[], log: Log, drainMs: number): Promise<void> {
  const rightToLeft = started.toReversed()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), drainMs)
  })
  for (const service of rightToLeft) await drain(service, log, late)
  clearTimeout(timer)
  for (const service of rightToLeft) {
    try {
      await service.stop?.()
    } catch (error) {
      log.error('stop failed', { service: service.name, error })
    }
  }
}

async function drain(service: Service, log: Log, late: Promise<'late'>): Promise<void> {
  try {
    const first = await Promise.race([service.drain?.(), late])
    if (first === 'late') log.warn('drain took too long', { service: service.name })
  } catch (error) {
    log.error('drain failed', { service: service.name, error })
  }
}

/** The part of `process` that is needed here. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
}

/** Resolves with 0 when a signal came and everything has stopped, or with 1 as soon as a later second signal insists. */
export function stopOnSignal(source: SignalSource, running: Running, log: Log, clock: Clock): Promise<0 | 1> {
  return new Promise((resolve) => {
    let firstMs: number | undefined
    const finish = (code: 0 | 1): void => {
      source.off('SIGINT', onSignal)
      source.off('SIGTERM', onSignal)
      resolve(code)
    }
    const onSignal = (): void => {
      if (firstMs === undefined) {
        firstMs = clock.monotonicMs()
        log.info('stopping')
        void running.stop().then(() => finish(0))
      } else if (clock.monotonicMs() - firstMs >= repeatedSignalMs) {
        log.warn('stopping at once')
        finish(1)
      }
    }
    source.on('SIGINT', onSignal)
    source.on('SIGTERM', onSignal)
  })
}
