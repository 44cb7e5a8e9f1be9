import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QueryCommand } from '@aws-sdk/client-timestream-query'
import { CreateDatabaseCommand, CreateTableCommand, WriteRecordsCommand } from '@aws-sdk/client-timestream-write'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serve, type Served } from '../wire/served.ts'

const DatabaseName = 'ward'
let data: string
let served: Served

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'tidemark-delete-'))
  served = await serve({ data })
  await served.write.send(new CreateDatabaseCommand({ DatabaseName }))
  for (const TableName of ['patients', 'others']) await served.write.send(new CreateTableCommand({ DatabaseName, TableName }))
})
afterAll(async () => {
  await served.stop()
  rmSync(data, { recursive: true, force: true })
})

const write = (TableName: string, patient: string, Time = String(Date.now())) =>
  served.write.send(
    new WriteRecordsCommand({
      DatabaseName,
      TableName,
      Records: [{ Dimensions: [{ Name: 'patient', Value: patient }], MeasureName: 'pulse', MeasureValue: '60', Time }],
    }),
  )

async function query(QueryString: string): Promise<string> {
  let page = await served.query.send(new QueryCommand({ QueryString }))
  const rows = [...page.Rows!]
  while (page.NextToken !== undefined) {
    page = await served.query.send(new QueryCommand({ QueryString, NextToken: page.NextToken }))
    rows.push(...page.Rows!)
  }
  return rows.map(({ Data }) => Data!.map(({ ScalarValue }) => ScalarValue).join()).join(' ')
}

test('what was deleted does not come back after a kill, what was written before and after is there', { timeout: 120_000 }, async () => {
  for (let round = 1; round <= 2; round++) {
    const time = String(Date.now())
    // the log holds rows of both tables at the kill: the engine has those of the first one, which was emptied for the deletion
    await write('others', `other${round}`)
    await Promise.all([write('patients', 'gone', time), write('patients', `kept${round}`)])
    expect(await query("DELETE FROM ward.patients WHERE patient = 'gone'")).toBe('1')
    const isWrittenAgain = round % 2 === 0
    if (isWrittenAgain) await write('patients', 'gone', time)
    served.process.kill('SIGKILL')
    await served.exited
    served = await serve({ data })
    const gone = isWrittenAgain ? 'gone ' : ''
    const kept = Array.from({ length: round }, (_, i) => `kept${i + 1}`).join(' ')
    expect(await query('SELECT patient FROM ward.patients ORDER BY patient')).toBe(gone + kept)
    expect(await query('SELECT count(*) FROM ward.others')).toBe(String(round))
    if (isWrittenAgain) expect(await query("DELETE FROM ward.patients WHERE patient = 'gone'")).toBe('1')
  }
})
