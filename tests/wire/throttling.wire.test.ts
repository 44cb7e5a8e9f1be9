import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QueryCommand } from '@aws-sdk/client-timestream-query'
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  ThrottlingException,
  TimestreamWriteClient,
  WriteRecordsCommand,
} from '@aws-sdk/client-timestream-write'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rootKey, type Served, serve } from './served.ts'

let directory: string
let served: Served
const nowMs = Date.now()

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-throttling-'))
  served = await serve({ data: directory, args: ['--limits', 'pendingWriteRecords=300'] })
  await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'base' }))
  await served.write.send(new CreateTableCommand({ DatabaseName: 'base', TableName: 'flood' }))
})
afterAll(async () => {
  await served.stop()
  rmSync(directory, { recursive: true, force: true })
})

const flood = (call: number): WriteRecordsCommand =>
  new WriteRecordsCommand({
    DatabaseName: 'base',
    TableName: 'flood',
    CommonAttributes: { Dimensions: [{ Name: 'host', Value: 'a' }], MeasureName: 'load' },
    Records: Array.from({ length: 100 }, (_, i) => ({ MeasureValue: String(i), Time: String(nowMs - 100 * call - i) })),
  })

describe('a server that has more waiting than it may', () => {
  it('refuses with an exception that the SDK knows as throttling and retries', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => served.write.send(flood(100 + i))))
    const refused = outcomes.flatMap((o) => (o.status === 'rejected' ? [o.reason as unknown] : []))
    expect(refused.length).toBeGreaterThan(0)
    for (const error of refused) {
      expect(error).toBeInstanceOf(ThrottlingException)
      expect(error).toMatchObject({ $metadata: { httpStatusCode: 429 }, message: expect.stringContaining('Retry with backoff') as string })
    }
  })

  it('takes everything from a client that retries as SDKs do', async () => {
    const client = new TimestreamWriteClient({ region: 'us-east-1', endpoint: served.endpoint, credentials: rootKey, maxAttempts: 12 })
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => client.send(flood(i))))
    expect(answers.every(({ RecordsIngested }) => RecordsIngested?.Total === 100)).toBe(true)
    expect(answers.some(({ $metadata }) => ($metadata.attempts ?? 1) > 1)).toBe(true)
    const from = new Date(nowMs - 3000).toISOString().replace('T', ' ').replace('Z', '')
    const { Rows } = await served.query.send(
      new QueryCommand({ QueryString: `SELECT count(*) FROM base.flood WHERE time > TIMESTAMP '${from}'` }),
    )
    expect(Rows?.[0]?.Data?.[0]?.ScalarValue).toBe('2000')
    client.destroy()
  })
})
