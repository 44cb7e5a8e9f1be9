import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ServerError } from '../../base/errors.ts'
import { silentLog } from '../../base/log.ts'
import type { Caller } from '../caller.ts'
import { AuditLog, type AuditEntry } from './audit-log.ts'
import { auditedDatabase } from './audited-database.ts'

const clock = { nowMs: () => Date.UTC(2027, 0, 1), nowNs: () => 0n, monotonicMs: () => 0 }
const entry: AuditEntry = { requestId: 'R1', operation: 'Query', principal: 'ann', outcome: 'succeeded', decisions: [] }
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-audit-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('the audit log', () => {
  it('holds one JSON object a line, and goes on after a restart', () => {
    const path = join(directory, 'deep', 'audit.jsonl')
    for (const requestId of ['R1', 'R2']) {
      const log = new AuditLog({ path, fileBytes: 10_000, files: 2, clock, log: silentLog })
      log.write({ ...entry, requestId })
      log.close()
    }
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { time: '2027-01-01T00:00:00.000Z', ...entry },
      { time: '2027-01-01T00:00:00.000Z', ...entry, requestId: 'R2' },
    ])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('never takes more room than its bounds', () => {
    const path = join(directory, 'audit.jsonl')
    const log = new AuditLog({ path, fileBytes: 400, files: 3, clock, log: silentLog })
    for (let i = 0; i < 50; i++) log.write({ ...entry, requestId: `R${i}` })
    log.close()
    expect(readFileSync(path, 'utf8')).toContain('"R49"')
    for (const name of [path, `${path}.1`, `${path}.2`]) expect(statSync(name).size).toBeLessThanOrEqual(400)
    expect(existsSync(`${path}.3`)).toBe(false)
  })

  it('that cannot be written is said at the start', () => {
    expect(() => new AuditLog({ path: directory, fileBytes: 400, files: 3, clock, log: silentLog })).toThrow('--audit-log')
  })
})

describe('a database under audit', () => {
  const caller: Caller = {
    principal: { name: 'ann', accessKeyId: 'TM1', isRoot: false },
    requestId: 'R7',
    sourceIp: '192.0.2.1',
    userAgent: 'aws-cli',
  }
  class Area {
    readonly #answer = 'done'
    async createUser(who: Caller): Promise<string> {
      who.decisions?.push({ action: 'tidemark:CreateUser', resource: 'arn', isAllowed: true })
      return this.#answer
    }
    check(_who: Caller): void {
      throw new ServerError('ACCESS_DENIED', 'no')
    }
  }
  class Product {
    readonly access = new Area()
    readonly #rows = 3
    async write(_who: Caller, count: number): Promise<number> {
      return this.#rows + count
    }
    async query(_who: Caller): Promise<never> {
      throw new ServerError('SYNTAX_ERROR', 'no')
    }
    findAccessKey(id: string): string {
      return `${id}${this.#rows}`
    }
  }

  it('answers as it is, and notes every call of a caller with what it asked for and what came of it', async () => {
    const noted: AuditEntry[] = []
    const database = auditedDatabase(new Product(), { write: (line) => void noted.push(line) })
    expect(await database.write(caller, 4)).toBe(7)
    await expect(database.query(caller)).rejects.toMatchObject({ code: 'SYNTAX_ERROR' })
    expect(await database.access.createUser(caller)).toBe('done')
    expect(() => database.access.check(caller)).toThrow('no')
    expect(database.findAccessKey('k')).toBe('k3')
    const who = { requestId: 'R7', principal: 'ann', accessKeyId: 'TM1', sourceIp: '192.0.2.1', userAgent: 'aws-cli' }
    expect(noted).toEqual([
      { ...who, operation: 'WriteRecords', outcome: 'succeeded', decisions: [] },
      { ...who, operation: 'Query', outcome: 'failed', errorCode: 'SYNTAX_ERROR', decisions: [] },
      {
        ...who,
        operation: 'CreateUser',
        outcome: 'succeeded',
        decisions: [{ action: 'tidemark:CreateUser', resource: 'arn', isAllowed: true }],
      },
      { ...who, operation: 'DescribeEndpoints', outcome: 'denied', errorCode: 'ACCESS_DENIED', decisions: [] },
    ])
  })

  it('names the operations of a member by that member: what is made is in the log', async () => {
    const noted: AuditEntry[] = []
    class Made {
      async create(_who: Caller): Promise<void> {}
    }
    const product = { scheduledQueries: new Made(), batchLoads: new Made(), backups: new Made() }
    const database = auditedDatabase(product, { write: (line) => void noted.push(line) })
    for (const area of [database.scheduledQueries, database.batchLoads, database.backups]) await area.create(caller)
    expect(noted.map(({ operation }) => operation)).toEqual(['CreateScheduledQuery', 'CreateBatchLoadTask', 'CreateBackup'])
  })
})
