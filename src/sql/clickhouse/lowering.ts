import type { Expression, Relation } from '../ir.ts'
import type { Block } from './block.ts'
import type { Node, Select } from './tree.ts'
import type { Names, Values } from './values.ts'

/** What lambda variables and `let` names are. */
export type Variables = ReadonlyMap<string, Node>

/** Where an expression is lowered: the SELECT that it belongs to, the variables around it, and whether errors are NULL. */
export interface Place {
  readonly block: Block
  readonly variables: Variables
  readonly values: Values
}

/** How the parts of lowering reach one another. */
export interface Lowering {
  readonly names: Names
  readonly values: Values
  /** In expression form. */
  expression(expression: Expression, place: Place): Node
  relation(relation: Relation, required: ReadonlySet<string>): Block
  /** The relation as a SELECT with these symbols as columns, under the given names. */
  select(relation: Relation, columns: readonly (readonly [symbol: string, alias: string])[]): Select
}
