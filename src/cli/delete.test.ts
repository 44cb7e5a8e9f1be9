import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ask, runDelete } from './delete.ts'

/** Answers queries as the service does: an empty page first, then a row with the count. */
let server: Server
let endpoint: string
let statements: string[]
let written: string

beforeEach(async () => {
  statements = []
  written = ''
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { QueryString, NextToken } = JSON.parse(body) as { QueryString: string; NextToken?: string }
      if (NextToken === undefined) statements.push(QueryString)
      response.end(
        JSON.stringify(
          NextToken === undefined ? { Rows: [], NextToken: 'next' } : { Rows: [{ Data: [{ ScalarValue: '3' }] }], NextToken: undefined },
        ),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

function run(flags: Readonly<Record<string, string | true>>, ask?: Ask): Promise<void> {
  const environment = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
  const output = { write: async (text: string) => void (written += text) }
  return runDelete('my"db', 'cpu', { flags: { endpoint, ...flags }, environment }, output, ask, new AbortController().signal)
}
const where = { where: "host = 'a'" }
const statement = `DELETE FROM "my""db"."cpu" WHERE host = 'a'`

describe('tidemark delete', () => {
  it('counts only with --dry-run', async () => {
    await run({ ...where, 'dry-run': true })
    expect(statements).toEqual([`EXPLAIN ${statement}`])
    expect(written).toBe('3 records would be deleted\n')
  })

  it('deletes with --yes', async () => {
    await run({ ...where, yes: true })
    expect(statements).toEqual([statement])
    expect(written).toBe('3 records deleted\n')
  })

  it('asks with the count first, and deletes when the answer is yes', async () => {
    const asked: string[] = []
    const answering =
      (answer: string): Ask =>
      async (question) => {
        asked.push(question)
        return answer
      }
    await run(where, answering('no'))
    expect(written).toBe('Nothing was deleted\n')
    expect(statements).toEqual([`EXPLAIN ${statement}`])
    await run(where, answering('y'))
    expect(asked[1]).toBe('Delete 3 records of my"db.cpu for good? [y/N] ')
    expect(statements.at(-1)).toBe(statement)
  })

  it('refuses without --yes where nobody can be asked, and without --where', async () => {
    await expect(run(where)).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining('--yes') as string })
    await expect(run({})).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining('--where') as string })
    expect(statements).toEqual([`EXPLAIN ${statement}`])
  })
})
