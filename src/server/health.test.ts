import { fastify } from 'fastify'
import { expect, it } from 'vitest'
import { ServerError } from '../base/errors.ts'
import { Metrics } from '../base/metrics.ts'
import { registerHealth } from './health.ts'

function serve(ready: () => Promise<void>) {
  const app = fastify()
  const metrics = new Metrics()
  registerHealth(app, { ready }, metrics)
  return { app, metrics }
}

it('is ready when the database is', async () => {
  const { app } = serve(() => Promise.resolve())
  for (const url of ['/health', '/health/ready']) {
    const response = await app.inject({ url })
    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ready' }])
  }
})

it('lives but is not ready when the database is not, and says why', async () => {
  const { app } = serve(() => Promise.reject(new ServerError('ENGINE_UNAVAILABLE', 'no node answers')))
  expect((await app.inject({ url: '/health/live' })).statusCode).toBe(200)
  const response = await app.inject({ url: '/health/ready' })
  expect([response.statusCode, response.json()]).toEqual([503, { status: 'unavailable', reason: 'no node answers' }])
})

it('does not show internals', async () => {
  const { app } = serve(() => Promise.reject(new Error('password=hunter2')))
  expect((await app.inject({ url: '/health' })).body).not.toContain('hunter2')
})

it('serves the metrics as Prometheus text', async () => {
  const { app, metrics } = serve(() => Promise.resolve())
  metrics.countQueryCall('succeeded')
  const response = await app.inject({ url: '/metrics' })
  expect(response.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(response.body).toContain('tidemark_query_calls_total{outcome="succeeded"} 1')
})
