import { isNested } from '../types/coercion.ts'
import { TIMESTAMP } from '../types/type.ts'
import type { RowField, Type } from '../types/type.ts'
import { bareInteger } from './lower-literal.ts'
import { boolean, call, cast, identifier, integer, lambda, nothing, when } from './tree.ts'
import type { Node } from './tree.ts'

/** What comparing needs of Values or of a LowerCall. */
export interface Values {
  variable(prefix?: string): string
  let(value: Node, body: (value: Node) => Node): Node
  unwrap(option: Node, result: 'scalar' | 'option', body: (bare: Node) => Node): Node
}

/** Three-valued `=` of two values in expression form: NULL inside a nested value makes NULL unless another part already differs. */
export function equals(values: Values, left: Node, right: Node, type: Type): Node {
  if (!isNested(type)) return call('equals', left, right)
  return values.unwrap(left, 'scalar', (a) => values.unwrap(right, 'scalar', (b) => bareEquals(values, a, b, type)))
}

function bareEquals(values: Values, left: Node, right: Node, type: Type): Node {
  switch (type.kind) {
    case 'row':
      return rowsEqual(values, left, right, type.fields)
    case 'array':
      return arraysEqual(values, left, right, (a, b) => equals(values, a, b, type.element))
    case 'timeseries': {
      const fields = [{ type: TIMESTAMP }, { type: type.value }]
      return arraysEqual(values, left, right, (a, b) => rowsEqual(values, a, b, fields))
    }
    case 'map': {
      const fields = [{ type: type.key }, { type: type.value }]
      return arraysEqual(values, call('arraySort', left), call('arraySort', right), (a, b) => rowsEqual(values, a, b, fields))
    }
    case 'scalar':
    case 'function':
      return call('equals', left, right)
  }
}

const field = (row: Node, index: number): Node => call('tupleElement', row, integer(index + 1))

function rowsEqual(values: Values, left: Node, right: Node, fields: readonly RowField[]): Node {
  return values.let(left, (a) =>
    values.let(right, (b) => conjunction(fields.map((each, i) => equals(values, field(a, i), field(b, i), each.type)))),
  )
}

export const conjunction = (conditions: readonly Node[]): Node =>
  conditions.length === 0 ? boolean(true) : conditions.length === 1 ? conditions[0]! : call('and', ...conditions)
export const disjunction = (conditions: readonly Node[]): Node =>
  conditions.length === 0 ? boolean(false) : conditions.length === 1 ? conditions[0]! : call('or', ...conditions)

function arraysEqual(values: Values, left: Node, right: Node, elements: (a: Node, b: Node) => Node): Node {
  return values.let(left, (a) =>
    values.let(right, (b) => {
      const x = values.variable()
      const y = values.variable()
      const compared = call(
        'arrayMap',
        lambda([x, y], cast(elements(identifier(x), identifier(y)), 'Nullable(UInt8)')),
        a,
        call('arrayResize', b, call('length', a)),
      )
      const answer = values.let(compared, (flags) =>
        call('multiIf', call('has', flags, integer(0)), integer(0), call('has', flags, nothing), nothing, integer(1)),
      )
      return when(call('equals', call('length', a), call('length', b)), answer, integer(0))
    }),
  )
}

/** Three-valued `<`; rows and arrays by their first difference. */
export function lessThan(values: Values, left: Node, right: Node, type: Type): Node {
  if (!isNested(type)) return call('less', left, right)
  return values.unwrap(left, 'scalar', (a) =>
    values.unwrap(right, 'scalar', (b) => {
      if (type.kind !== 'row') return call('less', a, b)
      return values.let(a, (x) => values.let(b, (y) => rowLess(values, x, y, type.fields, 0)))
    }),
  )
}

function rowLess(values: Values, left: Node, right: Node, fields: readonly RowField[], index: number): Node {
  const { type } = fields[index]!
  const less = lessThan(values, field(left, index), field(right, index), type)
  if (index === fields.length - 1) return less
  const same = equals(values, field(left, index), field(right, index), type)
  return call('or', less, call('and', same, rowLess(values, left, right, fields, index + 1)))
}

/** Never NULL: NULL is the same as NULL, NaN as NaN. */
export function same(values: Values, left: Node, right: Node, type: Type): Node {
  if (isNested(type)) return call('equals', left, right)
  if (type.kind === 'scalar' && type.name === 'double') {
    return values.let(left, (a) => values.let(right, (b) => call('or', call('isNotDistinctFrom', a, b), call('and', isNan(a), isNan(b)))))
  }
  return call('isNotDistinctFrom', left, right)
}

const isNan = (value: Node): Node => call('ifNull', call('isNaN', value), boolean(false))

const direct = { '=': 'equals', '<>': 'notEquals', '<': 'less', '<=': 'lessOrEquals', '>': 'greater', '>=': 'greaterOrEquals' } as const

/** Three-valued, of two values of one type in expression form. */
export function compareNodes(values: Values, operator: keyof typeof direct, left: Node, right: Node, type: Type): Node {
  if (!isNested(type)) return call(direct[operator], bareInteger(left), bareInteger(right))
  switch (operator) {
    case '=':
      return equals(values, left, right, type)
    case '<>':
      return call('not', equals(values, left, right, type))
    case '<':
      return lessThan(values, left, right, type)
    case '>':
      return lessThan(values, right, left, type)
    case '<=':
      return call('not', lessThan(values, right, left, type))
    case '>=':
      return call('not', lessThan(values, left, right, type))
  }
}
