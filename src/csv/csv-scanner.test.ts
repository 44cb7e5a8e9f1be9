import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CsvScanner } from './csv-scanner.ts'
import type { CsvConfiguration } from './model-types.ts'

const rowBytes = 1000

function scan(chunks: readonly Buffer[], configuration: CsvConfiguration = {}): unknown[] {
  const scanner = new CsvScanner(configuration, rowBytes)
  const rows: unknown[] = []
  const take = (isLast: boolean): void => {
    for (let row = scanner.next(isLast); row !== undefined; row = scanner.next(isLast)) rows.push(row)
  }
  for (const chunk of chunks) {
    scanner.feed(chunk)
    take(false)
  }
  take(true)
  return rows
}
const fieldsOf = (text: string, configuration: CsvConfiguration = {}): unknown[] =>
  scan([Buffer.from(text)], configuration).map((row) => (row as { fields: unknown[] }).fields)

describe('rows of CSV', () => {
  it.each<[string, string, CsvConfiguration, unknown[]]>([
    ['plain fields, empty ones being null', 'a,,b\n', {}, [['a', undefined, 'b']]],
    ['quotes around separators, line ends and quotes', '"a,b","c\nd","e""f"\n', {}, [['a,b', 'c\nd', 'e"f']]],
    ['an empty text in quotes, which is no null', '"",a\n', {}, [['', 'a']]],
    ['a quote inside a field as itself', 'a"b,c\n', {}, [['a"b', 'c']]],
    ['line ends of other systems and none at the end', 'a\r\nb', {}, [['a'], ['b']]],
    [
      'escapes inside and outside of quotes',
      `'a\\'b';c\\;d\n`,
      { QuoteChar: "'", ColumnSeparator: ';', EscapeChar: '\\' },
      [["a'b", 'c;d']],
    ],
    ['another null', 'NULL,"NULL",x\n', { NullValue: 'NULL' }, [[undefined, undefined, 'x']]],
    ['white space to trim', ' a , "b " ,\tc\n', { TrimWhiteSpace: true }, [['a', 'b ', 'c']]],
    ['white space to keep', ' a , "b"\n', {}, [[' a ', ' "b"']]],
    ['tabs', 'a\tb c\n', { ColumnSeparator: '\t' }, [['a', 'b c']]],
    ['blanks', 'a b,c\n', { ColumnSeparator: ' ' }, [['a', 'b,c']]],
    ['pipes', 'a|"b|c"\n', { ColumnSeparator: '|' }, [['a', 'b|c']]],
  ])('have %s', (_what, text, configuration, rows) => {
    expect(fieldsOf(text, configuration)).toEqual(rows)
  })

  it('know their lines and where the next one begins, wherever the chunks end', () => {
    const text = fc.array(fc.constantFrom('a', 'é', ',', '"', '\n', '\r\n', '\\', ' ', '""', '"b"'), { maxLength: 30 })
    const configuration = fc.constantFrom<CsvConfiguration>({}, { EscapeChar: '\\' }, { TrimWhiteSpace: true }, { QuoteChar: "'" })
    fc.assert(
      fc.property(text, configuration, fc.array(fc.nat(40), { maxLength: 6 }), (parts, csv, cuts) => {
        const bytes = Buffer.from(parts.join(''))
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], Math.max(places[index]!, end)))
        expect(scan(chunks, csv)).toEqual(scan([bytes], csv))
      }),
      { numRuns: 500 },
    )
  })

  it('that have too many bytes or are no UTF-8 say so, and the next ones are read', () => {
    const rows = scan([Buffer.from(`a,"${'x'.repeat(rowBytes)}"\n`), Buffer.from([0xff, 0x0a]), Buffer.from('b\n')])
    expect(rows).toMatchObject([
      { failure: 'The row has more than 1000 bytes.', line: 1, lastLine: 1 },
      { failure: 'The row is not valid UTF-8.', line: 2 },
      { fields: ['b'], line: 3, end: rowBytes + 9 },
    ])
  })

  it('may come in many chunks', () => {
    const chunk = Buffer.alloc(16 * 1024, 'x')
    const scanner = new CsvScanner({}, 64 * chunk.length)
    scanner.feed(Buffer.from('"'))
    for (let index = 0; index < 32; index++) {
      scanner.feed(chunk)
      expect(scanner.next()).toBeUndefined()
    }
    scanner.feed(Buffer.from('"\nb\n'))
    expect(scanner.next()?.fields[0]).toHaveLength(32 * chunk.length)
    expect(scanner.next()?.fields).toEqual(['b'])
    for (let index = 0; index < 65; index++) scanner.feed(chunk)
    expect([scanner.next(), scanner.isTooLong]).toEqual([undefined, true])
  })
})
