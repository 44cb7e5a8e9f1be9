import { boolean, call, float, string, when } from '../clickhouse/tree.ts'
import type { Node } from '../clickhouse/tree.ts'
import { isNested, isScalar } from '../types/coercion.ts'
import { typeText } from '../types/type.ts'
import { equal, or } from './expression.ts'
import type { FunctionDefinition, LowerCall } from './definition.ts'

/** NaN stands above every other number, as in ORDER BY. */
function extreme(name: 'greatest' | 'least', call_: LowerCall, args: readonly Node[]): Node {
  if (args.length === 1) return args[0]!
  const type = call_.types[0]!
  const absent = args.map((arg) => call_.isNull(arg, type))
  const [firstAbsent, ...otherAbsent] = absent
  return when(or(firstAbsent!, ...otherAbsent), call_.nullOf(type), bare(name, call_, args))
}

function bare(name: 'greatest' | 'least', call_: LowerCall, args: readonly Node[]): Node {
  const type = call_.types[0]!
  if (isNested(type)) {
    return args.reduce((best, next) =>
      call_.let(best, (b) =>
        call_.let(next, (n) => {
          const isLess = equal(call_.lessThan(b, n, type), boolean(true))
          return name === 'greatest' ? when(isLess, n, b) : when(isLess, b, n)
        }),
      ),
    )
  }
  if (isScalar(type, 'double')) {
    const isNotNumber = args.map((arg) => call('isNaN', arg))
    const [first, ...rest] = isNotNumber
    if (name === 'greatest') return when(or(first!, ...rest), float(Number.NaN), call('greatest', ...args))
    const finite = args.map((arg, i) => when(isNotNumber[i]!, float(Number.POSITIVE_INFINITY), arg))
    return when(call('and', ...isNotNumber), float(Number.NaN), call('least', ...finite))
  }
  const node = call(name, ...args)
  return isScalar(type, 'boolean') ? call('toBool', node) : node
}

export const conditionalFunctions: readonly FunctionDefinition[] = [
  {
    name: 'greatest',
    kind: 'scalar',
    family: 'conditional',
    status: 'documented',
    summary: 'The largest of the values; NULL when any of them is NULL.',
    source: 'developer guide, "Comparison operators": greatest and least',
    nulls: 'handle',
    signatures: [{ pattern: '(T: orderable...) -> T', lower: (context, ...args) => extreme('greatest', context, args) }],
    examples: [
      { sql: 'greatest(1, 5, 3)', type: 'integer', result: '5' },
      { sql: "greatest('b', 'a')", type: 'varchar', result: 'b' },
      { sql: 'greatest(1, NULL)', type: 'integer', result: null },
      { sql: "greatest(1, 'a')", error: 'TYPE_MISMATCH' },
    ],
  },
  {
    name: 'least',
    kind: 'scalar',
    family: 'conditional',
    status: 'documented',
    summary: 'The smallest of the values; NULL when any of them is NULL.',
    source: 'developer guide, "Comparison operators": greatest and least',
    nulls: 'handle',
    signatures: [{ pattern: '(T: orderable...) -> T', lower: (context, ...args) => extreme('least', context, args) }],
    examples: [
      { sql: 'least(2, 1.5)', type: 'double', result: '1.5' },
      { sql: "least(DATE '2020-01-01', DATE '2021-01-01')", type: 'date', result: '2020-01-01' },
      { sql: 'least(1, NULL)', type: 'integer', result: null },
    ],
  },
  {
    name: 'typeof',
    kind: 'scalar',
    family: 'conversion',
    status: 'documented',
    summary: "The name of the value's type.",
    source: 'developer guide, "Conversion functions"',
    nulls: 'handle',
    signatures: [{ pattern: '(T) -> varchar', lower: ({ types }) => string(typeText(types[0]!)) }],
    examples: [
      { sql: 'typeof(1)', type: 'varchar', result: 'integer' },
      { sql: 'typeof(ARRAY[1.5])', type: 'varchar', result: 'array(double)' },
      { sql: 'typeof(NULL)', type: 'varchar', result: 'unknown' },
    ],
  },
]
