import { call, cast, float, identifier, integer, lambda } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { LowerCall } from '../definition.ts'
import { minus, negate, over, plus, times, unequal } from '../expression.ts'
import { double, hold, keepTogether, knownPoints, mapTogether, part, timeOf, valueOf } from './point.ts'

/**
 * Rounds of cyclic reduction, each with twice the distance. A row's weight on its neighbours at least halves per sample, so after
 * these rounds what is left of it (2^-128) is below any double.
 */
const distances = [1, 2, 4, 8, 16, 32, 64]

/** The samples as (time, value, second derivative per second²) of the natural cubic spline through them; of samples of one time the last. */
export function curvature(context: LowerCall, series: Node): Node {
  const samples = hold(context, knownPoints(context, series), (points) => {
    const next = call(
      'arrayShiftLeft',
      mapTogether(context, [points], (each) => timeOf(each)),
      integer(1),
    )
    const last = call('length', points)
    return keepTogether(context, [points, next, call('arrayEnumerate', points)], (each, nextTime, place) =>
      call('or', unequal(timeOf(each), nextTime), call('equals', place, last)),
    )
  })
  return hold(context, samples, (points) => {
    const seconds = (from: Node, to: Node): Node => over(call('toFloat64', minus(timeOf(to), timeOf(from))), float(1e9))
    const neighbours = [points, call('arrayPopFront', points), call('arrayPopFront', call('arrayPopFront', points))]
    const count = call('length', points)
    const shorter = neighbours.map((array) =>
      call('arrayResize', array, call('greatest', minus(call('toInt64', count), integer(2)), integer(0))),
    )
    const rows = mapTogether(context, shorter, (before, own, after) => {
      const left = seconds(before, own)
      const right = seconds(own, after)
      const slope = (from: Node, to: Node, width: Node): Node => over(minus(double(valueOf(to)), double(valueOf(from))), width)
      const bend = minus(slope(own, after, right), slope(before, own, left))
      return call('tuple', left, times(float(2), plus(left, right)), right, times(float(6), bend))
    })
    const derivatives = hold(context, rows, (inner) => {
      const columns = [1, 2, 3, 4].map((index) => mapTogether(context, [inner], (row) => part(row, index)))
      // The ends do not bend: their derivatives are 0, so their weights in the first and last row fall away by themselves (shifts bring 0).
      return solve(context, columns)
    })
    const padded = call('arrayResize', call('arrayConcat', call('array', float(0)), derivatives), count, float(0))
    return mapTogether(context, [points, padded], (each, second) => call('tuple', timeOf(each), valueOf(each), second))
  })
}

/** Solves the tridiagonal system: below, diagonal, above, right side. Every row is worked on at once. */
function solve(context: LowerCall, columns: readonly Node[]): Node {
  const state = context.variable()
  const distance = context.variable()
  const [below, diagonal, above, side] = [1, 2, 3, 4].map((index) => part(identifier(state), index)) as [Node, Node, Node, Node]
  const earlier = (array: Node, missing: number): Node => call('arrayShiftRight', array, identifier(distance), float(missing))
  const later = (array: Node, missing: number): Node => call('arrayShiftLeft', array, identifier(distance), float(missing))
  const rows = mapTogether(
    context,
    [
      below,
      diagonal,
      above,
      side,
      earlier(below, 0),
      earlier(diagonal, 1),
      earlier(above, 0),
      earlier(side, 0),
      later(below, 0),
      later(diagonal, 1),
      later(above, 0),
      later(side, 0),
    ],
    (...values) => {
      const [a, b, c, d, a1, b1, c1, d1, a2, b2, c2, d2] = values as [
        Node,
        Node,
        Node,
        Node,
        Node,
        Node,
        Node,
        Node,
        Node,
        Node,
        Node,
        Node,
      ]
      const up = over(negate(a), b1)
      const down = over(negate(c), b2)
      return call(
        'tuple',
        times(up, a1),
        plus(b, plus(times(up, c1), times(down, a2))),
        times(down, c2),
        plus(d, plus(times(up, d1), times(down, d2))),
      )
    },
  )
  const split = hold(context, rows, (all) =>
    call('tuple', ...[1, 2, 3, 4].map((index) => mapTogether(context, [all], (row) => part(row, index)))),
  )
  const held = `Tuple(${Array<string>(4).fill('Array(Float64)').join(', ')})`
  const shifts = call('array', ...distances.map((each) => integer(each)))
  const solved = call('arrayFold', lambda([state, distance], cast(split, held)), shifts, cast(call('tuple', ...columns), held))
  return hold(context, solved, (end) => mapTogether(context, [part(end, 2), part(end, 4)], (b, d) => over(d, b)))
}
