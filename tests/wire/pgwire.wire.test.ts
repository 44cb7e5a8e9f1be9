import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateDatabaseCommand, CreateTableCommand } from '@aws-sdk/client-timestream-write'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rootKey, serve, type Served } from './served.ts'

let folder: string
let served: Served
let port: number

/** As node-postgres throws it. */
interface Refusal {
  readonly code: string
  readonly message: string
  readonly position?: string
}

const settings = (more: pg.ClientConfig = {}): pg.ClientConfig => ({
  host: '127.0.0.1',
  port,
  user: rootKey.accessKeyId,
  password: rootKey.secretAccessKey,
  database: 'plant',
  ...more,
})

async function connected<T>(work: (client: pg.Client) => Promise<T>, more: pg.ClientConfig = {}): Promise<T> {
  const client = new pg.Client(settings(more))
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

const refusal = (promise: Promise<unknown>): Promise<Refusal> =>
  promise.then(
    () => ({ code: 'none', message: 'it was accepted' }),
    (error: Refusal) => error,
  )

const rowCount = 5000

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-pgwire-'))
  served = await serve({ data: join(folder, 'data'), args: ['--pg-listen', '127.0.0.1:0', '--limits', 'pgConnections=12'] })
  port = await served.pgPort
  await served.write.send(new CreateDatabaseCommand({ DatabaseName: 'plant' }))
  await served.write.send(new CreateTableCommand({ DatabaseName: 'plant', TableName: 'pumps' }))
  await served.write.send(new CreateTableCommand({ DatabaseName: 'plant', TableName: 'gone' }))
  await connected((client) =>
    client.query(
      `INSERT INTO pumps (time, site, pressure, strokes, running) SELECT now() - n * interval '1 second', 's' || (n % 3)::text, n / 2.0, n, n % 2 = 0 FROM generate_series(1, ${rowCount}) AS g(n)`,
    ),
  )
})

afterAll(async () => {
  await served.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('what clients of PostgreSQL ask', () => {
  it('is answered with values of PostgreSQL’s types', async () => {
    const statement = {
      text: `SELECT true AS b, 7 AS i, 9007199254740993 AS l, 0.1 AS d, 'é' AS s, TIMESTAMP '2026-01-02 03:04:05.123456789' AS t, date '2020-02-29' AS day, NULL AS n,
        ARRAY['a b', NULL, '"'] AS texts, ARRAY[1, 2] AS numbers, ROW(1, 'x') AS r, interval '90' minute AS span`,
    }
    const expected = {
      b: true,
      i: 7,
      l: '9007199254740993',
      d: 0.1,
      s: 'é',
      t: new Date('2026-01-02T03:04:05.123Z'),
      n: null,
      texts: ['a b', null, '"'],
      numbers: [1, 2],
      r: { f1: 1, f2: 'x' },
    }
    const text = await connected(async (client) => (await client.query(statement)).rows[0] as Record<string, unknown>)
    expect(text).toMatchObject({ ...expected, span: { hours: 1, minutes: 30 } })
  })

  it('takes parameters whose types come from their places', async () => {
    const since = new Date(Date.now() - 3_600_000 * 24)
    const rows = await connected(
      async (client) =>
        (
          await client.query(
            'SELECT site, count(*) AS n FROM pumps WHERE time > $1 AND strokes <= $2 AND site <> $3 GROUP BY site ORDER BY site',
            [since, 30, 's0'],
          )
        ).rows as unknown,
    )
    expect(rows).toEqual([
      { site: 's1', n: '10' },
      { site: 's2', n: '10' },
    ])
  })

  it('may be Timestream’s own SQL or PostgreSQL’s', async () => {
    const [own, theirs] = await connected(async (client) => [
      (await client.query('SELECT bin(time, 1h) AS t, avg(pressure) AS p FROM "plant"."pumps" WHERE time > ago(1d) GROUP BY 1 ORDER BY 1'))
        .rows.length,
      (
        await client.query(
          "SELECT time_bucket('1 hour', time) AS t, avg(pressure)::numeric AS p FROM pumps WHERE time > now() - interval '1 day' AND site ILIKE 'S%' GROUP BY 1 ORDER BY 1",
        )
      ).rows.length,
    ])
    expect(own).toBe(theirs)
  })

  it('comes in portals of as many rows as the client wants', async () => {
    const sizes = await connected(async (client) => {
      const names: number[] = []
      const result = await client.query({ text: 'SELECT strokes FROM pumps ORDER BY strokes', rows: 1000 } as pg.QueryConfig)
      names.push(result.rows.length)
      return names
    })
    expect(sizes).toEqual([rowCount])
  })

  it('about the catalog is answered by PostgreSQL’s own', async () => {
    const [tables, columns, version] = await connected(async (client) => [
      (
        await client.query(
          "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY 1",
          ['plant'],
        )
      ).rows,
      (
        await client.query(
          "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'plant' ORDER BY ordinal_position",
        )
      ).rows,
      (await client.query('SELECT current_database() AS d, current_schema() AS s')).rows,
    ])
    expect(tables).toEqual([{ relname: 'gone' }, { relname: 'pumps' }])
    expect(columns).toContainEqual({ column_name: 'pressure', data_type: 'double precision' })
    expect(version).toEqual([{ d: 'plant', s: 'plant' }])
  })

  it('never reads the empty tables of that catalog', async () => {
    const refused = await refusal(connected((client) => client.query('SELECT count(*) FROM pumps, pg_class')))
    expect(refused).toMatchObject({ code: '0A000', message: expect.stringContaining('cannot read plant.pumps') as string })
    // nor where parameters leave the plan open
    const prepared = await refusal(connected((client) => client.query('SELECT count(*) FROM pumps, pg_class WHERE relname = $1', ['x'])))
    expect(prepared).toMatchObject({ code: '0A000' })
  })

  it('is compared with arrays and truths as PostgreSQL has them', async () => {
    const [any, none, truth] = await connected(async (client) => [
      (await client.query('SELECT count(*) AS n FROM pumps WHERE site = ANY($1::text[]) AND strokes = ANY(ARRAY[1, 2, 3])', [['s1', 's2']]))
        .rows,
      (await client.query('SELECT count(*) AS n FROM pumps WHERE site <> ALL(\'{s1,"s2"}\'::text[])')).rows,
      (await client.query('SELECT count(*) AS n FROM pumps WHERE running IS TRUE AND (strokes > 10) IS NOT TRUE')).rows,
    ])
    expect(any).toEqual([{ n: '2' }])
    expect(none).toEqual([{ n: String(Math.floor(rowCount / 3)) }])
    const counted = { name: 'few', text: 'SELECT strokes FROM pumps ORDER BY strokes LIMIT $1::integer OFFSET $2::integer', values: [2, 3] }
    expect(await connected(async (client) => (await client.query(counted)).rows)).toEqual([{ strokes: '4' }, { strokes: '5' }])
    expect(truth).toEqual([{ n: '5' }])
    expect(await refusal(connected((client) => client.query("SELECT 1 FROM pumps WHERE site < ANY(ARRAY['a'])")))).toMatchObject({
      code: '0A000',
    })
  })

  it('is read in steps by a cursor, until its transaction ends', async () => {
    await connected(async (client) => {
      await client.query('BEGIN')
      await client.query('DECLARE c NO SCROLL CURSOR FOR SELECT strokes FROM pumps WHERE strokes > $1 ORDER BY strokes', [10])
      const texts = (rows: unknown[]): unknown[] => rows.map((row) => (row as { strokes: string }).strokes)
      expect(texts((await client.query('FETCH 2 FROM c')).rows)).toEqual(['11', '12'])
      expect((await client.query('MOVE FORWARD 100 IN c')).rowCount).toBe(100)
      expect(texts((await client.query('FETCH c')).rows)).toEqual(['113'])
      expect((await client.query('FETCH ALL FROM c')).rows).toHaveLength(rowCount - 113)
      await client.query('COMMIT')
      expect(await refusal(client.query('FETCH c'))).toMatchObject({ code: '34000' })
      await client.query('DECLARE held CURSOR WITH HOLD FOR SELECT strokes FROM pumps ORDER BY strokes')
      expect(texts((await client.query('FETCH NEXT FROM held')).rows)).toEqual(['1'])
      expect(await refusal(client.query('FETCH PRIOR FROM held'))).toMatchObject({ code: '55000' })
      await client.query('CLOSE held')
      expect(await refusal(client.query('DECLARE d CURSOR FOR SELECT 1'))).toMatchObject({ code: '25P01' })
      expect(await refusal(client.query('DECLARE d CURSOR WITH HOLD FOR SELECT nope FROM pumps'))).toMatchObject({
        code: '42703',
        position: '39',
      })
    })
  })

  it('is deleted, with a count, and only by what the statement says', async () => {
    const [counts, left] = await connected(async (client) => {
      const found: (number | null)[] = []
      for (const n of [1, 2]) {
        await client.query("INSERT INTO gone (time, site, n) VALUES (now(), 'a', $1::bigint)", [n])
        await client.query("INSERT INTO gone (time, site, n) VALUES (now(), 'b', $1::bigint)", [n])
        found.push((await client.query('DELETE FROM gone WHERE site = $1', ['a'])).rowCount)
      }
      return [found, (await client.query('SELECT site, count(*) AS n FROM gone GROUP BY 1')).rows]
    })
    expect([counts, left]).toEqual([[1, 1], [{ site: 'b', n: '2' }]])
  })

  it('is copied out as text and CSV', async () => {
    const rows = await rawCopy('COPY (SELECT site, strokes FROM pumps ORDER BY strokes LIMIT 2) TO STDOUT WITH (FORMAT CSV, HEADER)')
    expect(rows).toBe('site,strokes\ns1,1\ns2,2\n')
  })
})

/** node-postgres has no COPY of its own. */
async function rawCopy(sql: string): Promise<string> {
  return connected(async (client) => {
    const { connection } = client as unknown as { connection: NodeJS.EventEmitter & { query(text: string): void } }
    const parts: string[] = []
    connection.on('copyData', (message: { chunk: Buffer }) => parts.push(message.chunk.toString()))
    await client.query(sql)
    return parts.join('')
  })
}

describe('what is refused', () => {
  it('says what and where, and the connection goes on', async () => {
    await connected(async (client) => {
      expect(await refusal(client.query('SELECT nope FROM pumps'))).toMatchObject({ code: '42703', position: '8' })
      expect(await refusal(client.query('SELEC 1'))).toMatchObject({ code: '25006' })
      expect(await refusal(client.query('SELECT 1 +'))).toMatchObject({ code: '42601' })
      expect(await refusal(client.query('SELECT 1 / $1', [0]))).toMatchObject({ code: '22012' })
      expect(await refusal(client.query('SELECT * FROM pumps WHERE strokes = $1', ['many']))).toMatchObject({ code: '22018' })
      expect(await refusal(client.query('CREATE TABLE t (a int)'))).toMatchObject({ code: '25006' })
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    })
  })

  it('ends a transaction for everything but its end', async () => {
    await connected(async (client) => {
      await client.query('BEGIN')
      await refusal(client.query('SELECT nope'))
      expect(await refusal(client.query('SELECT 1'))).toMatchObject({ code: '25P02' })
      await client.query('ROLLBACK')
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    })
  })

  it('stops at the statement timeout and at a cancel request', async () => {
    const slow =
      'SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x), UNNEST(sequence(1, 10000)) AS b(y), UNNEST(sequence(1, 1000)) AS c(z) WHERE (x * y + z) % 7 = 3'
    const limited = await refusal(connected((client) => client.query(slow), { options: '-c statement_timeout=300' }))
    expect(limited).toMatchObject({ code: '57014', message: expect.stringContaining('timeout') as string })
    const cancelled = await connected(async (client) => {
      const running = refusal(client.query(slow))
      await new Promise((resolve) => setTimeout(resolve, 300))
      const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
      const request = Buffer.alloc(16)
      request.writeInt32BE(16, 0)
      request.writeInt32BE(80_877_102, 4)
      request.writeInt32BE(processID, 8)
      request.writeInt32BE(secretKey, 12)
      connect(port, '127.0.0.1').end(request)
      return running
    })
    expect(cancelled).toMatchObject({ code: '57014', message: expect.stringContaining('user request') as string })
  })

  it('is who does not know the secret, or an unknown database', async () => {
    expect(await refusal(connected((client) => client.query('SELECT 1'), { password: 'wrong' }))).toMatchObject({ code: '28P01' })
    expect(await refusal(connected((client) => client.query('SELECT 1'), { user: 'AKIDNOBODY' }))).toMatchObject({ code: '28P01' })
    expect(await refusal(connected((client) => client.query('SELECT 1'), { database: 'elsewhere' }))).toMatchObject({ code: '3D000' })
  })

  it('are bytes that are none of the protocol, and too many clients at once', async () => {
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from([0x40, 0, 0, 0, 0, 3, 0, 0]),
      Buffer.from([0, 0, 0, 8, 0, 2, 0, 0]),
    ]) {
      expect((await answerOf(bytes)).toString('latin1')).toMatch(/FATAL/)
    }
    const many: Socket[] = []
    for (let index = 0; index < 12; index++) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      many.push(socket)
    }
    expect((await answerOf(Buffer.alloc(0))).toString('latin1')).toMatch(/too many clients/)
    for (const socket of many) socket.destroy()
  })
})

async function answerOf(bytes: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const parts: Buffer[] = []
  socket.on('data', (part) => parts.push(part))
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(parts)
}
