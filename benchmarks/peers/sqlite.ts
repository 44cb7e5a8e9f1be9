import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { metricNames, tagNames } from '../tsbs.ts'
import { bytesBelow, findProgram, scratchDirectory } from './peer-process.ts'
import type { SqlPeer } from './sql-peer.ts'

interface Answer {
  readonly rows?: number
  readonly failure?: string
}

/** SQLite as Python brings it, in a process of its own that answers over a pipe; undefined where there is no Python. */
export async function startSqlite(): Promise<SqlPeer | undefined> {
  const python = findProgram('python3')
  if (python === undefined) return undefined
  const directory = scratchDirectory('sqlite')
  const child = spawn(python, [fileURLToPath(new URL('./sqlite.py', import.meta.url)), `${directory}/cpu.sqlite`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting: ((answer: Answer) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line) as Answer))
  child.once('exit', (code) => waiting.splice(0).forEach((resolve) => resolve({ failure: `SQLite's process ended with code ${code}` })))
  const ask = async (request: object): Promise<number> => {
    const answered = new Promise<Answer>((resolve) => waiting.push(resolve))
    child.stdin.write(`${JSON.stringify(request)}\n`)
    const { rows, failure } = await answered
    if (rows === undefined) throw new Error(failure)
    return rows
  }
  const columns = [...tagNames.map((tag) => `${tag} TEXT`), ...metricNames.map((metric) => `${metric} REAL`)]
  await ask({
    sql: `CREATE TABLE cpu (time INTEGER, ${columns.join(', ')}, PRIMARY KEY (hostname, time)) WITHOUT ROWID`,
  })
  return {
    name: 'SQLite',
    load: async (data) => {
      const path = `${directory}/cpu.csv`
      const file = createWriteStream(path)
      // in the order of the key, which SQLite loads several times as fast
      for (let host = 0; host < data.hosts; host++) {
        const lines: string[] = []
        for (let tick = 0; tick < data.ticks; tick++) {
          const first = (tick * data.hosts + host) * 10
          lines.push(
            `${data.startMs + tick * data.intervalMs},${data.tags[host]!.join(',')},${data.values.subarray(first, first + 10).join(',')}\n`,
          )
        }
        if (!file.write(lines.join(''))) await once(file, 'drain')
      }
      file.end()
      await once(file, 'finish')
      await ask({ load: path, columns: columns.length + 1 })
      rmSync(path)
    },
    query: (text) => ask({ sql: text }),
    bytesOnDisk: () => bytesBelow(directory),
    stop: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
