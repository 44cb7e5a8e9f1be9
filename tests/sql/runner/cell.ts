/** A value of the API's answer: exactly one member is there. */
export interface Datum {
  readonly NullValue?: true
  readonly ScalarValue?: string
  readonly ArrayValue?: readonly Datum[]
  readonly RowValue?: { readonly Data: readonly Datum[] }
  readonly TimeSeriesValue?: readonly { readonly Time: string; readonly Value: Datum }[]
}

/** Text that can stand bare in a cell without being taken for something else. */
const plain = /^[^\s"[\](){}|,~#=]([^"[\](){}|,=\n\r\t]*[^\s"[\](){}|,=])?$/

/** `1.5`, `NULL`, `"a | b"`, `[1, NULL]`, `(a, 2)`, `{2024-01-01 00:00:00.000000000 = 1.5}`. */
export function cellText(datum: Datum): string {
  if (datum.ArrayValue !== undefined) return `[${datum.ArrayValue.map(cellText).join(', ')}]`
  if (datum.RowValue !== undefined) return `(${datum.RowValue.Data.map(cellText).join(', ')})`
  if (datum.TimeSeriesValue !== undefined) {
    return `{${datum.TimeSeriesValue.map((point) => `${point.Time} = ${cellText(point.Value)}`).join(', ')}}`
  }
  const { ScalarValue: text } = datum
  if (text === undefined) return 'NULL'
  return text !== 'NULL' && text !== '----' && plain.test(text) ? text : JSON.stringify(text).replaceAll('|', '\\u007c')
}

export const rowText = (cells: readonly Datum[]): string => cells.map(cellText).join(' | ')

/** Equal texts; where a cell is expected as `~1.5`, a number at most 1e-9 of it away. */
export function rowMatches(expected: string, actual: string): boolean {
  if (expected === actual) return true
  const wanted = expected.split(' | ')
  const cells = actual.split(' | ')
  return wanted.length === cells.length && wanted.every((cell, i) => cell === cells[i] || isNear(cell, cells[i]!))
}

function isNear(expected: string, actual: string): boolean {
  if (!expected.startsWith('~')) return false
  const wanted = Number(expected.slice(1))
  return Math.abs(Number(actual) - wanted) <= Math.abs(wanted) * 1e-9
}
