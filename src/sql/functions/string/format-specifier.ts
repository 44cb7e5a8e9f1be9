/** One piece of a format text of Java's Formatter: literal text, or a conversion of an argument. */
export type FormatPiece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'conversion'
      /** From 0. */
      readonly argument: number
      readonly flags: string
      readonly width: number | undefined
      readonly precision: number | undefined
      readonly conversion: 's' | 'S' | 'd' | 'f' | 'e' | 'E' | 'x' | 'X' | 'o' | 'b' | 'B' | 'c'
    }

export class FormatError extends Error {
  override readonly name = 'FormatError'
}

const specifier = /%(?:(\d+)\$)?([-#+ 0,(<]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/y
const known = 'sSdfeExXobBc'

/** @throws FormatError where the text is no format, or uses what is not supported (dates, %g, %h, %a). */
export function parseFormat(format: string): readonly FormatPiece[] {
  const pieces: FormatPiece[] = []
  let text = ''
  let next = 0
  let previous = -1
  const flush = (): void => {
    if (text !== '') pieces.push({ kind: 'text', text })
    text = ''
  }
  for (let at = 0; at < format.length;) {
    if (format[at] !== '%') {
      text += format[at++]
      continue
    }
    specifier.lastIndex = at
    const match = specifier.exec(format)
    if (match === null) throw new FormatError(`no conversion follows the % at offset ${at}`)
    const [whole, index, flags = '', width, precision, letter = ''] = match
    at += whole.length
    if (letter === '%' || letter === 'n') {
      text +=
        letter === 'n' ? '\n' : width === undefined ? '%' : flags.includes('-') ? '%'.padEnd(Number(width)) : '%'.padStart(Number(width))
      continue
    }
    if (!known.includes(letter)) throw new FormatError(`conversion %${letter} is not supported`)
    flush()
    const argument = flags.includes('<') ? previous : index === undefined ? next++ : Number(index) - 1
    if (argument < 0) throw new FormatError(`${whole} names no argument`)
    previous = argument
    pieces.push({
      kind: 'conversion',
      argument,
      flags,
      width: width === undefined ? undefined : Number(width),
      precision: precision === undefined ? undefined : Number(precision),
      conversion: letter as Extract<FormatPiece, { kind: 'conversion' }>['conversion'],
    })
  }
  flush()
  return pieces
}
