import { columnsOf } from '../analyzer/nullability.ts'
import type { Relation } from '../ir.ts'
import { Block, blockOver } from './block.ts'
import type { Lowering } from './lowering.ts'
import { physicalType } from './physical.ts'
import { call, cast, identifier } from './tree.ts'
import type { Select, SetQuery } from './tree.ts'

type SetOperation = Extract<Relation, { kind: 'set' }>

export function lowerSet(lowering: Lowering, relation: SetOperation, required: ReadonlySet<string>): Block {
  const { operator, distinct, columns } = relation
  // only UNION ALL may leave columns out: the others compare whole rows
  const kept = operator === 'union' && !distinct ? columns.map((column) => required.has(column.symbol)) : columns.map(() => true)
  const aliases = columns.map((column) => column.symbol)
  const operands = operator === 'union' ? unionOperands(relation, distinct) : [relation.left, relation.right]
  if (operator !== 'union' && !distinct) return lowerMultiset(lowering, relation)
  const query: SetQuery = {
    kind: 'set',
    operator: operators[operator][distinct ? 'distinct' : 'all'],
    queries: operands.map((operand) => typed(lowering, operand, relation, aliases, kept)),
  }
  return blockOver(
    lowering.names,
    query,
    aliases.filter((_, i) => kept[i]),
  )
}

const operators = {
  union: { all: 'UNION ALL', distinct: 'UNION DISTINCT' },
  intersect: { all: 'INTERSECT', distinct: 'INTERSECT DISTINCT' },
  except: { all: 'EXCEPT', distinct: 'EXCEPT DISTINCT' },
} as const

/** A chain of UNIONs of one kind is one UNION. Only where the operands are given on unchanged. */
function unionOperands(relation: SetOperation, distinct: boolean): readonly Relation[] {
  const flatten = (side: Relation): readonly Relation[] => {
    const inner = side.kind === 'project' && side.input.kind === 'set' && isIdentity(side) ? side.input : undefined
    return inner && inner.operator === 'union' && inner.distinct === distinct ? unionOperands(inner, distinct) : [side]
  }
  return [...flatten(relation.left), ...flatten(relation.right)]
}

function isIdentity(project: Extract<Relation, { kind: 'project' }>): boolean {
  const columns = columnsOf(project.input)
  return (
    project.assignments.length === columns.length &&
    project.assignments.every((each, i) => each.expression.kind === 'column' && each.expression.symbol === columns[i]!.symbol)
  )
}

/** The operand's columns under the operation's symbols and of its types. */
function typed(
  lowering: Lowering,
  operand: Relation,
  relation: SetOperation,
  aliases: readonly string[],
  kept: readonly boolean[],
): Select {
  const columns = columnsOf(operand)
  const chosen = aliases.flatMap((alias, i) => (kept[i] ? [{ alias, symbol: columns[i]!.symbol, type: relation.columns[i]!.type }] : []))
  const block = lowering.relation(operand, new Set(chosen.map((each) => each.symbol)))
  const plain =
    block.distinct &&
    !sameMembers(
      block.distinct,
      chosen.map((each) => each.symbol),
    )
      ? block.nest(new Set(chosen.map((each) => each.symbol)))
      : block
  return plain.finish(
    chosen.map(({ alias, symbol, type }) => [alias, cast(plain.lookup(symbol) ?? identifier(symbol), physicalType(type))]),
  )
}

export const sameMembers = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((each) => b.includes(each))

/** INTERSECT ALL and EXCEPT ALL: equal rows are numbered, and the numbers compared with the rows. */
function lowerMultiset(lowering: Lowering, relation: SetOperation): Block {
  const aliases = relation.columns.map((column) => column.symbol)
  const number = lowering.names.fresh('c')
  const numbered = (operand: Relation): Select => {
    const block = blockOver(
      lowering.names,
      typed(
        lowering,
        operand,
        relation,
        aliases,
        aliases.map(() => true),
      ),
      aliases,
    )
    block.define(number, { ...call('row_number'), over: { partitionBy: aliases.map((alias) => identifier(alias)), orderBy: [] } } as never)
    return block.finish([...aliases, number].map((alias) => [alias, identifier(alias)]))
  }
  const operator = relation.operator === 'intersect' ? 'INTERSECT DISTINCT' : 'EXCEPT DISTINCT'
  return blockOver(lowering.names, { kind: 'set', operator, queries: [numbered(relation.left), numbered(relation.right)] }, aliases)
}

export function lowerRecursiveReference(lowering: Lowering, relation: Extract<Relation, { kind: 'recursive-reference' }>): Block {
  const block = new Block(lowering.names, { kind: 'name', name: relation.name })
  for (const [i, column] of relation.columns.entries()) block.define(column.symbol, identifier(relation.sources[i]!))
  return block
}

/** The engine knows UNION ALL in a recursion; duplicates of UNION are dropped at its end. */
export function lowerRecursive(lowering: Lowering, relation: Extract<Relation, { kind: 'recursive' }>): Block {
  const branch = (operand: Relation): Select => {
    const columns = columnsOf(operand)
    const block = lowering.relation(operand, new Set(columns.map((column) => column.symbol)))
    // the names of the result are those of the rows it is made from: given in a SELECT around, they hide nothing
    const names = columns.map(() => lowering.names.fresh('c'))
    const query = block.finish(
      columns.map((column, i) => [
        names[i]!,
        cast(block.lookup(column.symbol) ?? identifier(column.symbol), physicalType(relation.columns[i]!.type)),
      ]),
    )
    return {
      kind: 'select',
      columns: names.map((name, i) => ({ expression: identifier(name), alias: relation.sources[i]! })),
      from: { kind: 'query', query, alias: lowering.names.fresh('r') },
    }
  }
  const query: SetQuery = { kind: 'set', operator: 'UNION ALL', queries: [branch(relation.base), branch(relation.step)] }
  const block = new Block(lowering.names, { kind: 'name', name: relation.name }, { with: [{ name: relation.name, query }] })
  for (const [i, column] of relation.columns.entries()) block.define(column.symbol, identifier(relation.sources[i]!))
  if (relation.distinct) block.distinct = relation.columns.map((column) => column.symbol)
  return block.nest(new Set(relation.columns.map((column) => column.symbol)))
}
