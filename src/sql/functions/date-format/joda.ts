import { DateFormatError, mergeTexts } from './piece.ts'
import type { DateField, DatePiece } from './piece.ts'

/**
 * Letters of Joda's DateTimeFormat, and those of java.time's DateTimeFormatter that Joda has not (u, L, q, Q, n, X, V, O).
 * Source: developer guide, "Date / time functions": format_datetime, whose examples use both.
 */
function pieceOf(letter: string, count: number): DatePiece {
  const field = (name: DateField, width = count): DatePiece => ({ kind: 'field', field: name, width })
  switch (letter) {
    case 'G':
      return field('era')
    case 'C':
      return field('century')
    case 'Y':
    case 'y':
    case 'u':
      return count === 2 ? field('two-digit-year') : field('year')
    case 'x':
      return count === 2 ? field('two-digit-week-year') : field('week-year')
    case 'w':
      return field('week')
    case 'e':
      return field('day-of-week')
    case 'E':
      return field(count >= 4 ? 'long-weekday' : 'short-weekday')
    case 'D':
      return field('day-of-year')
    case 'M':
    case 'L':
      return field(count >= 4 ? 'long-month' : count === 3 ? 'short-month' : 'month')
    case 'Q':
    case 'q':
      return field('quarter')
    case 'd':
      return field('day')
    case 'a':
      return field('half-day')
    case 'K':
      return field('half-hour')
    case 'h':
      return field('half-clock-hour')
    case 'H':
      return field('hour')
    case 'k':
      return field('clock-hour')
    case 'm':
      return field('minute')
    case 's':
      return field('second')
    case 'S':
      return field('fraction')
    case 'n':
      return field('nanosecond')
    case 'z':
    case 'V':
      return field('zone-name')
    case 'Z':
    case 'X':
    case 'O':
      return count >= 3 && letter === 'Z' ? field('zone-name') : field('zone-offset')
    default:
      throw new DateFormatError(`Illegal pattern component: ${letter}`)
  }
}

/** @throws DateFormatError for letters without a meaning and for a quotation that does not end. */
export function parseJodaFormat(format: string): readonly DatePiece[] {
  const pieces: DatePiece[] = []
  for (let at = 0; at < format.length;) {
    const character = format[at]!
    if (character === "'") {
      const quotation = readQuotation(format, at)
      pieces.push({ kind: 'text', text: quotation.text })
      at = quotation.end
    } else if (/[A-Za-z]/.test(character)) {
      let end = at + 1
      while (format[end] === character) end++
      pieces.push(pieceOf(character, end - at))
      at = end
    } else {
      pieces.push({ kind: 'text', text: character })
      at++
    }
  }
  return mergeTexts(pieces)
}

/** `'…'` with `''` for a quote inside; `''` alone is one quote. */
function readQuotation(format: string, start: number): { readonly text: string; readonly end: number } {
  if (format[start + 1] === "'") return { text: "'", end: start + 2 }
  let text = ''
  for (let at = start + 1; at < format.length; at++) {
    if (format[at] !== "'") text += format[at]
    else if (format[at + 1] === "'") text += format[at++]
    else return { text, end: at + 1 }
  }
  throw new DateFormatError(`the quotation at offset ${start} does not end`)
}
