import { describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import { defaultLimits, type Limits } from '../../base/limits.ts'
import { BIGINT, rowOf, VARCHAR } from '../../sql/types/type.ts'
import type { ResultColumn } from '../database.ts'
import { Cursor, type CursorOrigin } from './cursor.ts'
import { listedRows } from './row-source.ts'

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => JSON.stringify(index))

function cursorOver(rows: readonly string[], limits: Partial<Limits> = {}, origin: Partial<CursorOrigin> = {}): Cursor {
  const columns: readonly ResultColumn[] = [{ name: 'x', type: BIGINT }]
  const whole = { queryId: 'AEA', queryString: 'SELECT', principalName: 'root', columns, source: listedRows(rows), ...origin }
  return new Cursor(whole, { ...defaultLimits, ...limits })
}

const take = (cursor: Cursor, page: number, maxRows = 1000) => cursor.page(page, maxRows, 1000, systemClock)

describe('a cursor', () => {
  it('answers one page when everything fits', async () => {
    const cursor = cursorOver(numbered(3))
    expect(await take(cursor, 0)).toEqual({
      rowsJson: '[0,1,2]',
      rowCount: 3,
      more: false,
      progressPercentage: 100,
      bytesScanned: 0,
      bytesMetered: 0,
    })
    expect(cursor.state).toBe('finished')
  })

  it('answers an empty result with an empty page', async () => {
    expect(await take(cursorOver([]), 0)).toMatchObject({ rowsJson: '[]', rowCount: 0, more: false })
  })

  it('cuts pages of exactly the rows asked for', async () => {
    const cursor = cursorOver(numbered(5))
    expect(await take(cursor, 0, 3)).toMatchObject({ rowsJson: '[0,1,2]', more: true, progressPercentage: 99.99 })
    expect(await take(cursor, 1, 3)).toMatchObject({ rowsJson: '[3,4]', more: false, progressPercentage: 100 })
  })

  it('promises no page after the last row', async () => {
    expect(await take(cursorOver(numbered(3)), 0, 3)).toMatchObject({ rowCount: 3, more: false })
  })

  it('keeps every page below the limit in bytes, frame and columns included', async () => {
    const rows = Array.from({ length: 400 }, (_, index) => JSON.stringify(`${index}${'ü'.repeat(index)}`))
    const cursor = cursorOver(rows, { pageBytes: 10_000 })
    const pages: string[] = []
    for (let number = 0; cursor.state === 'open'; number++) pages.push((await take(cursor, number)).rowsJson)
    expect(pages.length).toBeGreaterThan(8)
    expect(Math.max(...pages.map((page) => Buffer.byteLength(page)))).toBeLessThan(10_000 - 640)
    expect(Math.min(...pages.slice(0, -1).map((page) => Buffer.byteLength(page)))).toBeGreaterThan(8000)
    expect(pages.flatMap((page) => JSON.parse(page) as string[])).toEqual(rows.map((row) => JSON.parse(row) as string))
  })

  it('refuses a row that is larger than a page, after the rows before it', async () => {
    const cursor = cursorOver(['1', JSON.stringify('x'.repeat(5000)), '3'], { pageBytes: 5000 })
    expect(await take(cursor, 0)).toMatchObject({ rowsJson: '[1]', more: true })
    const refusal = {
      code: 'RESULT_TOO_LARGE',
      message: 'Query aborted as max page response size has been exceeded by the output result row',
    }
    await expect(take(cursor, 1)).rejects.toMatchObject(refusal)
    await expect(take(cursor, 1)).rejects.toMatchObject(refusal)
    expect(cursor.state).toBe('failed')
  })

  it('refuses a result over the limit of all its pages together', async () => {
    const cursor = cursorOver(numbered(20), { resultBytes: 15 })
    await take(cursor, 0, 5)
    await expect(take(cursor, 1, 5)).rejects.toMatchObject({ code: 'RESULT_TOO_LARGE' })
  })

  it('refuses columns that fill a page by themselves', () => {
    const columns = Array.from({ length: 2000 }, (_, index) => ({ name: `column_${index}`, type: rowOf({ name: 'a', type: VARCHAR }) }))
    expect(() => cursorOver([], {}, { columns })).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })

  it('answers the last page again up to five times, and never an older one', async () => {
    const cursor = cursorOver(numbered(6))
    await take(cursor, 0, 2)
    const page = await take(cursor, 1, 2)
    for (let use = 2; use <= 5; use++) expect(await take(cursor, 1, 1)).toBe(page)
    const invalid = { code: 'VALIDATION', message: 'Invalid pagination token' }
    await expect(take(cursor, 1, 2)).rejects.toMatchObject(invalid)
    expect(await take(cursor, 2, 2)).toMatchObject({ rowsJson: '[4,5]', more: false })
    await expect(take(cursor, 1, 2)).rejects.toMatchObject(invalid)
    await expect(take(cursor, 3, 2)).rejects.toMatchObject(invalid)
    expect(await take(cursor, 2, 2)).toMatchObject({ rowsJson: '[4,5]' })
  })

  it('answers two questions for the same page with the same rows', async () => {
    const cursor = cursorOver(numbered(6))
    await take(cursor, 0, 2)
    const [one, two] = await Promise.all([take(cursor, 1, 2), take(cursor, 1, 2)])
    expect(one).toBe(two)
  })

  it('answers every row once, however many are asked for while the next page is cut ahead', async () => {
    const cursor = cursorOver(numbered(100))
    const rows: number[] = []
    const asked = [3, 3, 3, 1, 1, 7, 2, 2, 2, 20, 20, 5, 1000]
    for (const [number, maxRows] of asked.entries()) {
      // the next page is cut in a turn of its own
      await new Promise(setImmediate)
      await new Promise(setImmediate)
      const page = await take(cursor, number, maxRows)
      rows.push(...(JSON.parse(page.rowsJson) as number[]))
      if (page.more) expect(page.rowCount).toBe(maxRows)
    }
    expect(rows).toEqual(Array.from({ length: 100 }, (_, index) => index))
    expect(cursor.deliveredRows).toBe(100)
    expect(cursor.state).toBe('finished')
  })

  it('tells of a failure of the page that was cut ahead only when that page is asked for', async () => {
    const failure = new ServerError('QUERY_TIMEOUT', 'too long')
    const listed = listedRows(numbered(6))
    let left = 5
    const source = {
      ...listed,
      get ended() {
        return listed.ended
      },
      next: (page: Parameters<typeof listed.next>[0]) => {
        if (left-- === 0) throw failure
        return listed.next(page)
      },
    }
    const cursor = cursorOver([], {}, { source })
    await take(cursor, 0, 2)
    const page = await take(cursor, 1, 2)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(await take(cursor, 1, 2)).toBe(page)
    await expect(take(cursor, 2, 2)).rejects.toBe(failure)
    expect(cursor.state).toBe('failed')
  })

  it('answers a DESCRIBE whole', async () => {
    expect(await take(cursorOver(numbered(1500), {}, { unpaged: true }), 0, 1)).toMatchObject({ rowCount: 1500, more: false })
  })

  it('says after a cancel that it was cancelled, and ends once', async () => {
    const ends: unknown[] = []
    const cursor = cursorOver(numbered(5), {}, { onEnd: (_cursor, failure) => ends.push(failure) })
    await take(cursor, 0, 2)
    const reason = new ServerError('QUERY_CANCELLED', 'gone')
    await cursor.abort('cancelled', reason)
    await cursor.close()
    await expect(take(cursor, 1)).rejects.toBe(reason)
    await expect(take(cursor, 0)).rejects.toBe(reason)
    expect(ends).toEqual([reason])
    expect(cursor.deliveredRows).toBe(2)
  })
})
