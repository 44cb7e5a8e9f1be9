import { createHash } from 'node:crypto'
import { longestText, ofTexts, type RuleFunction, taking, toInt } from './rule-function.ts'
import { isList, type RuleValue, toText } from './rule-value.ts'

const hash = (algorithm: string): RuleFunction => ofTexts(1, (text) => createHash(algorithm).update(text).digest('hex'))

const compiled = new Map<string, RegExp | undefined>()

/** Undefined for a pattern that is none. Flags at its beginning (`(?i)`) are understood. */
function pattern(text: string): RegExp | undefined {
  if (!compiled.has(text)) {
    if (compiled.size > 1000) compiled.clear()
    compiled.set(text, compile(text))
  }
  return compiled.get(text)
}

function compile(text: string): RegExp | undefined {
  const [whole = '', flags = ''] = /^\(\?([ims]+)\)/.exec(text) ?? []
  try {
    return new RegExp(text.slice(whole.length), `${flags}g`)
  } catch {
    return undefined
  }
}

function matching(apply: (text: string, expression: RegExp) => RuleValue): RuleFunction {
  return ofTexts(2, (text, source) => {
    const expression = pattern(source)
    if (expression === undefined) return undefined
    expression.lastIndex = 0
    return apply(text, expression)
  })
}

const pad = (place: (text: string, length: number) => string): RuleFunction =>
  taking(2, 2, ([value, count]) => {
    const [text, blanks] = [toText(value), toInt(count)]
    if (text === undefined || blanks === undefined || blanks < 0) return undefined
    return place(text, text.length + Math.min(blanks, 1000))
  })

const substring: RuleFunction = taking(2, 3, ([value, from, to]) => {
  const text = toText(value)
  const start = toInt(from)
  const end = to === undefined ? undefined : toInt(to)
  if (text === undefined || start === undefined || (to !== undefined && end === undefined)) return undefined
  if (start < 0 || start > text.length || (end !== undefined && end < start)) return ''
  return text.slice(start, end)
})

/** Of two and more: texts are put together; a list takes the others in. */
const concat: RuleFunction = taking(1, 100, (args) => {
  if (args.some(isList)) return args.flatMap((arg) => (isList(arg) ? [...arg] : arg === undefined ? [] : [arg]))
  const texts = args.map(toText)
  if (!texts.every((text) => text !== undefined)) return undefined
  const result = texts.join('')
  return result.length > longestText ? undefined : result
})

export const textFunctions: Readonly<Record<string, RuleFunction>> = {
  chr: taking(1, 1, ([value]) => {
    const code = toInt(value)
    return code === undefined || code < 0 || code > 0x10ffff ? undefined : String.fromCodePoint(code)
  }),
  concat,
  endswith: ofTexts(2, (text, end) => text.endsWith(end)),
  indexof: ofTexts(2, (text, part) => BigInt(text.indexOf(part))),
  length: ofTexts(1, (text) => BigInt(text.length)),
  lower: ofTexts(1, (text) => text.toLowerCase()),
  lpad: pad((text, length) => text.padStart(length)),
  ltrim: ofTexts(1, (text) => text.trimStart()),
  md5: hash('md5'),
  numbytes: ofTexts(1, (text) => BigInt(Buffer.byteLength(text))),
  regexp_matches: matching((text, expression) => expression.test(text)),
  regexp_replace: ofTexts(3, (text, source, replacement) => {
    const expression = pattern(source)
    const result = expression === undefined ? undefined : text.replace(expression, replacement)
    return result !== undefined && result.length > longestText ? undefined : result
  }),
  regexp_substr: matching((text, expression) => expression.exec(text)?.[0]),
  replace: ofTexts(3, (text, part, by) => {
    const result = text.replaceAll(part, () => by)
    return result.length > longestText ? undefined : result
  }),
  rpad: pad((text, length) => text.padEnd(length)),
  rtrim: ofTexts(1, (text) => text.trimEnd()),
  sha1: hash('sha1'),
  sha224: hash('sha224'),
  sha256: hash('sha256'),
  sha384: hash('sha384'),
  sha512: hash('sha512'),
  startswith: ofTexts(2, (text, start) => text.startsWith(start)),
  substring,
  trim: ofTexts(1, (text) => text.trim()),
  upper: ofTexts(1, (text) => text.toUpperCase()),
}
