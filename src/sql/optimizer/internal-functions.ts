import type { Position } from '../../base/errors.ts'
import { compareNodes } from '../clickhouse/comparison.ts'
import { physicalType } from '../clickhouse/physical.ts'
import { boolean, call, cast, identifier, integer, lambda, nothing, when } from '../clickhouse/tree.ts'
import { findFunction } from '../functions/index.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import type { Call, ComparisonOperator, Expression } from '../ir.ts'
import { BOOLEAN, arrayOf } from '../types/type.ts'
import type { Type } from '../types/type.ts'

/** Functions that only the optimizer calls. */
const nowhere: Position = { line: 1, column: 1 }

const internal = (
  name: string,
  kind: FunctionDefinition['kind'],
  lower: FunctionDefinition['signatures'][number]['lower'],
): FunctionDefinition => ({
  name,
  kind,
  family: 'row',
  status: 'extension',
  summary: 'Internal.',
  source: 'internal',
  nulls: 'handle',
  signatures: [{ pattern: '(T) -> T', lower }],
  examples: [],
})

const callOf = (definition: FunctionDefinition, args: readonly Expression[], type: Type): Call => ({
  kind: 'call',
  type,
  definition,
  signature: definition.signatures[0]!,
  arguments: args,
  at: nowhere,
  distinct: false,
  orderBy: [],
})

const singleValue = internal('single value', 'aggregate', (context, value) =>
  context.let(context.aggregate('groupArray', [call('array', value)]), (rows) =>
    context.failIf(
      call('greater', call('length', rows), integer(1)),
      'SUBQUERY_MULTIPLE_ROWS',
      'Scalar sub-query has returned multiple rows',
      cast(call('arrayElement', call('arrayElement', rows, integer(1)), integer(1)), physicalType(context.returnType)),
    ),
  ),
)
/** The value of the group's only row; an error for several. */
export const singleValueCall = (value: Expression): Call => callOf(singleValue, [value], value.type)

const gather = internal('gather', 'aggregate', (context, value) => {
  const element = context.variable()
  const values = call(
    'arrayMap',
    lambda([element], call('arrayElement', identifier(element), integer(1))),
    context.aggregate('groupArray', [call('array', value)]),
  )
  return context.wrap(cast(values, `Array(${physicalType(context.types[0]!)})`))
})
/** All values of the group, NULLs too, as an array. */
export const gatherCall = (value: Expression): Call => callOf(gather, [value], arrayOf(value.type))

/** `operand op ANY|ALL` over the elements of an array; a NULL array has none. */
export function quantifiedCall(
  operator: Exclude<ComparisonOperator, 'distinct'>,
  quantifier: 'all' | 'any',
  operand: Expression,
  elements: Expression,
): Call {
  const definition: FunctionDefinition = {
    ...internal('quantified comparison', 'scalar', () => nothing),
    signatures: [
      {
        pattern: '(T, array(T)) -> boolean',
        lower: (context, left, right) =>
          context.let(left, (value) => {
            const element = context.variable()
            const compared = compareNodes(context, operator, value, identifier(element), operand.type)
            const flags = call('arrayMap', lambda([element], cast(compared, 'Nullable(UInt8)')), call('arrayElement', right, integer(1)))
            return context.let(flags, (all) =>
              when(
                call('has', all, integer(quantifier === 'any' ? 1 : 0)),
                boolean(quantifier === 'any'),
                when(call('has', all, nothing), nothing, boolean(quantifier === 'all')),
              ),
            )
          }),
      },
    ],
  }
  return callOf(definition, [operand, elements], BOOLEAN)
}

/** ROW_NUMBER() or RANK(), for a window relation. */
export function numberingCall(name: 'row_number' | 'rank'): Call {
  const definition = findFunction(name)
  if (!definition) throw new Error(`no record for ${name}`)
  return callOf(definition, [], { kind: 'scalar', name: 'bigint' })
}
