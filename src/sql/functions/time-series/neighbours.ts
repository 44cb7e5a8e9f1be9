import { boolean, call, identifier, integer, lambda, nothing, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { LowerCall } from '../definition.ts'
import { and, equal, minus, not, or } from '../expression.ts'
import { hold, keepTogether, mapTogether, part, point, timeOf } from './point.ts'

/** What a target time takes its value from: the nearest sample before it (or at it) and after it. */
export interface Neighbours {
  readonly time: Node
  readonly before: Node
  readonly after: Node
  /** False where there is no such sample; then `before` or `after` hold nothing of use. */
  readonly hasBefore: Node
  readonly hasAfter: Node
}

/** The value at a target. `isKnown` is false where there is none: the target drops out. */
export interface Rule {
  readonly isKnown: (at: Neighbours) => Node
  readonly value: (at: Neighbours) => Node
}

/**
 * Samples are tuples (time, value, …). Samples and targets are sorted together; then each target's neighbours are the last sample
 * before and the next one after it, carried forwards and backwards: O((n + m) log (n + m)), nothing is looked up.
 */
export function atTargets(context: LowerCall, samples: Node, targets: Node, rule: Rule): Node {
  const [sample, target, key] = [context.variable(), context.variable(), context.variable()]
  const asSamples = call(
    'arrayMap',
    lambda([sample], call('tuple', timeOf(identifier(sample)), boolean(false), identifier(sample))),
    samples,
  )
  const blank = call('arrayElement', call('arrayResize', samples, integer(1)), integer(1))
  const known = call('arrayFilter', lambda([target], call('isNotNull', identifier(target))), targets)
  const asTargets = hold(context, blank, (none) =>
    call('arrayMap', lambda([target], call('tuple', call('assumeNotNull', identifier(target)), boolean(true), none)), known),
  )
  const isTarget = (each: Node): Node => part(each, 2)
  const isSample = (variable: string): Node => lambda([variable], not(isTarget(identifier(variable))))
  const order = lambda([key], call('tuple', timeOf(identifier(key)), isTarget(identifier(key))))
  return hold(context, call('arraySort', order, call('arrayConcat', asSamples, asTargets)), (line) => {
    const arrays = [
      line,
      call('arrayFill', isSample(context.variable()), line),
      call('arrayReverseFill', isSample(context.variable()), line),
    ]
    const neighbours = (each: Node, before: Node, after: Node): Neighbours => ({
      time: timeOf(each),
      before: part(before, 3),
      after: part(after, 3),
      hasBefore: not(isTarget(before)),
      hasAfter: not(isTarget(after)),
    })
    // One pass decides and computes; a second one drops what has no value.
    const found = mapTogether(context, arrays, (each, before, after) => {
      const at = neighbours(each, before, after)
      return call('tuple', and(isTarget(each), rule.isKnown(at)), point(at.time, rule.value(at)))
    })
    const kept = keepTogether(context, [found], (each) => part(each, 1))
    return mapTogether(context, [kept], (each) => part(each, 2))
  })
}

/** The same for one target time: NULL where there is no value. */
export function atOne(context: LowerCall, samples: Node, target: Node, rule: Rule): Node {
  return hold(context, target, (time) =>
    hold(context, samples, (all) => {
      const [earlier, later] = [context.variable(), context.variable()]
      const present = call('assumeNotNull', time)
      const isEarlier = lambda([earlier], call('lessOrEquals', timeOf(identifier(earlier)), present))
      const isLater = lambda([later], call('greaterOrEquals', timeOf(identifier(later)), present))
      return hold(context, call('arrayFilter', isEarlier, all), (past) =>
        hold(context, call('arrayFilter', isLater, all), (future) => {
          const at: Neighbours = {
            time: present,
            before: call('arrayElement', past, integer(-1)),
            after: call('arrayElement', future, integer(1)),
            hasBefore: call('notEmpty', past),
            hasAfter: call('notEmpty', future),
          }
          return when(or(call('isNull', time), not(rule.isKnown(at))), nothing, rule.value(at))
        }),
      )
    }),
  )
}

export const isExact = ({ time, before, hasBefore }: Neighbours): Node => and(hasBefore, equal(timeOf(before), time))
/** Nanoseconds from one time to another as a double; exact enough once subtracted. */
export const span = (from: Node, to: Node): Node => call('toFloat64', minus(to, from))
