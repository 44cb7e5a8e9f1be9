import { printNode } from '../../clickhouse/print.ts'
import { call, identifier, integer, lambda, nothing, string, when } from '../../clickhouse/tree.ts'
import type { Node, Sort } from '../../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { isNull, negate, not, plus } from '../expression.ts'
import { aggregate, kept, over, unkept } from './aggregate-call.ts'

/**
 * The values of a group in order, NULLs too. Every row is a tuple (value, key, key …); the keys are sorted one after the other,
 * the least important first, each time keeping the order among equals.
 */
export function gather(context: LowerCall, value: Node): Node {
  const type = context.types[0]!
  const { orderBy } = context
  if (context.distinct && orderBy.some((sort) => shape(sort.expression) !== shape(value))) {
    context.invalid(0, 'For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments', 'SEMANTIC_ERROR')
  }
  if (orderBy.length === 0) {
    const row = context.variable()
    return call('arrayMap', lambda([row], unkept(identifier(row))), context.aggregate('groupArray', [kept(value, type)]))
  }
  const rows = context.aggregate('groupArray', [call('tuple', kept(value, type), ...orderBy.map((sort) => sort.expression))])
  let sorted = rows
  for (let index = orderBy.length - 1; index >= 0; index -= 1) sorted = sortRows(context, sorted, orderBy[index]!, index + 2)
  const row = context.variable()
  return call('arrayMap', lambda([row], unkept(call('tupleElement', identifier(row), integer(1)))), sorted)
}

/** The same for the same expression: names of variables do not count. */
const shape = (node: Node): string => printNode(node).replaceAll(/\bv\d+\b/g, 'v')

/** A sort that keeps the order of equals: the place so far decides among them. */
function sortRows(context: LowerCall, rows: Node, sort: Sort, part: number): Node {
  const [row, place] = [context.variable(), context.variable()]
  const key = call('tupleElement', identifier(row), integer(part))
  const { descending, nullsFirst } = sort
  const nullRank = descending === nullsFirst ? isNull(key) : not(isNull(key))
  const position = descending ? negate(call('toInt64', identifier(place))) : identifier(place)
  return context.let(rows, (all) =>
    call(
      descending ? 'arrayReverseSort' : 'arraySort',
      lambda([row, place], call('tuple', nullRank, key, position)),
      all,
      call('arrayEnumerate', all),
    ),
  )
}

/** NULL over no rows. */
const orNull = (context: LowerCall, values: Node): Node =>
  context.let(values, (gathered) => when(call('empty', gathered), call('array'), context.wrap(gathered)))

function joined(context: LowerCall, value: Node, separator: Node): Node {
  const [part, each] = [context.variable(), context.variable()]
  const present = call('arrayFilter', lambda([part], call('isNotNull', identifier(part))), gather(context, value))
  return context.let(present, (parts) => {
    const mark = context.constant(1)
    const text =
      typeof mark === 'string'
        ? call('arrayStringConcat', parts, string(mark))
        : context.let(call('ifNull', context.aggregate('any', [separator]), string('')), (between) =>
            call(
              'substring',
              call(
                'arrayStringConcat',
                call('arrayMap', lambda([each], call('concat', between, call('assumeNotNull', identifier(each)))), parts),
              ),
              plus(call('length', between), integer(1)),
            ),
          )
    return when(call('empty', parts), nothing, text)
  })
}

export const collectingAggregates: readonly FunctionDefinition[] = [
  aggregate({
    name: 'array_agg',
    summary: 'An array of all values, NULLs too, in the order of ORDER BY inside of the call.',
    signatures: [{ pattern: '(T) -> array(T)', lower: (context, x) => orNull(context, gather(context, x)) }],
    examples: [
      { sql: over('array_agg(x ORDER BY x DESC)', '1, NULL, 3'), type: 'array(integer)', result: ['3', '1', null] },
      {
        sql: over('array_agg(c ORDER BY x, c DESC)', "('a', 1), ('b', 0), ('c', 1)", 'c, x'),
        type: 'array(varchar)',
        result: ['b', 'c', 'a'],
      },
      { sql: 'SELECT array_agg(x) FROM (VALUES 1) AS t(x) WHERE x > 1', type: 'array(integer)', result: null },
    ],
  }),
  aggregate({
    name: 'listagg',
    aliases: ['string_agg'],
    status: 'extension',
    summary: 'The texts that are not NULL with a separator between, in the order of ORDER BY inside of the call or of WITHIN GROUP.',
    signatures: [
      { pattern: '(varchar) -> varchar', lower: (context, x) => joined(context, x, string('')) },
      { pattern: '(varchar, varchar) -> varchar', lower: (context, x, separator) => joined(context, x, separator) },
    ],
    examples: [
      { sql: over("listagg(x, ', ') WITHIN GROUP (ORDER BY x)", "'b', NULL, 'a'"), type: 'varchar', result: 'a, b' },
      { sql: over("string_agg(x, '-' ORDER BY x DESC)", "'b', 'a'"), type: 'varchar', result: 'b-a' },
    ],
  }),
]
