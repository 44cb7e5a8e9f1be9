import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import { jsonLog, standardError } from '../base/json-log.ts'
import type { OptionSources } from '../base/option.ts'
import type { ServerConfig } from '../server/config.ts'
import { Supervisor } from '../server/sleep/supervisor.ts'
import { ServiceFailure } from './failure.ts'
import { greeting } from './greeting.ts'
import type { Host } from './host.ts'

/** Serves with a process that is there only while it is needed (`--sleep-after`). The engine is never loaded into this one. */
export async function supervise(config: ServerConfig, { flags }: OptionSources, host: Host): Promise<void> {
  const log = jsonLog(config.logLevel, standardError())
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  const entry = fileURLToPath(new URL(`./supervised${extension}`, import.meta.url))
  const supervisor = new Supervisor({
    config,
    fork: () => fork(entry, [JSON.stringify(flags)], { detached: true }),
    clock: systemClock,
    log,
  })
  host.on('SIGINT', () => supervisor.stop('SIGINT'))
  host.on('SIGTERM', () => supervisor.stop('SIGTERM'))
  const started = supervisor.start().catch((error: unknown) => {
    throw error instanceof ServerError ? new ServiceFailure('cannot start', error.message) : error
  })
  const facts = await Promise.race([started, supervisor.ended])
  // it has said why
  if (typeof facts === 'number') return host.exit(facts)
  host.stdout.write(greeting(facts))
  host.stdout.write(`tidemark listening on ${facts.endpoint}\n`)
  host.exit(await supervisor.ended)
}
