import type { Position } from '../../base/errors.ts'
import type { Frame, FrameBound, SortKey, WindowSpecification } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { isComparable, isNumeric, isScalar } from '../types/coercion.ts'
import { typeText } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import type { Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import type { Scope } from './scope.ts'
import { sortKey } from './sort-key.ts'

export function analyzeWindow(analyzer: Analyzer, over: ast.WindowSpecification | ast.Identifier, scope: Scope): WindowSpecification {
  if ('text' in over) return analyzeNamed(analyzer, over, scope)
  const base = over.base && analyzeNamed(analyzer, over.base, scope)
  if (base && over.partitionBy.length > 0) fail(over.at, 'SEMANTIC_ERROR', 'A window that refers to another cannot have PARTITION BY')
  if (base && base.orderBy.length > 0 && over.orderBy.length > 0)
    fail(over.at, 'SEMANTIC_ERROR', 'ORDER BY of a window that has one already')
  const partitionBy = over.partitionBy.map((node) => {
    const expression = analyzer.expression(node, scope)
    if (!isComparable(expression.type))
      fail(
        node.at,
        'TYPE_MISMATCH',
        `${typeText(expression.type)} is not comparable, and therefore cannot be used in window function PARTITION BY`,
      )
    return expression
  })
  const orderBy = over.orderBy.map((item) => sortKey(analyzer, item, scope))
  if (base) {
    const frame = over.frame ? analyzeFrame(analyzer, over.frame, scope, orderBy.length > 0 ? orderBy : base.orderBy) : base.frame
    return { partitionBy: base.partitionBy, orderBy: orderBy.length > 0 ? orderBy : base.orderBy, ...(frame ? { frame } : {}) }
  }
  return { partitionBy, orderBy, ...(over.frame ? { frame: analyzeFrame(analyzer, over.frame, scope, orderBy) } : {}) }
}

/** A window of the WINDOW clause; it may refer to those before it. */
function analyzeNamed(analyzer: Analyzer, name: ast.Identifier, scope: Scope): WindowSpecification {
  for (let layer: Scope | undefined = scope; layer; layer = layer.next) {
    const index = layer.windows?.findIndex((each) => each.name.text.toLowerCase() === name.text.toLowerCase()) ?? -1
    if (index < 0) continue
    return analyzeWindow(analyzer, layer.windows![index]!.window, { fields: [], windows: layer.windows!.slice(0, index), next: scope })
  }
  return fail(name.at, 'SEMANTIC_ERROR', `Window '${name.text}' does not exist`)
}

function analyzeFrame(analyzer: Analyzer, frame: ast.Frame, scope: Scope, orderBy: readonly SortKey[]): Frame {
  const bound = (each: ast.FrameBound): FrameBound => {
    if (!('offset' in each)) return each
    const { at } = each.offset
    const offset = analyzer.expression(each.offset, scope)
    checkOffsetType(offset.type, frame, orderBy, at)
    if (offset.kind !== 'literal') return fail(at, 'NOT_SUPPORTED', 'Window frame offsets other than constants are not supported')
    if (offset.value === null) fail(at, 'INVALID_FUNCTION_ARGUMENT', 'Window frame offset value must not be NULL')
    if (Number(offset.value) < 0 || Number.isNaN(Number(offset.value)))
      fail(at, 'INVALID_FUNCTION_ARGUMENT', 'Window frame offset value must not be negative')
    return { kind: each.kind, offset }
  }
  const [start, end] = [bound(frame.start), bound(frame.end)]
  const order = ['unbounded-preceding', 'preceding', 'current-row', 'following', 'unbounded-following']
  if (start.kind === 'unbounded-following') fail(frame.at, 'SEMANTIC_ERROR', 'Window frame start cannot be UNBOUNDED FOLLOWING')
  if (end.kind === 'unbounded-preceding') fail(frame.at, 'SEMANTIC_ERROR', 'Window frame end cannot be UNBOUNDED PRECEDING')
  if (order.indexOf(start.kind) > order.indexOf(end.kind))
    fail(frame.at, 'SEMANTIC_ERROR', `Window frame starting from ${words(start)} cannot end with ${words(end)}`)
  return { unit: frame.unit, start, end }
}

function checkOffsetType(type: Type, frame: ast.Frame, orderBy: readonly SortKey[], at: Position): void {
  const wrong = (): never => fail(at, 'TYPE_MISMATCH', `Window frame offset cannot be of type ${typeText(type)}`)
  if (frame.unit !== 'range') {
    if (!isScalar(type, 'integer', 'bigint')) wrong()
    if (frame.unit === 'groups' && orderBy.length === 0)
      fail(frame.at, 'SEMANTIC_ERROR', 'Window frame of type GROUPS PRECEDING or FOLLOWING requires ORDER BY')
    return
  }
  if (orderBy.length !== 1)
    fail(frame.at, 'SEMANTIC_ERROR', 'Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY')
  const key = orderBy[0]!.expression.type
  if (
    isNumeric(key)
      ? isNumeric(type)
      : isScalar(key, 'timestamp', 'date', 'time', 'interval day to second') && isScalar(type, 'interval day to second')
  )
    return
  if (isScalar(type, 'interval year to month')) {
    if (isScalar(key, 'timestamp', 'date')) fail(at, 'NOT_SUPPORTED', 'Window frames of type RANGE over months are not supported')
    wrong()
  }
  fail(at, 'TYPE_MISMATCH', `Window frame offset of type ${typeText(type)} cannot be added to a sort key of type ${typeText(key)}`)
}

const words = (bound: FrameBound): string => bound.kind.replace('-', ' ').toUpperCase()
