import { parseSwitch, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { readConnection } from './connection.ts'
import { rowWriter, type Cell, type Output } from './output.ts'
import { signedCall } from './signed-call.ts'

export const statusOptions = {
  json: { flag: 'json', summary: 'Write the status as JSON', fallback: 'false', parse: parseSwitch },
  wake: { flag: 'wake', summary: 'Wake a server that sleeps, to see all of its status', fallback: 'false', parse: parseSwitch },
} as const satisfies OptionDefinitions

interface TierStatus {
  readonly rows: number
  readonly bytesOnDisk: number
  readonly oldestTimeNs?: string
  readonly newestTimeNs?: string
}

/** As the operation Status answers. */
interface StatusAnswer {
  readonly version: string
  readonly engine: { readonly kind: string; readonly version: string; readonly queries: number; readonly inserts: number }
  readonly uptimeMs: number
  readonly databaseCount: number
  readonly tables: readonly {
    readonly databaseName: string
    readonly tableName: string
    readonly rows: number
    readonly series: number
    readonly moves: number
    readonly merges: number
    readonly memoryStore: TierStatus
    readonly magneticStore: TierStatus
  }[]
  readonly recordsPerSecond: number
  readonly queriesPerSecond: number
  readonly pendingWriteRecords: number
}

const tableColumns = [
  { name: 'database', align: 'left' },
  { name: 'table', align: 'left' },
  { name: 'rows', align: 'right' },
  { name: 'series', align: 'right' },
  { name: 'store', align: 'left' },
  { name: 'rows in it', align: 'right' },
  { name: 'bytes', align: 'right' },
  { name: 'oldest', align: 'left' },
  { name: 'newest', align: 'left' },
] as const

export async function runStatus(sources: OptionSources, output: Output): Promise<void> {
  const { json, wake } = readOptions(statusOptions, sources)
  const connection = readConnection(sources)
  const asleep = wake ? undefined : await sleepOf(connection.endpoint)
  if (asleep !== undefined) {
    const wakes = asleep.wakesAt === undefined ? '' : `, wakes by itself at ${asleep.wakesAt}`
    const text = `server     ${connection.endpoint}, asleep since ${asleep.since}${wakes}; the next request wakes it\n`
    return output.write(json ? `${JSON.stringify(asleep, null, 2)}\n` : text)
  }
  const status = await signedCall<StatusAnswer>(connection, 'tidemark', 'Status', {})
  if (json) {
    await output.write(`${JSON.stringify(status, null, 2)}\n`)
    return
  }
  const { engine } = status
  const facts = [
    ['server', `Tidemark ${status.version} at ${connection.endpoint}, up ${durationText(status.uptimeMs)}`],
    ['engine', `${engine.kind} ${engine.version}, ${engine.queries} queries and ${engine.inserts} inserts under way`],
    ['databases', String(status.databaseCount)],
    ['tables', String(status.tables.length)],
    ['writes', `${rateText(status.recordsPerSecond)} records/s, ${status.pendingWriteRecords} waiting`],
    ['background', `${total(status, 'merges')} merges and ${total(status, 'moves')} moves between the stores under way`],
    ['queries', `${rateText(status.queriesPerSecond)} /s`],
  ]
  await output.write(`${facts.map(([name, value]) => `${name?.padEnd(11)}${value}\n`).join('')}\n`)
  const writer = rowWriter('table', tableColumns, output)
  await writer.page(
    status.tables.flatMap(({ databaseName, tableName, rows, series, memoryStore, magneticStore }) =>
      [
        [databaseName, tableName, rows, series, 'memory', ...tierCells(memoryStore)],
        ['', '', '', '', 'magnetic', ...tierCells(magneticStore)],
      ].map((cells) => cells.map((value): Cell => ({ text: String(value), json: value }))),
    ),
  )
  await writer.end()
}

interface Asleep {
  readonly status: 'asleep'
  readonly since: string
  readonly wakesAt?: string
}

/** What a server that sleeps says of itself; undefined when it is awake or does not answer. */
async function sleepOf(endpoint: string): Promise<Asleep | undefined> {
  try {
    const answer = (await (await fetch(`${endpoint}/health`)).json()) as { readonly status?: string }
    return answer.status === 'asleep' ? (answer as Asleep) : undefined
  } catch {
    return undefined
  }
}

const total = ({ tables }: StatusAnswer, what: 'merges' | 'moves'): number => tables.reduce((sum, table) => sum + table[what], 0)

const tierCells = ({ rows, bytesOnDisk, oldestTimeNs, newestTimeNs }: TierStatus): readonly (string | number)[] => [
  rows,
  bytesText(bytesOnDisk),
  timeText(oldestTimeNs),
  timeText(newestTimeNs),
]

/** To the second, UTC. */
const timeText = (timeNs: string | undefined): string =>
  timeNs === undefined ? '' : new Date(Number(BigInt(timeNs) / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ')

/** `1.5 MiB`; whole below 1 KiB. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`
}

/** The two largest parts: `3d 4h`, `5m 6s`, `7s`. */
export function durationText(ms: number): string {
  let rest = Math.floor(ms / 1000)
  const parts: string[] = []
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / seconds)
    rest -= count * seconds
    if (count > 0 || (unit === 's' && parts.length === 0)) parts.push(`${count}${unit}`)
  }
  return parts.slice(0, 2).join(' ')
}

function rateText(perSecond: number): string {
  return perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1)
}
