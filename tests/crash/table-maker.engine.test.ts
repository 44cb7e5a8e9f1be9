import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { TableRecord } from '../../src/storage/table-record.ts'
import { openTestDatabase } from './test-database.ts'

const rounds = 3

/** What a process said until it was killed, some moments after it began its work. */
async function killedAfter(directory: string, round: number, afterMs: number): Promise<readonly string[]> {
  const script = new URL('table-maker.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(child.stdout, 'data')
  await delay(afterMs)
  child.kill('SIGKILL')
  await once(child, 'close')
  return said.split('\n').slice(0, -1)
}

it('leaves no half-made table when it is killed while tables are made and removed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-tables-'))
  try {
    const said: string[] = []
    for (let round = 0; round < rounds; round++) said.push(...(await killedAfter(directory, round, 130 + round * 97)))
    const names = (sign: string): readonly string[] => said.filter((line) => line.startsWith(sign)).map((line) => line.slice(1))
    const removalBegan = new Set(names('-'))
    expect(names('+').length).toBeGreaterThan(rounds)

    const opened = await openTestDatabase(directory)
    const { storage } = opened
    try {
      const documents = (await storage.documents.list<TableRecord>('table')).map(({ value }) => value)
      const found = new Set(documents.map(({ tableName }) => tableName))
      expect(names('+').filter((name) => !removalBegan.has(name) && !found.has(name))).toEqual([])
      expect(names('=').filter((name) => found.has(name))).toEqual([])
      const rows = await storage.engine.rows('SELECT name FROM system.tables WHERE database = {database:String}', {
        database: storage.engineDatabase,
      })
      expect(new Set(rows.map(([name]) => name))).toEqual(new Set(documents.map(({ physicalName }) => physicalName)))
      expect(await storage.documents.list('table-change')).toEqual([])
    } finally {
      await opened.close()
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
