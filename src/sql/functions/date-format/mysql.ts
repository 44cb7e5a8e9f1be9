import { DateFormatError, mergeTexts } from './piece.ts'
import type { DateField, DatePiece } from './piece.ts'

/** Specifiers of MySQL's DATE_FORMAT. Source: developer guide, "Date / time functions": the table of specifiers. */
const specifiers: Readonly<Record<string, readonly DatePiece[]>> = {
  a: [field('short-weekday', 3)],
  b: [field('short-month', 3)],
  c: [field('month', 1)],
  d: [field('day', 2)],
  e: [field('day', 1)],
  f: [field('fraction', 6)],
  H: [field('hour', 2)],
  h: [field('half-clock-hour', 2)],
  I: [field('half-clock-hour', 2)],
  i: [field('minute', 2)],
  j: [field('day-of-year', 3)],
  k: [field('hour', 1)],
  l: [field('half-clock-hour', 1)],
  M: [field('long-month', 4)],
  m: [field('month', 2)],
  p: [field('half-day', 2)],
  r: [field('half-clock-hour', 2), text(':'), field('minute', 2), text(':'), field('second', 2), text(' '), field('half-day', 2)],
  S: [field('second', 2)],
  s: [field('second', 2)],
  T: [field('hour', 2), text(':'), field('minute', 2), text(':'), field('second', 2)],
  v: [field('week', 2)],
  W: [field('long-weekday', 4)],
  x: [field('week-year', 4)],
  Y: [field('year', 4)],
  y: [field('two-digit-year', 2)],
}
const unsupported = 'DUuVwX'

function field(name: DateField, width: number): DatePiece {
  return { kind: 'field', field: name, width }
}
function text(value: string): DatePiece {
  return { kind: 'text', text: value }
}

/** @throws DateFormatError for the specifiers that Timestream does not support. Unknown ones stand for their letter. */
export function parseMysqlFormat(format: string): readonly DatePiece[] {
  const pieces: DatePiece[] = []
  const characters = [...format]
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    const letter = characters[i + 1]
    if (character !== '%' || letter === undefined) {
      pieces.push(text(character))
      continue
    }
    i++
    if (unsupported.includes(letter)) throw new DateFormatError(`%${letter} not currently supported in date format string`)
    pieces.push(...(specifiers[letter] ?? [text(letter)]))
  }
  return mergeTexts(pieces)
}
