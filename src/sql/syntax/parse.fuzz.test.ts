import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ServerError } from '../../base/errors.ts'
import type { Statement } from './ast.ts'
import { format } from './format.ts'
import { parse } from './parse.ts'

const bounds = { maxTokens: 20_000, maxNestingDepth: 200 }
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_123)
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1500)

const withoutPlaces = (tree: unknown): string => JSON.stringify(tree, (key, value: unknown) => (key === 'at' ? undefined : value))

function expectRoundTrip(tree: Statement): void {
  const text = format(tree)
  if (withoutPlaces(parse(text, bounds)) !== withoutPlaces(tree)) throw new Error(`not the same tree again: ${text}`)
}

const name = fc.constantFrom(
  'a',
  'b',
  'time',
  'day',
  'row',
  'filter',
  '"x y"',
  '"a""b"',
  'measure_value::double',
  'over',
  'limit',
  'T',
  'interval',
)
const literal = fc.constantFrom(
  '1',
  '2.5',
  '1e3',
  "'s'",
  "'it''s'",
  'NULL',
  'TRUE',
  '15m',
  "date '2020-01-01'",
  "INTERVAL '2' DAY",
  "X'0a'",
  '@p',
  'current_date',
)
const type = fc.letrec<{ type: string }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('double', 'bigint', 'varchar(3)', 'timestamp with time zone', 'interval year to month'),
    tie('type').map((inner) => `array(${inner})`),
    fc.tuple(tie('type'), tie('type')).map(([first, second]) => `row(a ${first}, ${second})`),
  ),
})).type

interface Texts {
  expression: string
  query: string
  relation: string
}
/** Random statements, made along the grammar. */
const texts = fc.letrec<Texts>((tie) => {
  const e = tie('expression')
  const binary = (...operators: string[]) => fc.tuple(e, fc.constantFrom(...operators), e).map(([l, o, r]) => `(${l}) ${o} ${r}`)
  return {
    expression: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      name,
      literal,
      fc.tuple(name, name).map(([x, y]) => `${x}.${y}`),
      binary('+', '-', '*', '/', '%', '||').map((text) => `(${text})`),
      binary('=', '<>', '<', 'AND', 'OR', 'IS DISTINCT FROM', 'LIKE').map((text) => `(${text})`),
      fc.tuple(fc.constantFrom('NOT ', '- ', '+ '), e).map(([o, x]) => `(${o}${x})`),
      fc
        .tuple(name, fc.array(e, { maxLength: 3 }))
        .map(([f, args]) => (/^["a-zT]/.test(f) && f !== 'row' ? `${f.replace('::', '_')}(${args.join(', ')})` : 'f()')),
      fc.tuple(e, e, e).map(([x, y, z]) => `CASE WHEN ${x} THEN ${y} ELSE ${z} END`),
      fc.tuple(e, type, fc.boolean()).map(([x, t, safe]) => `${safe ? 'TRY_' : ''}CAST(${x} AS ${t})`),
      fc.array(e, { maxLength: 3 }).map((items) => `ARRAY[${items.join(', ')}]`),
      fc.array(e, { minLength: 2, maxLength: 3 }).map((items) => `(${items.join(', ')})`),
      fc.tuple(e, e).map(([x, y]) => `(${x})[${y}]`),
      fc.tuple(e, name).map(([x, f]) => `(${x}).${f}`),
      fc.tuple(name, e).map(([x, y]) => `f(${x} -> ${y})`),
      fc.tuple(e, e, e).map(([x, y, z]) => `((${x}) NOT BETWEEN (${y}) AND (${z}))`),
      fc.tuple(e, tie('query')).map(([x, q]) => `((${x}) IN (${q}))`),
      fc.tuple(e, tie('query')).map(([x, q]) => `((${x}) >= ALL (${q}))`),
      tie('query').map((q) => `(${q})`),
      fc
        .tuple(e, e, e)
        .map(([x, y, z]) => `sum(DISTINCT ${x} ORDER BY ${y} DESC) FILTER (WHERE ${z}) OVER (PARTITION BY ${y} ROWS 2 PRECEDING)`),
    ),
    relation: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('t', 'db.t', '"d b".t x', 't DESC'),
      tie('query').map((q) => `(${q}) AS q(a, b)`),
      fc.tuple(tie('relation'), tie('relation'), e).map(([l, r, on]) => `${l} LEFT JOIN ${r} ON ${on}`),
      fc.tuple(tie('relation'), tie('relation')).map(([l, r]) => `(${l} CROSS JOIN ${r})`),
      e.map((x) => `UNNEST(${x}) WITH ORDINALITY`),
    ),
    query: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      e.map((x) => `SELECT ${x}`),
      fc
        .tuple(e, tie('relation'), e, e)
        .map(([x, r, w, g]) => `SELECT ${x} AS c, * FROM ${r}, ${r} WHERE ${w} GROUP BY ${g}, (a, b) HAVING ${w} ORDER BY 1 LIMIT 5`),
      fc
        .tuple(tie('query'), fc.constantFrom('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'), tie('query'))
        .map(([l, o, r]) => `(${l}) ${o} (${r})`),
      fc.tuple(tie('query'), tie('query')).map(([w, q]) => `WITH w AS (${w}) ${String(q).startsWith('WITH') ? `SELECT * FROM (${q})` : q}`),
      fc.array(e, { minLength: 1, maxLength: 3 }).map((rows) => `VALUES ${rows.join(', ')}`),
    ),
  }
})

test('a statement made along the grammar parses, and its canonical text gives the same tree', () => {
  fc.assert(
    fc.property(texts.query, (text) => {
      const tree = parse(text, bounds)
      expectRoundTrip(tree)
    }),
    { seed, numRuns },
  )
})

const fragment = fc.constantFrom(
  '(',
  ')',
  '[',
  ']',
  ',',
  '.',
  "'",
  '"',
  '--',
  '/*',
  '*/',
  ' OVER ',
  ' SELECT ',
  ' FROM ',
  ' AS ',
  '->',
  '1',
  '1d',
  '@',
  ';',
  '\0',
  '’',
  '\ud800',
  '::',
  ' NOT ',
  ' ROW',
  ' IN ',
  '\n',
)

test('whatever is cut out of or put into a statement, the answer is a tree or an error with a place', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(8), fragment), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(texts.query, edits, (text, changes) => {
      const mutated = changes.reduce((current, [where, length, insert]) => {
        const at = where % (current.length + 1)
        return current.slice(0, at) + insert + current.slice(at + length)
      }, text)
      try {
        const tree = parse(mutated, bounds)
        expectRoundTrip(tree)
      } catch (error) {
        if (!(error instanceof ServerError)) throw error
        expect(['SYNTAX_ERROR', 'NOT_SUPPORTED']).toContain(error.code)
        expect(error.position).toBeDefined()
      }
    }),
    { seed, numRuns },
  )
})
