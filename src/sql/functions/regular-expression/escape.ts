import { PatternError } from './syntax.ts'

const simple: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 }

/** The character that an escape at `start` (the backslash) stands for, and where the text goes on. @throws PatternError */
export function readEscape(text: string, start: number): { readonly code: number; readonly end: number } {
  const letter = text[start + 1]!
  const known = Object.hasOwn(simple, letter) ? simple[letter] : undefined
  if (known !== undefined) return { code: known, end: start + 2 }
  const match = /^\\(?:0([0-3]?[0-7]{1,2})|x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|c(.))/s.exec(text.slice(start))
  if (match) {
    const end = start + match[0].length
    const [, octal, braced, hex, unit, control] = match
    if (octal !== undefined) return { code: Number.parseInt(octal, 8), end }
    if (control !== undefined) return { code: control.codePointAt(0)! ^ 64, end }
    if (unit !== undefined) return joined(text, Number.parseInt(unit, 16), end)
    const code = Number.parseInt(braced ?? hex!, 16)
    if (code > 0x10ffff) throw new PatternError('Hexadecimal code point is too large', start)
    return { code, end }
  }
  if (/[A-Za-z0-9]/.test(letter)) throw new PatternError(`Illegal or unsupported escape sequence \\${letter}`, start)
  const code = text.codePointAt(start + 1)!
  return { code, end: start + 1 + String.fromCodePoint(code).length }
}

/** A surrogate pair may be written as two escapes. */
function joined(text: string, high: number, end: number): { readonly code: number; readonly end: number } {
  if (high < 0xd800 || high > 0xdbff) return { code: high, end }
  const low = /^\\u(D[C-F][0-9A-F]{2})/i.exec(text.slice(end))
  if (!low) throw new PatternError('Unpaired surrogate', end)
  return { code: 0x10000 + ((high - 0xd800) << 10) + (Number.parseInt(low[1]!, 16) - 0xdc00), end: end + low[0].length }
}
