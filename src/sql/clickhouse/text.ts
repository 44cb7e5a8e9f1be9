import { unreachable } from '../../base/assert.ts'
import type { ScalarName } from '../types/type.ts'
import { call, cast, float, int64, integer, nothing, string, when } from './tree.ts'
import type { Node } from './tree.ts'
import type { Values } from './values.ts'

const dayNs = 86_400_000_000_000n

/** The text of a scalar as CAST(x AS varchar) gives it; NULL stays NULL. */
export function scalarText(values: Values, value: Node, type: ScalarName): Node {
  switch (type) {
    case 'unknown':
      return cast(nothing, 'Nullable(String)')
    case 'varchar':
    case 'varbinary':
      return value
    case 'boolean':
      return call('toString', cast(value, 'Nullable(Bool)'))
    case 'integer':
    case 'bigint':
    case 'date':
      return call('toString', value)
    case 'double':
      return doubleText(values, value)
    case 'timestamp':
      return call('toString', call('fromUnixTimestamp64Nano', value, string('UTC')))
    case 'time':
      return timeOfDay(value)
    case 'interval day to second':
      return values.let(value, (ns) =>
        values.let(call('abs', ns), (absolute) =>
          call(
            'concat',
            when(call('less', ns, integer(0)), string('-'), string('')),
            call('toString', call('intDiv', absolute, int64(dayNs))),
            string(' '),
            timeOfDay(call('modulo', absolute, int64(dayNs))),
          ),
        ),
      )
    case 'interval year to month':
      return values.let(value, (months) =>
        values.let(call('abs', months), (absolute) =>
          call(
            'concat',
            when(call('less', months, integer(0)), string('-'), string('')),
            call('toString', call('intDiv', absolute, integer(12))),
            string('-'),
            call('toString', call('modulo', absolute, integer(12))),
          ),
        ),
      )
    default:
      return unreachable(type)
  }
}

/** `01:00:00.000000000` of nanoseconds of a day. */
const timeOfDay = (ns: Node): Node =>
  call('substring', call('toString', call('fromUnixTimestamp64Nano', cast(ns, 'Nullable(Int64)'), string('UTC'))), integer(12))

/**
 * A double as Java's Double.toString writes it: `1.0`, `1.0E10`, `1.0E-4`, `NaN`, `Infinity`. ClickHouse's text has the same (shortest) digits
 * in another notation: the digits are taken out of it and the point is put anew.
 */
function doubleText(values: Values, value: Node): Node {
  return values.let(value, (x) => {
    const absolute = call('abs', x)
    const plain = call(
      'and',
      call('greaterOrEquals', absolute, { kind: 'float', value: 1e-3 }),
      call('less', absolute, { kind: 'float', value: 1e7 }),
    )
    return values.let(call('toString', x), (text) =>
      call(
        'multiIf',
        call('isNull', x),
        nothing,
        call('isNaN', x),
        string('NaN'),
        call('isInfinite', x),
        when(call('greater', x, integer(0)), string('Infinity'), string('-Infinity')),
        call('or', plain, call('equals', x, integer(0))),
        when(call('equals', call('position', text, string('.')), integer(0)), call('concat', text, string('.0')), text),
        values.let(javaDigits(absolute, text), (digits) => scientific(values, digits, x)),
      ),
    )
  })
}

/** Where Java has two digits although one would do: [the engine's text, Java's] of the smallest doubles. */
const smallest = Array.from({ length: 200 }, (_, i) => Number.MIN_VALUE * (i + 1))
  .map((each) => [each.toExponential(), each.toExponential(1)] as const)
  .filter(([short, long]) => !short.includes('.') && Number(short.split('e')[0]) !== Number(long.split('e')[0]))

/** Java writes two digits at least, and chooses those nearest to the value: of 5e-324 they are 4.9. */
function javaDigits(absolute: Node, text: Node): Node {
  const texts = (index: 0 | 1): Node => call('array', ...smallest.flatMap((pair) => [string(pair[index]), string(`-${pair[index]}`)]))
  return when(call('less', absolute, float(1e-321)), call('transform', text, texts(0), texts(1), text), text)
}

function scientific(values: Values, text: Node, x: Node): Node {
  const unsigned = call('trimLeft', text, string('-'))
  return values.let(call('splitByChar', string('e'), call('assumeNotNull', unsigned)), (parts) => {
    const mantissa = call('arrayElement', parts, integer(1))
    const exponent = call('toInt32OrZero', call('arrayElement', parts, integer(2)))
    return values.let(mantissa, (m) => {
      const point = when(
        call('equals', call('position', m, string('.')), integer(0)),
        call('length', m),
        call('minus', call('position', m, string('.')), integer(1)),
      )
      const allDigits = call('replaceAll', m, string('.'), string(''))
      return values.let(allDigits, (all) =>
        values.let(call('trimLeft', all, string('0')), (leading) => {
          const zeros = call('minus', call('length', all), call('length', leading))
          const power = call('plus', call('minus', call('minus', call('toInt32', point), integer(1)), zeros), exponent)
          const fraction = call('trimRight', call('substring', leading, integer(2)), string('0'))
          return call(
            'concat',
            when(call('less', x, integer(0)), string('-'), string('')),
            call('substring', leading, integer(1), integer(1)),
            string('.'),
            when(call('empty', fraction), string('0'), fraction),
            string('E'),
            call('toString', power),
          )
        }),
      )
    })
  })
}
