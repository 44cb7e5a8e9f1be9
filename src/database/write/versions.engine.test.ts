import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenStorage, caller, openStorage } from '../../../tests/storage/open-storage.ts'
import { systemClock } from '../../base/clock.ts'
import type { TableRecord } from '../../storage/table-record.ts'
import type { RecordInput, RejectedRecord } from './record.ts'

/** Eight series are remembered: most of what is written here has to be looked up. */
const rememberedSeries = 8
const nowMs = systemClock.nowMs()
let directory: string
let storage: OpenStorage

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-versions-'))
  storage = await openStorage({ directory, clock: systemClock, limits: { rememberedSeries } })
})
afterAll(async () => {
  await storage.close()
  rmSync(directory, { recursive: true, force: true })
})

const equalReason =
  'A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value. Specifying record version is supported by the latest SDKs.'
const lowerReason = (version: number, existing: number): string =>
  `The record version ${version} is lower than the existing version ${existing}. A higher version is required to update the measure value.`

const record = (x: string, Version?: number, host = 'a'): RecordInput => ({
  Dimensions: [{ Name: 'host', Value: host }],
  MeasureName: 'cpu',
  MeasureValue: x,
  Time: String(nowMs),
  ...(Version === undefined ? {} : { Version }),
})

/** Answers the rejected records; empty when all were taken. */
async function write(table: TableRecord, ...records: readonly RecordInput[]): Promise<readonly RejectedRecord[]> {
  try {
    await storage.service.write(caller, { databaseName: table.databaseName, tableName: table.tableName, records })
    return []
  } catch (error) {
    expect(error).toMatchObject({ code: 'REJECTED_RECORDS' })
    return (error as { members: { RejectedRecords: readonly RejectedRecord[] } }).members.RejectedRecords
  }
}

interface Case {
  readonly name: string
  readonly existing?: readonly [x: string, version?: number]
  readonly next: readonly [x: string, version?: number]
  /** What is stored afterwards: value and version. */
  readonly stored: readonly [number, string]
  readonly reject?: Omit<RejectedRecord, 'RecordIndex'>
}

const cases: readonly Case[] = [
  { name: 'without an existing record it is stored', next: ['1'], stored: [1, '1'] },
  { name: 'without an existing record it is stored with its version', next: ['1', 7], stored: [1, '7'] },
  { name: 'a higher version replaces the value', existing: ['1'], next: ['2', 2], stored: [2, '2'] },
  { name: 'a higher version with the same value moves the version', existing: ['1', 2], next: ['1', 5], stored: [1, '5'] },
  { name: 'the same version and value change nothing', existing: ['1', 3], next: ['1', 3], stored: [1, '3'] },
  { name: 'two records without versions: the first wins', existing: ['1'], next: ['2'], stored: [1, '1'], reject: { Reason: equalReason } },
  {
    name: 'the same version and another value are rejected',
    existing: ['1', 4],
    next: ['2', 4],
    stored: [1, '4'],
    reject: { Reason: equalReason },
  },
  {
    name: 'a lower version is rejected',
    existing: ['1', 4],
    next: ['2', 3],
    stored: [1, '4'],
    reject: { Reason: lowerReason(3, 4), ExistingVersion: 4 },
  },
  {
    name: 'a lower version is rejected with an equal value too',
    existing: ['1', 4],
    next: ['1'],
    stored: [1, '4'],
    reject: { Reason: lowerReason(1, 4), ExistingVersion: 4 },
  },
]

describe.each([
  ['in a later request', 'later'],
  ['later in the same request', 'same'],
  ['in a request that is under way at the same time', 'together'],
] as const)('of two records with one identity, %s', (_name, how) => {
  it.each(cases)('$name', async ({ existing, next, stored, reject }) => {
    const table = await storage.createTable('db', `t${systemClock.nowNs()}`)
    const first = existing === undefined ? [] : [record(...existing)]
    const second = record(...next)
    let rejected: readonly RejectedRecord[]
    if (how === 'same') rejected = await write(table, ...first, second)
    else if (how === 'later') {
      if (first.length > 0) expect(await write(table, ...first)).toEqual([])
      rejected = await write(table, second)
    } else {
      const [earlier, later] = await Promise.all([first.length > 0 ? write(table, ...first) : [], write(table, second)])
      expect(earlier).toEqual([])
      rejected = later
    }
    const RecordIndex = how === 'same' ? first.length : 0
    expect(rejected).toEqual(reject === undefined ? [] : [{ RecordIndex, ...reject }])
    expect(await storage.select(table, 'value_double, toString(version)')).toEqual([stored])
  })
})

it('the chain of the documentation: 1, then 2 without a version, then 2 with versions 2 and 3, then 3 with version 3', async () => {
  const table = await storage.createTable('db', 'chain')
  expect(await write(table, record('1'))).toEqual([])
  expect(await write(table, record('2'))).toEqual([{ RecordIndex: 0, Reason: equalReason }])
  expect(await write(table, record('2', 2))).toEqual([])
  expect(await write(table, record('2', 3))).toEqual([])
  expect(await write(table, record('3', 3))).toEqual([{ RecordIndex: 0, Reason: equalReason }])
  expect(await write(table, record('3', 4))).toEqual([])
  expect(await storage.select(table, 'value_double, toString(version)')).toEqual([[3, '4']])
})

it('versions are kept to the last of 64 bits', async () => {
  const table = await storage.createTable('db', 'long')
  const version = (Version: bigint, MeasureValue: string): RecordInput => ({ ...record(MeasureValue), Version })
  expect(await write(table, version(9_223_372_036_854_775_806n, '1'))).toEqual([])
  expect(await write(table, version(9_223_372_036_854_775_807n, '2'))).toEqual([])
  expect(await write(table, version(9_223_372_036_854_775_806n, '1'))).toEqual([
    expect.objectContaining({
      Reason: expect.stringContaining('version 9223372036854775806 is lower than the existing version 9223372036854775807') as string,
    }),
  ])
  for (const bad of [0n, -1n, 9_223_372_036_854_775_808n]) {
    await expect(
      storage.service.write(caller, { databaseName: 'db', tableName: 'long', records: [version(bad, '1')] }),
    ).rejects.toMatchObject({ code: 'VALIDATION', message: expect.stringContaining('Records[0].Version') as string })
  }
})

it('many writers of one record: one value wins, and every other writer is told', async () => {
  const table = await storage.createTable('db', 'contested')
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => write(table, record(String(i % 20)))))
  const [row, ...others] = await storage.select(table, 'value_double')
  expect(others).toEqual([])
  for (const [i, rejected] of answers.entries()) expect(rejected.length, `${i}`).toBe(i % 20 === row?.[0] ? 0 : 1)
})

it('series beyond the remembered ones are looked up, and decided about the same way', async () => {
  const table = await storage.createTable('db', 'many')
  const hosts = Array.from({ length: 20 * rememberedSeries }, (_, i) => `host-${i}`)
  const all = (x: string, version?: number): RecordInput[] => hosts.map((host) => record(x, version, host))
  expect(await write(table, ...all('1').slice(0, 100))).toEqual([])
  expect(await write(table, ...all('1').slice(100))).toEqual([])
  storage.reports.length = 0
  const rejected = await write(table, ...all('2').slice(0, 100))
  expect(rejected.map((r) => r.RecordIndex)).toEqual(Array.from({ length: 100 }, (_, i) => i))
  expect(storage.reports.reduce((sum, r) => sum + r.lookedUp, 0)).toBe(100)
  expect(await write(table, ...all('2', 2).slice(0, 100))).toEqual([])
  expect(await storage.select(table, 'value_double, toString(count())', 'GROUP BY value_double ORDER BY value_double')).toEqual([
    [1, '60'],
    [2, '100'],
  ])
})
