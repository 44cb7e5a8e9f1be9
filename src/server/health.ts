import type { FastifyInstance } from 'fastify'
import { ServerError } from '../base/errors.ts'
import type { Metrics } from '../base/metrics.ts'

export interface HealthSource {
  /** Resolves when reads and writes are possible; throws with the reason otherwise. */
  ready(): Promise<void>
}

interface Readiness {
  readonly status: 'ready' | 'unavailable'
  readonly reason?: string
}

/** Without credentials: whether the process lives, whether it can do its work, and its metrics. Neither shows any data. */
export function registerHealth(app: FastifyInstance, source: HealthSource, metrics: Metrics): void {
  app.get('/health/live', () => ({ status: 'live' }))
  for (const path of ['/health', '/health/ready']) {
    app.get(path, async (request, reply) => {
      const readiness = await readinessOf(source)
      const isReady = readiness.status === 'ready'
      // clients of InfluxDB ask here as well, and look for words of their own
      const isInflux = /influxdb/i.test(request.headers['user-agent'] ?? '')
      const body = isInflux ? { name: 'tidemark', status: isReady ? 'pass' : 'fail', message: readiness.reason ?? 'ready' } : readiness
      return reply.code(isReady ? 200 : 503).send(body)
    })
  }
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()))
}

async function readinessOf(source: HealthSource): Promise<Readiness> {
  try {
    await source.ready()
    return { status: 'ready' }
  } catch (error) {
    const reason = error instanceof ServerError && error.definition.masked !== true ? error.message : 'internal error, see the log'
    return { status: 'unavailable', reason }
  }
}
