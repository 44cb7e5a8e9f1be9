/** A part of a date that a format text asks for; `width` is the least number of digits, or the kind of a name. */
export type DateField =
  | 'era'
  | 'century'
  | 'year'
  | 'two-digit-year'
  | 'week-year'
  | 'two-digit-week-year'
  | 'week'
  | 'day-of-week'
  | 'short-weekday'
  | 'long-weekday'
  | 'month'
  | 'short-month'
  | 'long-month'
  | 'quarter'
  | 'day'
  | 'day-of-year'
  | 'half-day'
  /** 0–23. */
  | 'hour'
  /** 1–24. */
  | 'clock-hour'
  /** 0–11. */
  | 'half-hour'
  /** 1–12. */
  | 'half-clock-hour'
  | 'minute'
  | 'second'
  /** Digits after the point: `width` of them. */
  | 'fraction'
  /** Nanoseconds of the second as a number. */
  | 'nanosecond'
  | 'zone-name'
  | 'zone-offset'

export type DatePiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly field: DateField; readonly width: number }

/** The format is wrong or asks for what does not exist. */
export class DateFormatError extends Error {
  override readonly name = 'DateFormatError'
}

/** Neighbouring literal texts become one. */
export function mergeTexts(pieces: readonly DatePiece[]): readonly DatePiece[] {
  const merged: DatePiece[] = []
  for (const piece of pieces) {
    const last = merged.at(-1)
    if (piece.kind === 'text' && last?.kind === 'text') merged[merged.length - 1] = { kind: 'text', text: last.text + piece.text }
    else if (piece.kind === 'field' || piece.text !== '') merged.push(piece)
  }
  return merged
}

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const
