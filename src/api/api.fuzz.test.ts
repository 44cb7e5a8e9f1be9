import Fastify from 'fastify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inMemoryDatabase } from '../../tests/api/in-memory-database.ts'
import { signedHeaders } from '../../tests/api/sign-request.ts'
import { systemClock } from '../base/clock.ts'
import { defaultLimits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import { BodyBudget } from '../base/body-budget.ts'
import { SignatureVerifier } from './signature/signature-v4.ts'
import { registerApi } from './api.ts'
import { operations } from './operations/list.ts'

const targets = operations.map(
  (operation) => `${operation.service === 'tidemark' ? 'Tidemark_20261101' : 'Timestream_20181101'}.${operation.name}`,
)
const memberNames = [...new Set(operations.flatMap((operation) => operation.input.members.map((member) => member.name)))]

const app = Fastify()
const database = inMemoryDatabase()
registerApi(app, {
  database,
  clock: systemClock,
  limits: defaultLimits,
  log: silentLog,
  budget: new BodyBudget(defaultLimits, systemClock),
  verifier: new SignatureVerifier((accessKeyId, token) => database.findAccessKey(accessKeyId, token)),
})

async function statusOf(target: string, body: Buffer): Promise<number> {
  const response = await app.inject({ method: 'POST', url: '/', headers: await signedHeaders({ target, body }), payload: body })
  expect(response.headers['x-amzn-requestid']).toMatch(/^[A-Z2-7]{26}$/)
  response.json()
  return response.statusCode
}

describe('whatever a signed body holds, the answer is JSON and no server error', () => {
  it('for random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), fc.uint8Array({ maxLength: 60 }), async (target, bytes) => {
        expect(await statusOf(target, Buffer.from(bytes))).toBeLessThan(500)
      }),
      { numRuns: 300 },
    )
  })

  it('for random JSON under the names that count', async () => {
    const value = fc.anything({ maxDepth: 3, withBigInt: false, withNullPrototype: false })
    const input = fc.dictionary(
      fc.constantFrom(...memberNames, 'Name', 'Key', '__proto__', 'constructor'),
      fc.oneof(value, fc.array(fc.dictionary(fc.constantFrom('Name', 'Key', 'Value', 'Version'), value))),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), input, async (target, body) => {
        expect(await statusOf(target, Buffer.from(JSON.stringify(body) ?? ''))).toBeLessThan(500)
      }),
      { numRuns: 500 },
    )
  })

  it('for random headers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (authorization, target) => {
        const clean = (text: string): string => text.replace(/[^\x20-\x7e]/g, '')
        const headers = {
          authorization: `AWS4-HMAC-SHA256 ${clean(authorization)}`,
          'x-amz-target': clean(target),
          'content-type': 'application/x-amz-json-1.0',
        }
        expect((await app.inject({ method: 'POST', url: '/?X-Amz-Signature=%', headers, payload: '{}' })).statusCode).toBeLessThan(500)
      }),
      { numRuns: 200 },
    )
  })

  it('for deep nesting', async () => {
    expect(await statusOf('Timestream_20181101.Query', Buffer.from('['.repeat(1_000_000)))).toBe(400)
    expect(
      await statusOf('Timestream_20181101.Query', Buffer.from(`{"QueryString":${'['.repeat(100_000)}"\\ud800${']'.repeat(100_000)}}`)),
    ).toBe(400)
  })
})
