import fc from 'fast-check'

/**
 * Random expressions with an evaluator of their own, written from the rules of the language and not from the compiler: what the product
 * answers is compared with it. Integers are 32 bits and fail on overflow; a NULL operand makes NULL; AND and OR are three-valued.
 */
export type Value = number | string | boolean | null | readonly Value[]
export type Row = Readonly<Record<string, Value>>
export interface Expression {
  readonly sql: string
  /** A literal NULL: what takes it may be NULL without more being looked at. */
  readonly isNullLiteral?: true
  /** @throws ModelError where the language has an error */
  readonly value: (row: Row) => Value
}

export class ModelError extends Error {}
/** The language leaves open whether a failing part is evaluated. */
export class Undecided extends Error {}

function undecidedIfFailing(value: () => Value): Value {
  try {
    return value()
  } catch (error) {
    throw error instanceof ModelError ? new Undecided() : error
  }
}

/** The rows that expressions range over: integers x and i, a double y, a text s, a boolean b, an array a. */
export const rows: readonly Row[] = [
  { x: 7, i: -3, y: 2.5, s: 'héllo', b: true, a: [3, 1, null, 3] },
  { x: 0, i: 2, y: -0.5, s: '', b: false, a: [] },
  { x: null, i: 1, y: null, s: null, b: null, a: null },
  { x: -2147483648, i: 2147483647, y: 1e300, s: 'A b', b: true, a: [2147483647] },
]
export const relation = `(VALUES ${rows
  .map((row, n) => `(${n}, ${['x', 'i', 'y', 's', 'b', 'a'].map((name) => literal(row[name]!, name)).join(', ')})`)
  .join(', ')}) AS t(n, x, i, y, s, b, a)`

function literal(value: Value, column: string): string {
  const types: Record<string, string> = { x: 'integer', i: 'integer', y: 'double', s: 'varchar', b: 'boolean', a: 'array(integer)' }
  if (value === null) return `CAST(NULL AS ${types[column]})`
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (typeof value === 'object')
    return `CAST(ARRAY[${value.map((each) => (each === null ? 'NULL' : String(each))).join(', ')}] AS array(integer))`
  if (column === 'y') return value === 1e300 ? '1e300' : `${String(value)}e0`
  return value === -2147483648 ? '(-2147483647 - 1)' : String(value)
}

const integer = (value: number): number => {
  if (value < -2147483648 || value > 2147483647) throw new ModelError('overflow')
  return value + 0
}
const nonZero = (value: number): number => {
  if (value === 0) throw new ModelError('division by zero')
  return value
}
const characters = (text: string): string[] => [...text]

/** A function of values that is NULL when one of them is. All arguments are evaluated first. */
const strict = (sql: string, args: readonly Expression[], compute: (...values: never[]) => Value): Expression => ({
  sql,
  value: (row) => {
    const isNull = args.some((arg) => arg.isNullLiteral)
    const values = args.map((arg) => (isNull ? undecidedIfFailing(() => arg.value(row)) : arg.value(row)))
    return values.includes(null) ? null : compute(...(values as never[]))
  },
})

const column = (name: string): Expression => ({ sql: name, value: (row) => row[name]! })
const constant = (value: Value, sql: string): Expression => ({ sql, value: () => value, ...(value === null && { isNullLiteral: true }) })
const compare = (operator: string, a: number | string | boolean, b: number | string | boolean): boolean => {
  switch (operator) {
    case '=':
      return a === b
    case '<>':
      return a !== b
    case '<':
      return a < b
    default:
      return a >= b
  }
}
/** Ordered by bytes, as the engine does; JavaScript orders by UTF-16 units, which is the same for these texts. */
const sorted = (values: readonly Value[]): Value[] => [
  ...values.filter((each) => each !== null).sort((a, b) => Number(a) - Number(b)),
  ...values.filter((each) => each === null),
]
const unique = (values: readonly Value[]): Value[] => values.filter((each, i) => values.indexOf(each) === i)

type Kinds = Record<'int' | 'real' | 'text' | 'flag' | 'list', Expression>

export const expressions = fc.letrec<Kinds>((tie) => {
  const [int, real, text, flag, list] = [tie('int'), tie('real'), tie('text'), tie('flag'), tie('list')]
  const branch = (kind: fc.Arbitrary<Expression>) =>
    fc.tuple(flag, kind, kind).map(([c, p, q]): Expression => ({
      sql: `CASE WHEN ${c.sql} THEN ${p.sql} ELSE ${q.sql} END`,
      value: (row) => (c.value(row) === true ? p.value(row) : q.value(row)),
    }))
  const coalesce = (kind: fc.Arbitrary<Expression>) =>
    fc
      .tuple(kind, kind)
      .map(([p, q]): Expression => ({ sql: `coalesce(${p.sql}, ${q.sql})`, value: (row) => p.value(row) ?? q.value(row) }))
  const nullIf = (kind: fc.Arbitrary<Expression>) =>
    fc.tuple(kind, kind).map(([p, q]): Expression => ({
      sql: `nullif(${p.sql}, ${q.sql})`,
      value: (row) => {
        const [a, b] = [p.value(row), q.value(row)]
        return a !== null && a === b ? null : a
      },
    }))
  const binary = (kind: fc.Arbitrary<Expression>, operators: Record<string, (a: never, b: never) => Value>) =>
    fc
      .tuple(kind, fc.constantFrom(...Object.keys(operators)), kind)
      .map(([p, o, q]) => strict(`(${p.sql} ${o} ${q.sql})`, [p, q], operators[o]! as never))
  const unary = (kind: fc.Arbitrary<Expression>, functions: Record<string, (a: never) => Value>) =>
    fc.tuple(fc.constantFrom(...Object.keys(functions)), kind).map(([f, p]) => strict(`${f}(${p.sql})`, [p], functions[f]! as never))
  const attempt = (kind: fc.Arbitrary<Expression>) =>
    kind.map((p): Expression => ({
      sql: `TRY(${p.sql})`,
      value: (row) => {
        try {
          return p.value(row)
        } catch (error) {
          if (error instanceof ModelError) return null
          throw error
        }
      },
    }))
  const comparison = (kind: fc.Arbitrary<Expression>) =>
    fc
      .tuple(kind, fc.constantFrom('=', '<>', '<', '>='), kind)
      .map(([p, o, q]) => strict(`(${p.sql} ${o} ${q.sql})`, [p, q], (a: number, b: number) => compare(o, a, b)))
  const nullTest = (kind: fc.Arbitrary<Expression>) =>
    fc
      .tuple(kind, fc.boolean())
      .map(([p, not]): Expression => ({ sql: `(${p.sql} IS ${not ? 'NOT ' : ''}NULL)`, value: (row) => (p.value(row) === null) !== not }))
  const options = { depthSize: 'small' as const, withCrossShrink: true }
  return {
    int: fc.oneof(
      options,
      fc.constantFrom(
        column('x'),
        column('i'),
        constant(2, '2'),
        constant(-5, '-5'),
        constant(0, '0'),
        constant(null, 'CAST(NULL AS integer)'),
      ),
      binary(int, {
        '+': (a: number, b: number) => integer(a + b),
        '-': (a: number, b: number) => integer(a - b),
        '*': (a: number, b: number) => integer(a * b),
        '/': (a: number, b: number) => integer(Math.trunc(a / nonZero(b)) + 0),
        '%': (a: number, b: number) => (a % nonZero(b)) + 0,
      }),
      unary(int, { '-': (a: number) => integer(-a + 0), abs: (a: number) => integer(Math.abs(a)) }),
      branch(int),
      coalesce(int),
      nullIf(int),
      attempt(int),
    ),
    real: fc.oneof(
      options,
      fc.constantFrom(column('y'), constant(1.5, '1.5'), constant(-0.25, '-0.25'), constant(null, 'CAST(NULL AS double)')),
      binary(real, {
        '+': (a: number, b: number) => a + b,
        '-': (a: number, b: number) => a - b,
        '*': (a: number, b: number) => a * b,
        '/': (a: number, b: number) => a / b,
      }),
      int.map((p) => strict(`CAST(${p.sql} AS double)`, [p], (a: number) => a)),
      fc.tuple(int, real).map(([p, q]) => strict(`(${p.sql} + ${q.sql})`, [p, q], (a: number, b: number) => a + b)),
      branch(real),
      coalesce(real),
    ),
    text: fc.oneof(
      options,
      fc.constantFrom(
        column('s'),
        constant('ab', "'ab'"),
        constant('', "''"),
        constant("it's", "'it''s'"),
        constant(null, 'CAST(NULL AS varchar)'),
      ),
      binary(text, { '||': (a: string, b: string) => a + b }),
      unary(text, {
        upper: (a: string) => a.toUpperCase(),
        lower: (a: string) => a.toLowerCase(),
        reverse: (a: string) => characters(a).reverse().join(''),
      }),
      int.map((p) => strict(`CAST(${p.sql} AS varchar)`, [p], (a: number) => String(a))),
      fc.tuple(text, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 })).map(([p, from, length]) =>
        strict(`substr(${p.sql}, ${from}, ${length})`, [p], (a: string) =>
          characters(a)
            .slice(from - 1, from - 1 + length)
            .join(''),
        ),
      ),
      branch(text),
      coalesce(text),
      nullIf(text),
    ),
    flag: fc.oneof(
      options,
      fc.constantFrom(column('b'), constant(true, 'true'), constant(false, 'false'), constant(null, 'CAST(NULL AS boolean)')),
      comparison(int),
      comparison(real),
      comparison(text),
      nullTest(int),
      nullTest(text),
      fc.tuple(flag, fc.constantFrom('AND', 'OR'), flag).map(([p, o, q]): Expression => ({
        sql: `(${p.sql} ${o} ${q.sql})`,
        value: (row) => {
          const decisive = o === 'OR'
          const a = p.value(row)
          if (a === decisive) return decisive
          const b = q.value(row)
          return b === decisive ? decisive : a === null || b === null ? null : !decisive
        },
      })),
      flag.map((p) => strict(`(NOT ${p.sql})`, [p], (a: boolean) => !a)),
      fc.tuple(int, fc.array(int, { minLength: 1, maxLength: 3 })).map(([p, items]): Expression => ({
        sql: `(${p.sql} IN (${items.map((each) => each.sql).join(', ')}))`,
        value: (row) => {
          const [own, ...others] = [p, ...items].map((each) => each.value(row))
          if (own === null) return null
          return others.includes(own!) ? true : others.includes(null) ? null : false
        },
      })),
      fc.tuple(int, int, int).map(([p, low, high]): Expression => ({
        sql: `(${p.sql} BETWEEN ${low.sql} AND ${high.sql})`,
        value: (row) => {
          const [a, b, c] = [p, low, high].map((each) => each.value(row)) as (number | null)[]
          const sides = [a === null || b === null ? null : a! >= b!, a === null || c === null ? null : a! <= c!]
          return sides.includes(false) ? false : sides.includes(null) ? null : true
        },
      })),
      fc
        .tuple(int, int)
        .map(([p, q]): Expression => ({ sql: `(${p.sql} IS DISTINCT FROM ${q.sql})`, value: (row) => p.value(row) !== q.value(row) })),
      fc
        .tuple(list, int)
        .map(([p, q]) =>
          strict(`contains(${p.sql}, ${q.sql})`, [p, q], (a: Value[], b: number) =>
            a.includes(b) ? true : a.includes(null) ? null : false,
          ),
        ),
    ),
    list: fc.oneof(
      options,
      fc.constantFrom(column('a'), constant([2, null], 'ARRAY[2, NULL]'), constant([], 'CAST(ARRAY[] AS array(integer))')),
      fc.array(int, { minLength: 1, maxLength: 3 }).map((items): Expression => ({
        sql: `ARRAY[${items.map((each) => each.sql).join(', ')}]`,
        value: (row) => items.map((each) => each.value(row)),
      })),
      binary(list, { '||': (a: Value[], b: Value[]) => [...a, ...b] }),
      unary(list, {
        array_distinct: (a: Value[]) => unique(a),
        array_sort: (a: Value[]) => sorted(a),
        reverse: (a: Value[]) => [...a].reverse(),
      }),
      fc
        .tuple(list, list)
        .map(([p, q]) => strict(`array_union(${p.sql}, ${q.sql})`, [p, q], (a: Value[], b: Value[]) => unique([...a, ...b]))),
      fc
        .tuple(list, list)
        .map(([p, q]) =>
          strict(`array_except(${p.sql}, ${q.sql})`, [p, q], (a: Value[], b: Value[]) => unique(a.filter((each) => !b.includes(each)))),
        ),
      fc.tuple(list, fc.constantFrom(column('x'), constant(2, '2'))).map(([p, q]): Expression => ({
        sql: `filter(${p.sql}, e -> e > ${q.sql})`,
        value: (row) => {
          const values = p.value(row) as readonly Value[] | null
          if (values === null || values.length === 0) return values
          const low = q.value(row)
          return low === null ? [] : values.filter((each) => each !== null && each > low)
        },
      })),
      list.map((p): Expression => ({
        sql: `transform(${p.sql}, e -> coalesce(e, 0) - 1)`,
        value: (row) => (p.value(row) as readonly (number | null)[] | null)?.map((each) => integer((each ?? 0) - 1)) ?? null,
      })),
      branch(list),
      coalesce(list),
      attempt(list),
    ),
  }
})
