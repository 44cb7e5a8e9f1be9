import { collectSymbols } from '../analyzer/visit.ts'
import type { Expression } from '../ir.ts'
import type { Block } from './block.ts'
import type { Lowering, Place } from './lowering.ts'
import type { Node } from './tree.ts'

const noVariables: ReadonlyMap<string, Node> = new Map()

export const placeIn = (lowering: Lowering, block: Block): Place => ({ block, variables: noVariables, values: lowering.values })

/** The required symbols and those that the expressions read. */
export const withSymbols = (required: Iterable<string>, expressions: Iterable<Expression>): ReadonlySet<string> =>
  collectSymbols(expressions, new Set(required))
