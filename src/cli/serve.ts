import { systemClock } from '../base/clock.ts'
import { ServerError } from '../base/errors.ts'
import { jsonLog, standardError } from '../base/json-log.ts'
import type { ServerConfig } from '../server/config.ts'
import { formatHost } from '../server/http.ts'
import { stopOnSignal } from '../server/lifecycle.ts'
import { startServer, type Server } from '../server/main.ts'
import { ServiceFailure } from './failure.ts'
import { greeting } from './greeting.ts'
import type { Host } from './host.ts'

/** Serves until a signal comes, then ends the process: 0 when everything was finished in order. */
export async function serve(config: ServerConfig, host: Host): Promise<void> {
  const log = jsonLog(config.logLevel, standardError())
  const server = await start(() => startServer(config, systemClock, log))
  host.stdout.write(greeting(server.facts))
  host.stdout.write(`tidemark listening on ${server.facts.endpoint}\n`)
  const { pgwire } = server.facts
  if (pgwire) host.stdout.write(`tidemark pgwire listening on ${formatHost(pgwire.host)}:${pgwire.port}\n`)
  const code = await stopOnSignal(host, server.running, log, systemClock)
  host.exit(code)
}

/** What hinders a start is about this machine (a port in use, a folder that cannot be written), not about the command line. */
async function start(begin: () => Promise<Server>): Promise<Server> {
  try {
    return await begin()
  } catch (error) {
    if (error instanceof ServerError && error.code !== 'INTERNAL') throw new ServiceFailure('cannot start', error.message)
    throw error
  }
}
