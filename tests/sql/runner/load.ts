import type { MeasureValueInput, MeasureValueType, RecordInput } from '../../../src/database/write/record.ts'

/**
 * The records of one line: `dimensions | measure name | time [+step] | values [| version]`.
 * Dimensions are `name=value` with blanks between (quotes around what holds blanks). Values are `1.5` (double), `12i` (bigint), `true`, `'text'`,
 * `@2024-01-01 00:00:00` (timestamp) or `_` (no record). One list of them makes single-measure records, `step` apart;
 * `name=list name=list` makes multi-measure ones, with `_` for an attribute that is left out.
 * Times are `2024-01-15 11:00:00[.123456789]` or `now`, `now-90s`.
 */
export function readLoadLine(line: string, nowNs: bigint): RecordInput[] {
  const fields = splitOutsideQuotes(line, '|').map((field) => field.trim())
  if (fields.length < 4 || fields.length > 5) throw new Error(`load line needs 'dimensions | measure | time | values': ${line}`)
  const [dimensions, measureName, times, values, version] = fields as [string, string, string, string, string?]
  const { start, step } = readTimes(times, nowNs)
  const common = {
    Dimensions: splitOutsideQuotes(dimensions, ' ')
      .filter((part) => part !== '')
      .map(readDimension),
    MeasureName: measureName,
    TimeUnit: 'NANOSECONDS' as const,
    ...(version !== undefined && { Version: Number(version) }),
  }
  const lists = splitOutsideQuotes(values, ' ')
    .reduce<string[]>(joinLists, [])
    .map((text) => readList(text, nowNs))
  const count = Math.max(...lists.map((list) => list.values.length))
  const records: RecordInput[] = []
  for (let i = 0; i < count; i += 1) {
    const written: MeasureValueInput[] = lists.flatMap(({ name, values: list }) => {
      const value = list[i]
      return value === undefined ? [] : [{ Name: name ?? '', ...value }]
    })
    if (written.length === 0) continue
    const time = { Time: String(start + step * BigInt(i)) }
    records.push({ ...common, ...time, ...measure(written, lists[0]!.name === undefined) })
  }
  return records
}

function measure(written: readonly MeasureValueInput[], single: boolean): RecordInput {
  if (!single) return { MeasureValueType: 'MULTI', MeasureValues: written }
  return { MeasureValueType: written[0]!.Type, MeasureValue: written[0]!.Value }
}

interface Value {
  readonly Value: string
  readonly Type: MeasureValueType
}

/** `a=1, 2 b=3` is split at blanks: a part belongs to the list before it unless that one is whole. */
function joinLists(lists: string[], part: string): string[] {
  if (part === '') return lists
  const last = lists.at(-1)
  if (last !== undefined && (last.endsWith(',') || part.startsWith(','))) return [...lists.slice(0, -1), last + part]
  return [...lists, part]
}

function readList(text: string, nowNs: bigint): { name?: string; values: (Value | undefined)[] } {
  const named = /^([A-Za-z_][^=,'"]*)=(.*)$/s.exec(text)
  const values = splitOutsideQuotes(named ? named[2]! : text, ',').map((value) => readValue(value.trim(), nowNs))
  return named ? { name: named[1]!, values } : { values }
}

function readValue(text: string, nowNs: bigint): Value | undefined {
  if (text === '_') return undefined
  if (/^-?\d+i$/.test(text)) return { Value: text.slice(0, -1), Type: 'BIGINT' }
  if (text === 'true' || text === 'false') return { Value: text, Type: 'BOOLEAN' }
  if (/^'.*'$/s.test(text)) return { Value: text.slice(1, -1), Type: 'VARCHAR' }
  if (/^@".*"$/.test(text)) return { Value: String(readTime(text.slice(2, -1), nowNs)), Type: 'TIMESTAMP' }
  if (Number.isFinite(Number(text)) && text !== '') return { Value: text, Type: 'DOUBLE' }
  throw new Error(`no value: ${text}`)
}

function readDimension(text: string): { Name: string; Value: string } {
  const at = text.indexOf('=')
  if (at === -1) throw new Error(`a dimension is name=value: ${text}`)
  return { Name: text.slice(0, at), Value: text.slice(at + 1).replace(/^"(.*)"$/s, '$1') }
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
}

function readTimes(text: string, nowNs: bigint): { start: bigint; step: bigint } {
  const match = /^(.*?)(?:\s+\+(\d+[a-z]+))?$/.exec(text)!
  return { start: readTime(match[1]!, nowNs), step: match[2] === undefined ? 0n : readDuration(match[2]) }
}

function readDuration(text: string): bigint {
  const match = /^(\d+)([a-z]+)$/.exec(text)
  const unit = match && units[match[2]!]
  if (!unit) throw new Error(`no duration: ${text}`)
  return BigInt(match[1]!) * unit
}

/** Nanoseconds since the epoch. */
export function readTime(text: string, nowNs: bigint): bigint {
  const relative = /^now(?:-(\d+[a-z]+))?$/.exec(text)
  if (relative) return nowNs - (relative[1] === undefined ? 0n : readDuration(relative[1]))
  const match = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?)?$/.exec(text)
  if (match === null) throw new Error(`no time: ${text}`)
  const ms = Date.parse(`${match[1]}T${match[2] ?? '00:00:00'}Z`)
  return BigInt(ms) * 1_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'))
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = []
  let quote: string | undefined
  let start = 0
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i]!
    if (quote !== undefined) {
      if (character === quote) quote = undefined
    } else if (character === '"' || character === "'") quote = character
    else if (character === separator) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}
