import type { DateField, DatePiece } from './piece.ts'

/** A format as a regular expression (RE2), and which group of it holds which field. The last mention of a field counts. */
export interface ReadPlan {
  readonly pattern: string
  readonly groups: ReadonlyMap<DateField, number>
  /** For texts whose numbers all have their full width: found by place, much faster. Absent where a field has no such width. */
  readonly fixed?: FixedPlan
}

export interface FixedPlan {
  /** Without groups. */
  readonly pattern: string
  readonly places: ReadonlyMap<DateField, Place>
}

/** Bytes, the first is 1. */
export interface Place {
  readonly start: number
  readonly length: number
}

const names: Partial<Record<DateField, string>> = {
  era: '(?i:AD|CE)',
  'short-weekday': '(?i:[A-Za-z]+)',
  'long-weekday': '(?i:[A-Za-z]+)',
  'short-month':
    '(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)',
  'long-month':
    '(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)',
  'half-day': '(?i:am|pm)',
  'zone-name': '[A-Za-z][A-Za-z0-9_+:/-]*|[+-]\\d{2}(?::?\\d{2})?',
  'zone-offset': '(?i:z)|[+-]\\d{2}(?::?\\d{2})?',
}

/** Most digits that a number has. */
const digits: Partial<Record<DateField, number>> = {
  century: 2,
  year: 4,
  'two-digit-year': 2,
  'week-year': 4,
  'two-digit-week-year': 2,
  week: 2,
  'day-of-week': 1,
  month: 2,
  quarter: 1,
  day: 2,
  'day-of-year': 3,
  hour: 2,
  'clock-hour': 2,
  'half-hour': 2,
  'half-clock-hour': 2,
  minute: 2,
  second: 2,
  fraction: 9,
  nanosecond: 9,
}

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, (c) => `\\${c}`)

/** Numbers take as many digits as fit, or exactly their width when another number follows at once. */
export function readPlan(pieces: readonly DatePiece[]): ReadPlan {
  const groups = new Map<DateField, number>()
  let pattern = ''
  let group = 0
  for (const [i, piece] of pieces.entries()) {
    if (piece.kind === 'text') {
      pattern += quote(piece.text)
      continue
    }
    group++
    groups.set(piece.field, group)
    const most = digits[piece.field]
    if (most === undefined) {
      pattern += `(${names[piece.field]})`
      continue
    }
    const next = pieces[i + 1]
    const isTight = next?.kind === 'field' && digits[next.field] !== undefined
    const exact = Math.min(Math.max(piece.width, piece.field === 'year' || piece.field === 'week-year' ? 4 : 1), most)
    pattern += isTight && piece.width > 1 ? `(\\d{${exact}})` : `(\\d{1,${most}})`
  }
  const fixed = fixedPlan(pieces)
  return { pattern: `^${pattern}$`, groups, ...(fixed && { fixed }) }
}

const fixedNames: Partial<Record<DateField, number>> = { 'short-month': 3, 'half-day': 2 }

function fixedPlan(pieces: readonly DatePiece[]): FixedPlan | undefined {
  const places = new Map<DateField, Place>()
  let pattern = ''
  let start = 1
  for (const piece of pieces) {
    if (piece.kind === 'text') {
      pattern += quote(piece.text)
      start += new TextEncoder().encode(piece.text).length
      continue
    }
    const name = fixedNames[piece.field]
    const length = name ?? (piece.field === 'fraction' ? Math.min(piece.width, 9) : digits[piece.field])
    if (length === undefined) return undefined
    places.set(piece.field, { start, length })
    pattern += name === undefined ? `\\d{${length}}` : `[A-Za-z]{${length}}`
    start += length
  }
  return { pattern: `^${pattern}$`, places }
}

/** Zone names that texts may have, with their offset from UTC in minutes. Source: the names that Joda knows without a data base, and UTC's. */
export const zoneOffsets: readonly (readonly [name: string, minutes: number])[] = [
  ['Z', 0],
  ['UTC', 0],
  ['GMT', 0],
  ['UT', 0],
  ['EST', -300],
  ['EDT', -240],
  ['CST', -360],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
]
