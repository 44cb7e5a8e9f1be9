import { describe, expect, it } from 'vitest'
import { FormatError, parseFormat } from './format-specifier.ts'

describe('parseFormat', () => {
  it('reads text, flags, width and precision', () => {
    expect(parseFormat('a%-10.3f%%%n')).toEqual([
      { kind: 'text', text: 'a' },
      { kind: 'conversion', argument: 0, flags: '-', width: 10, precision: 3, conversion: 'f' },
      { kind: 'text', text: '%\n' },
    ])
  })

  it('counts arguments, takes them by index and again', () => {
    expect(parseFormat('%s%2$s%<s%s').map((piece) => piece.kind === 'conversion' && piece.argument)).toEqual([0, 1, 1, 1])
  })

  it.each(['%', '%5', '% d%', '%tY', '%g', '%0$s', '%<s'])('refuses %j', (format) => {
    expect(() => parseFormat(format)).toThrow(FormatError)
  })
})
