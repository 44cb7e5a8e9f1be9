import { boolean, call, cast, identifier, integer, lambda, nothing, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { isNested } from '../../types/coercion.ts'
import type { Type } from '../../types/type.ts'
import type { FunctionDefinition, LowerCall, Signature } from '../definition.ts'
import { and, checked, equal, less, truth } from '../expression.ts'
import { apply, elementOrNull, elementType, indexes, mapElements, unlessAnyNull } from './element.ts'

const source = 'developer guide, "Time-series functions": filter and reduce'
const family = 'Trino, "Lambda expressions"'
const documented = 'developer guide, "Array functions"'

type Lambda = Extract<Node, { kind: 'lambda' }>

function asLambda(node: Node): Lambda {
  if (node.kind !== 'lambda') throw new Error('not a lambda')
  return node
}

/** NULL counts as false. */
function filter(array: Node, condition: Node): Node {
  const { parameters, body } = asLambda(condition)
  return call('arrayFilter', lambda(parameters, call('ifNull', body, boolean(false))), array)
}

/** Folds in order. The state keeps one type all the way, whatever the engine makes of the first and the later ones. */
function reduce(context: LowerCall, array: Node, initial: Node, step: Node, finish: Node): Node {
  const stateType = context.types[1]!
  const held = context.physicalType(stateType)
  const { parameters, body } = asLambda(step)
  return context.unwrap(array, isNested(context.returnType) ? 'option' : 'scalar', (items) =>
    apply(finish, call('arrayFold', lambda(parameters, cast(body, held)), items, cast(initial, held))),
  )
}

/** True when one is, else NULL when one is NULL, else false; `all` and `none` are the same upside down. */
function match(context: LowerCall, array: Node, condition: Node, quantifier: 'any' | 'all' | 'none'): Node {
  const decisive = quantifier === 'all' ? boolean(false) : boolean(true)
  const answer = quantifier === 'any' ? boolean(true) : boolean(false)
  const otherwise = quantifier === 'any' ? boolean(false) : boolean(true)
  return context.let(call('arrayMap', condition, array), (answers) =>
    call('multiIf', call('has', answers, decisive), answer, call('has', answers, nothing), nothing, otherwise),
  )
}

/** Every element is compared with every other, all at once in memory. */
const maxCompared = 2000

/** Sorts by a comparison: each element's place is how many come before it; of equal ones the earlier comes first. */
function sortBy(context: LowerCall, whole: Node, comparator: Node): Node {
  const sortedShort = sortShortBy(context, call('arraySlice', whole, integer(1), integer(maxCompared)), comparator)
  return context.failIf(
    call('greater', call('length', whole), integer(maxCompared)),
    'NOT_SUPPORTED',
    `array_sort with a comparison takes at most ${maxCompared} elements`,
    sortedShort,
  )
}

function sortShortBy(context: LowerCall, array: Node, comparator: Node): Node {
  const { parameters, body } = asLambda(comparator)
  const [other, own] = parameters as [string, string]
  const [i, j, place] = [context.variable(), context.variable(), context.variable()]
  return context.let(array, (items) => {
    const positions = call('arrayEnumerate', items)
    const earlier = when(less(identifier(j), identifier(i)), integer(0), integer(1))
    const isBefore = when(equal(identifier(j), identifier(i)), boolean(false), less(body, earlier))
    const before = call('arrayCount', lambda([other, j], call('ifNull', isBefore, boolean(false))), items, positions)
    const places = call('arrayMap', lambda([own, i], before), items, positions)
    const sortedItems = call('arraySort', lambda([own, place], identifier(place)), items, places)
    const isWrong = call('not', call('ifNull', call('in', body, call('tuple', integer(-1), integer(0), integer(1))), boolean(false)))
    const wrong = call(
      'arrayExists',
      lambda(
        [own, i],
        call('arrayExists', lambda([other, j], and(call('notEquals', identifier(j), identifier(i)), isWrong)), items, positions),
      ),
      items,
      positions,
    )
    return checked(context, context.wrap(sortedItems), { condition: wrong, message: 'Lambda comparator must return either -1, 0, or 1' })
  })
}

const longest = (arrays: readonly Node[]): Node =>
  arrays.length === 1 ? call('length', arrays[0]!) : call('greatest', ...arrays.map((array) => call('length', array)))

/** The arrays made equally long with NULLs. */
function padded(arrays: readonly Node[], types: readonly Type[]): Node[] {
  const length = longest(arrays)
  return arrays.map((array, k) =>
    isNested(elementType(types[k]!)) ? call('arrayResize', array, length) : call('arrayResize', array, length, nothing),
  )
}

function bindAll(context: LowerCall, nodes: readonly Node[], body: (bound: readonly Node[]) => Node): Node {
  const bind = (done: readonly Node[]): Node =>
    done.length === nodes.length ? body(done) : context.let(nodes[done.length]!, (node) => bind([...done, node]))
  return bind([])
}

const letters = 'ABCDEFGH'
/** zip of two to eight arrays. */
const zipSignatures: readonly Signature[] = Array.from({ length: letters.length - 1 }, (_, index) => {
  const names = [...letters.slice(0, index + 2)]
  return {
    pattern: `(${names.map((name) => `array(${name})`).join(', ')}) -> array(row(${names.join(', ')}))`,
    lower: (context, ...arrays) =>
      bindAll(context, arrays, (bound) =>
        mapElements(context, indexes(longest(bound)), (position) =>
          context.wrap(call('tuple', ...bound.map((array, k) => elementOrNull(array, position, elementType(context.types[k]!))))),
        ),
      ),
  }
})

export const higherOrderFunctions: readonly FunctionDefinition[] = [
  {
    name: 'filter',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The elements of an array, or points of a time series (x.time, x.value), for which the condition is true.',
    source,
    signatures: [
      {
        pattern: '(timeseries(T), function(row(time timestamp, value T), boolean)) -> timeseries(T)',
        lower: (context, a, f) => filterSeries(context, a, f),
      },
      { pattern: '(array(T), function(T, boolean)) -> array(T)', lower: (_, a, f) => filter(a, f) },
    ],
    examples: [
      { sql: 'filter(ARRAY[5, -6, NULL, 7], x -> x > 0)', type: 'array(integer)', result: ['5', '7'] },
      { sql: 'filter(ARRAY[], x -> true)', type: 'array(unknown)', result: [] },
    ],
  },
  {
    name: 'reduce',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'Folds the elements, or points of a time series, in order into a state; the last function makes the result of it.',
    source,
    nulls: 'handle',
    signatures: [
      {
        pattern: '(timeseries(T), S, function(S, row(time timestamp, value T), S), function(S, R)) -> R',
        lower: (context, a, initial, step, finish) => reduceSeries(context, a, initial, step, finish),
      },
      {
        pattern: '(array(T), S, function(S, T, S), function(S, R)) -> R',
        lower: (context, a, initial, step, finish) => reduce(context, a, initial, step, finish),
      },
    ],
    examples: [
      { sql: 'reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)', type: 'integer', result: '75' },
      { sql: 'reduce(ARRAY[5, NULL], 0, (s, x) -> s + x, s -> s)', type: 'integer', result: null },
      {
        sql: 'reduce(ARRAY[5, 6, 10, 20], CAST(ROW(0.0, 0) AS ROW(sum DOUBLE, count INTEGER)), (s, x) -> CAST(ROW(x + s.sum, s.count + 1) AS ROW(sum DOUBLE, count INTEGER)), s -> IF(s.count = 0, NULL, s.sum / s.count))',
        type: 'double',
        result: '10.25',
      },
    ],
  },
  {
    name: 'transform',
    kind: 'scalar',
    family: 'array',
    status: 'extension',
    summary: 'What the function makes of each element, or of each point of a time series.',
    source: family,
    signatures: [
      {
        pattern: '(timeseries(T), function(row(time timestamp, value T), U)) -> array(U)',
        lower: (context, a, f) => call('arrayMap', f, pointsAsRows(context, a)),
      },
      { pattern: '(array(T), function(T, U)) -> array(U)', lower: (_, a, f) => call('arrayMap', f, a) },
    ],
    examples: [
      { sql: 'transform(ARRAY[5, NULL], x -> coalesce(x, 0) + 1)', type: 'array(integer)', result: ['6', '1'] },
      { sql: "transform(ARRAY['a'], x -> ARRAY[x])", type: 'array(array(varchar))', result: [['a']] },
    ],
  },
  ...(['any', 'all', 'none'] as const).map((quantifier): FunctionDefinition => ({
    name: `${quantifier}_match`,
    kind: 'scalar',
    family: 'array',
    status: 'extension',
    summary: `Whether the condition is true for ${quantifier === 'none' ? 'no element' : `${quantifier} element${quantifier === 'all' ? 's' : ''}`}; NULL when that hangs on a NULL.`,
    source: family,
    signatures: [
      { pattern: '(array(T), function(T, boolean)) -> boolean', lower: (context, a, f) => truth(match(context, a, f, quantifier)) },
    ],
    examples: [
      { sql: `${quantifier}_match(ARRAY[1, 2], x -> x > 1)`, type: 'boolean', result: quantifier === 'any' ? 'true' : 'false' },
      { sql: `${quantifier}_match(ARRAY[NULL, 2], x -> x > ${quantifier === 'all' ? 1 : 2})`, type: 'boolean', result: null },
    ],
  })),
  {
    name: 'array_sort',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The elements in ascending order, NULLs last; or in the order of a comparison that gives -1, 0 or 1.',
    source: documented,
    nulls: 'handle',
    signatures: [
      {
        pattern: '(array(T: orderable)) -> array(T)',
        lower: (context, ...args) => unlessAnyNull(context, args, (a) => context.wrap(sorted(context, a))),
      },
      {
        pattern: '(array(T), function(T, T, integer)) -> array(T)',
        lower: (context, ...args) => unlessAnyNull(context, args, (a, f) => context.let(a, (items) => sortBy(context, items, f))),
      },
    ],
    examples: [
      { sql: 'array_sort(ARRAY[3, NULL, 1])', type: 'array(integer)', result: ['1', '3', null] },
      { sql: 'array_sort(ARRAY[3, 1, 2], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))', type: 'array(integer)', result: ['3', '2', '1'] },
    ],
  },
  {
    name: 'zip',
    kind: 'scalar',
    family: 'array',
    status: 'documented',
    summary: 'The arrays side by side as rows; the shorter ones go on with NULL.',
    source: documented,
    signatures: zipSignatures,
    examples: [
      {
        sql: "zip(ARRAY[1, 2], ARRAY['a'])",
        type: 'array(row(integer, varchar))',
        result: [
          ['1', 'a'],
          ['2', null],
        ],
      },
    ],
  },
  {
    name: 'zip_with',
    kind: 'scalar',
    family: 'array',
    status: 'extension',
    summary: 'What the function makes of the elements of two arrays, pair by pair; the shorter one goes on with NULL.',
    source: family,
    signatures: [
      {
        pattern: '(array(T), array(U), function(T, U, R)) -> array(R)',
        lower: (context, a, b, f) => bindAll(context, [a, b], (bound) => call('arrayMap', f, ...padded(bound, context.types))),
      },
    ],
    examples: [
      { sql: 'zip_with(ARRAY[1, 3], ARRAY[2, 4], (x, y) -> x * y)', type: 'array(integer)', result: ['2', '12'] },
      { sql: 'zip_with(ARRAY[1], ARRAY[2, 4], (x, y) -> coalesce(x, 0) + y)', type: 'array(integer)', result: ['3', '4'] },
    ],
  },
]

/** NULL elements last, also inside of what is nested. */
function sorted(context: LowerCall, array: Node): Node {
  const element = elementType(context.types[0]!)
  if (!isNested(element)) return call('arraySort', array)
  const variable = context.variable()
  const value: Node = { kind: 'identifier', name: variable }
  return call('arraySort', lambda([variable], call('tuple', call('empty', value), value)), array)
}

/** Points are tuples; to a lambda they are rows, which inside an array are options. */
function pointsAsRows(context: LowerCall, series: Node): Node {
  return mapElements(context, series, (point) => context.wrap(point))
}

function filterSeries(context: LowerCall, series: Node, condition: Node): Node {
  return mapElements(context, filter(pointsAsRows(context, series), condition), (option) => call('arrayElement', option, integer(1)))
}

function reduceSeries(context: LowerCall, series: Node, initial: Node, step: Node, finish: Node): Node {
  return context.unwrap(series, isNested(context.returnType) ? 'option' : 'scalar', (points) =>
    reduce(context, context.wrap(pointsAsRows(context, points)), initial, step, finish),
  )
}
