import type { Expression, Relation } from '../ir.ts'
import { isScalar } from '../types/coercion.ts'
import type { Type } from '../types/type.ts'
import { columnsOf } from './nullability.ts'

const isDouble = (type: Type): boolean => isScalar(type, 'double')
const isWhole = (type: Type): boolean => isScalar(type, 'integer', 'bigint')

/** Whose result is one of their arguments. */
const choosing = new Set([
  'max',
  'min',
  'max_by',
  'min_by',
  'arbitrary',
  'any_value',
  'first',
  'last',
  'lag',
  'lead',
  'first_value',
  'last_value',
])
/** NaN of NaN only, where no infinity is among the arguments. */
const keeping = new Set(['sum', 'avg', '+', '-', '*', 'abs', 'negate', 'round', 'floor', 'ceiling', 'truncate', 'greatest', 'least'])

/** Whether a double over rows of `input` may be NaN; true when in doubt. Stored doubles are finite. */
export function mayBeNaN(expression: Expression, input: Relation): boolean {
  switch (expression.kind) {
    case 'literal':
      return Number.isNaN(expression.value)
    case 'column':
      return columnMayBeNaN(expression.symbol, input)
    case 'cast':
      return !isWhole(expression.operand.type) && (!isDouble(expression.operand.type) || mayBeNaN(expression.operand, input))
    case 'coalesce':
      return expression.operands.some((each) => mayBeNaN(each, input))
    case 'case':
      return [expression.otherwise, ...expression.branches.map((each) => each.result)].some((each) => mayBeNaN(each, input))
    case 'call':
      if (!choosing.has(expression.definition.name) && !keeping.has(expression.definition.name)) return true
      return expression.arguments.some((each) => isDouble(each.type) && mayBeNaN(each, input))
    default:
      return true
  }
}

function columnMayBeNaN(symbol: string, relation: Relation): boolean {
  switch (relation.kind) {
    case 'scan':
      return false
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
      return columnMayBeNaN(symbol, relation.input)
    case 'project': {
      const assignment = relation.assignments.find((each) => each.column.symbol === symbol)
      return assignment === undefined || mayBeNaN(assignment.expression, relation.input)
    }
    case 'aggregate': {
      const key = relation.keys.find((each) => each.column.symbol === symbol)
      const value = key?.expression ?? relation.aggregates.find((each) => each.column.symbol === symbol)?.call
      return value === undefined || mayBeNaN(value, relation.input)
    }
    case 'window': {
      const call = relation.functions.find((each) => each.column.symbol === symbol)?.call
      return call ? mayBeNaN(call, relation.input) : columnMayBeNaN(symbol, relation.input)
    }
    case 'join':
      return [relation.left, relation.right].some((side) => gives(side, symbol) && columnMayBeNaN(symbol, side))
    case 'unnest':
      return !gives(relation.input, symbol) || columnMayBeNaN(symbol, relation.input)
    case 'values':
    case 'set':
    case 'recursive':
    case 'recursive-reference':
      return true
  }
}

const gives = (relation: Relation, symbol: string): boolean => columnsOf(relation).some((column) => column.symbol === symbol)
