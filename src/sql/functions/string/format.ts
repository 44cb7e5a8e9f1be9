import { call, integer, nothing, string, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { isNumeric, isScalar } from '../../types/coercion.ts'
import { typeText } from '../../types/type.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { absolute, concat, constantText, equal, isNull, less, minus, modulo, plus, quotient, toInt64 } from '../expression.ts'
import { parseFormat } from './format-specifier.ts'
import type { FormatPiece } from './format-specifier.ts'

type Conversion = Extract<FormatPiece, { kind: 'conversion' }>

function format(context: LowerCall, ...args: readonly Node[]): Node {
  const text = constantText(context, 0)
  if (context.constant(0) === null) return context.nullOf(context.returnType)
  if (text === undefined) return context.invalid(0, 'format takes a constant format text', 'NOT_SUPPORTED')
  const pieces = parsed(context, text).map((piece) => (piece.kind === 'text' ? string(piece.text) : converted(context, piece, args)))
  return concat(...pieces)
}

function parsed(context: LowerCall, text: string): readonly FormatPiece[] {
  try {
    return parseFormat(text)
  } catch (error) {
    return context.invalid(0, `Invalid format string: ${(error as Error).message}`, 'INVALID_FUNCTION_ARGUMENT')
  }
}

function converted(context: LowerCall, piece: Conversion, args: readonly Node[]): Node {
  const index = piece.argument + 1
  const value = args[index]
  const type = context.types[index]
  if (value === undefined || type === undefined) {
    return context.invalid(0, `Invalid format string: no argument ${index} for %${piece.conversion}`, 'INVALID_FUNCTION_ARGUMENT')
  }
  const isWhole = isScalar(type, 'integer', 'bigint', 'unknown')
  const mismatch = (): never =>
    context.invalid(index, `Invalid format string: %${piece.conversion} does not take ${typeText(type)}`, 'INVALID_FUNCTION_ARGUMENT')
  switch (piece.conversion) {
    case 's':
    case 'S': {
      if (type.kind !== 'scalar') return mismatch()
      const plain = context.text(value, type)
      const cut = piece.precision === undefined ? plain : call('substringUTF8', plain, integer(1), integer(piece.precision))
      return padded(piece, when(context.isNull(value, type), string('null'), piece.conversion === 'S' ? call('upperUTF8', cut) : cut))
    }
    case 'd':
      if (!isWhole) return mismatch()
      return context.let(value, (x) => number(piece, x, call('toString', absolute(x))))
    case 'f':
      if (!isNumeric(type)) return mismatch()
      return context.let(value, (x) => number(piece, x, fixed(context, x, piece.precision ?? 6)))
    case 'e':
    case 'E': {
      if (!isScalar(type, 'double')) return mismatch()
      const letter = piece.conversion
      return context.let(value, (x) => number(piece, x, call('printf', string(`%.${piece.precision ?? 6}${letter}`), absolute(x))))
    }
    case 'x':
    case 'X':
    case 'o': {
      if (!isWhole) return mismatch()
      const unsigned = call(isScalar(type, 'bigint') ? 'toUInt64' : 'toUInt32', value)
      const digits = call('conv', call('toString', unsigned), integer(10), integer(piece.conversion === 'o' ? 8 : 16))
      return padded(piece, orNull(value, piece.conversion === 'X' ? digits : call('lower', digits)))
    }
    case 'b':
    case 'B': {
      const plain = isScalar(type, 'boolean')
        ? when(call('ifNull', value, integer(0)), string('true'), string('false'))
        : when(context.isNull(value, type), string('false'), string('true'))
      return padded(piece, piece.conversion === 'B' ? call('upper', plain) : plain)
    }
    case 'c':
      if (!isScalar(type, 'varchar')) return mismatch()
      return padded(piece, orNull(value, value))
  }
}

const orNull = (value: Node, text: Node): Node => when(isNull(value), string('null'), text)

function padded({ flags, width }: Conversion, text: Node): Node {
  if (width === undefined) return text
  return call(
    flags.includes('-') ? 'rightPadUTF8' : 'leftPadUTF8',
    text,
    call('greatest', integer(width), toInt64(call('lengthUTF8', text))),
    string(' '),
  )
}

/** Sign, groups and zeros around the text of the absolute value. */
function number(piece: Conversion, value: Node, magnitude: Node): Node {
  const { flags, width } = piece
  const isNegative = less(value, integer(0))
  const grouped = flags.includes(',') ? withGroups(magnitude) : magnitude
  const [open, close] = flags.includes('(') ? ['(', ')'] : ['-', '']
  const positive = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  const sign = when(isNegative, string(open), string(positive))
  const tail = close === '' ? string('') : when(isNegative, string(close), string(''))
  const room = minus(integer(width ?? 0), plus(call('length', sign), call('length', tail)))
  const zeros =
    flags.includes('0') && width !== undefined
      ? call('leftPad', grouped, call('greatest', room, toInt64(call('length', grouped))), string('0'))
      : grouped
  return padded(piece, orNull(value, concat(sign, zeros, tail)))
}

function withGroups(digits: Node): Node {
  const whole = call('extract', digits, string('^\\d+'))
  const reversed = call('replaceRegexpAll', call('reverse', whole), string('(\\d{3})'), string('\\1,'))
  const commas = call('trimLeft', call('reverse', reversed), string(','))
  return concat(commas, call('substring', digits, plus(call('length', whole), integer(1))))
}

/** Decimal digits as Java's Formatter gives them: the shortest text of the double, rounded half up. */
function fixed(context: LowerCall, value: Node, precision: number): Node {
  const scale = Math.min(precision, 30)
  return context.let(absolute(value), (x) => {
    const decimal = call('round', call('toDecimal256OrZero', call('toString', x), integer(30)), integer(scale))
    const exact = context.let(call('splitByChar', string('.'), call('assumeNotNull', call('toString', decimal))), (parts) =>
      precision === 0
        ? call('arrayElement', parts, integer(1))
        : concat(
            call('arrayElement', parts, integer(1)),
            string('.'),
            call('rightPad', call('arrayElement', parts, integer(2)), integer(precision), string('0')),
          ),
    )
    const special = call(
      'multiIf',
      call('isNaN', x),
      string('NaN'),
      call('isInfinite', x),
      string('Infinity'),
      call('printf', string(`%.${precision}f`), x),
    )
    const isPlain = call(
      'and',
      call('isFinite', x),
      call('or', equal(x, integer(0)), call('and', less(x, integer(10n ** 15n)), less({ kind: 'float', value: 1e-7 }, x))),
    )
    return when(isPlain, exact, special)
  })
}

/** Seconds as weeks to seconds: `1 day, 10 minutes`. */
function humanReadableSeconds(context: LowerCall, seconds: Node): Node {
  const units: readonly (readonly [name: string, seconds: number, of: number])[] = [
    ['week', 604800, 0],
    ['day', 86400, 7],
    ['hour', 3600, 24],
    ['minute', 60, 60],
    ['second', 1, 60],
  ]
  return context.let(seconds, (x) => {
    const isSane = call('and', call('isFinite', x), less(absolute(x), { kind: 'float', value: 9e18 }))
    const whole = toInt64(when(isSane, call('floor', plus(absolute(x), { kind: 'float', value: 0.5 })), integer(0)))
    const text = context.let(whole, (total) => {
      const parts = units.map(([name, size, of]) => {
        const count = of === 0 ? quotient(total, integer(size)) : modulo(quotient(total, integer(size)), integer(of))
        return when(
          equal(count, integer(0)),
          string(''),
          concat(call('toString', count), string(` ${name}`), when(equal(count, integer(1)), string(''), string('s'))),
        )
      })
      const joined = call(
        'arrayStringConcat',
        call(
          'arrayFilter',
          { kind: 'lambda', parameters: ['_p'], body: call('notEmpty', { kind: 'identifier', name: '_p' }) },
          call('array', ...parts),
        ),
        string(', '),
      )
      return when(equal(total, integer(0)), string('0 seconds'), joined)
    })
    const value = when(isNull(x), nothing, text)
    return context.failIf(call('not', isSane), 'INVALID_FUNCTION_ARGUMENT', 'Invalid argument found: not a finite number of seconds', value)
  })
}

const letters = 'A, B, C, D, E, F, G, H, I, J, K, L'

export const formatFunctions: readonly FunctionDefinition[] = [
  {
    name: 'format',
    kind: 'scalar',
    family: 'string',
    status: 'extension',
    summary:
      'A text made of a constant format (of Java Formatter: %s %d %f %e %x %o %b %c, flags, width, precision) and up to twelve values.',
    source: 'Trino documentation, "Conversion functions": format',
    nulls: 'handle',
    signatures: [{ pattern: `(varchar, [${letters}]) -> varchar`, lower: format }],
    examples: [
      { sql: "format('%s has %d of %.2f', 'a', 1234567, 1.005)", type: 'varchar', result: 'a has 1234567 of 1.01' },
      { sql: "format('%,d|%05d|%-4s|', 1234567, 42, 'x')", type: 'varchar', result: '1,234,567|00042|x   |' },
      { sql: "format('%s', NULL)", type: 'varchar', result: 'null' },
      { sql: "format('%d', 'a')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'human_readable_seconds',
    kind: 'scalar',
    family: 'string',
    status: 'extension',
    summary: 'A number of seconds as a text of weeks, days, hours, minutes and seconds.',
    source: 'Trino documentation, "Date and time functions": human_readable_seconds',
    signatures: [{ pattern: '(double) -> varchar', lower: humanReadableSeconds }],
    examples: [
      { sql: 'human_readable_seconds(96)', type: 'varchar', result: '1 minute, 36 seconds' },
      { sql: 'human_readable_seconds(56363463)', type: 'varchar', result: '93 weeks, 1 day, 8 hours, 31 minutes, 3 seconds' },
      { sql: 'human_readable_seconds(NULL)', type: 'varchar', result: null },
      { sql: 'human_readable_seconds(nan())', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
]
