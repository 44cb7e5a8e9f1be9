import { expect, it } from 'vitest'
import { Metrics } from './metrics.ts'

it('counts requests by operation and status, and their time by operation', async () => {
  const metrics = new Metrics()
  metrics.countRequest('WriteRecords', 200, 0.004)
  metrics.countRequest('WriteRecords', 200, 0.2)
  metrics.countRequest('Query', 400, 0.01)
  const text = await metrics.text()
  expect(text).toContain('tidemark_requests_total{operation="WriteRecords",status="200"} 2')
  expect(text).toContain('tidemark_requests_total{operation="Query",status="400"} 1')
  expect(text).toContain('tidemark_request_duration_seconds_bucket{le="0.005",operation="WriteRecords"} 1')
  expect(text).toContain('tidemark_request_duration_seconds_count{operation="WriteRecords"} 2')
})

it('counts records, batches, queries and unmapped engine errors', async () => {
  const metrics = new Metrics()
  metrics.countRecords('accepted', 100)
  metrics.countRecords('rejected', 0)
  metrics.countBatch(5000, 0.02)
  metrics.countQueryCall('failed')
  metrics.countUnmappedEngineError('999')
  const text = await metrics.text()
  expect(text).toContain('tidemark_records_total{outcome="accepted"} 100')
  expect(text).not.toContain('outcome="rejected"')
  expect(text).toContain('tidemark_batch_records_bucket{le="10000"} 1')
  expect(text).toContain('tidemark_batch_duration_seconds_sum 0.02')
  expect(text).toContain('tidemark_query_calls_total{outcome="failed"} 1')
  expect(text).toContain('tidemark_engine_errors_unmapped_total{engine_code="999"} 1')
})

it('reads watched gauges at every scrape and forgets labels that went away', async () => {
  const metrics = new Metrics()
  let tiers = [{ labels: { tier: 'memory' }, value: 1 }]
  metrics.watch('tidemark_rows', 'rows', ['tier'], () => tiers)
  expect(await metrics.text()).toContain('tidemark_rows{tier="memory"} 1')
  tiers = [{ labels: { tier: 'magnetic' }, value: 2 }]
  const text = await metrics.text()
  expect(text).toContain('tidemark_rows{tier="magnetic"} 2')
  expect(text).not.toContain('tier="memory"')
})

it('answers the other metrics when one reading fails', async () => {
  const metrics = new Metrics()
  metrics.watch('tidemark_broken', 'never there', [], () => Promise.reject(new Error('engine is down')))
  metrics.countQueryCall('succeeded')
  const text = await metrics.text()
  expect(text).not.toMatch(/^tidemark_broken /m)
  expect(text).toContain('tidemark_query_calls_total{outcome="succeeded"} 1')
})

it('keeps two registries apart', async () => {
  const first = new Metrics()
  first.countQueryCall('succeeded')
  expect(await new Metrics().text()).not.toContain('tidemark_query_calls_total{')
})
