import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServerError } from '../../base/errors.ts'
import { defaultLimits } from '../../base/limits.ts'
import { emptyCatalog, Evaluator, nowNs } from '../../../tests/sql/support/evaluator.ts'
import { callInExample, constantArguments } from '../../../tests/sql/support/function-examples.ts'
import { nullExceptions } from '../../../tests/sql/support/null-exceptions.ts'
import { compile } from '../compile.ts'
import type { Expression, FunctionCall, SelectBody } from '../syntax/ast.ts'
import { formatExpression, formatQuery } from '../syntax/format.ts'
import { parse } from '../syntax/parse.ts'
import { typeText } from '../types/type.ts'
import type { ExampleValue, FunctionDefinition } from './definition.ts'
import { functionFamilies } from './index.ts'

let evaluator: Evaluator

beforeAll(async () => {
  evaluator = await Evaluator.open()
})
afterAll(() => evaluator.close())

const limits = { maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }
const definitions = functionFamilies.flat().filter(({ kind }) => kind !== 'window')

/** The expressions as all that is selected, over what the example selects from. */
function selecting(body: SelectBody, expressions: readonly Expression[]): string {
  const items = expressions.map((expression) => ({ kind: 'select-expression' as const, expression, at: body.at }))
  return formatQuery({ body: { ...body, items }, orderBy: [], at: body.at })
}

function expressionOf(sql: string): Expression {
  const statement = parse(`SELECT ${sql}`, limits)
  if (statement.kind !== 'query' || statement.query.body.kind !== 'select') throw new Error(sql)
  const [item] = statement.query.body.items
  if (item?.kind !== 'select-expression') throw new Error(sql)
  return item.expression
}

function typesOf(sql: string): readonly string[] {
  const statement = compile(sql, emptyCatalog, { nowNs, ...limits })
  return statement.kind === 'query' ? statement.columns.map((column) => typeText(column.type)) : []
}

interface Probe {
  readonly call: FunctionCall
  readonly body: SelectBody
  /** By place: the argument as a NULL of its type; undefined for a lambda and for a word. */
  readonly nulls: readonly (Expression | undefined)[]
}

function probeOf({ name, aliases = [] }: FunctionDefinition, sql: string): Probe | undefined {
  const found = callInExample(sql, [name, ...aliases])
  // an example over no rows shows something else
  if (found === undefined || found.body.where !== undefined) return undefined
  const { call, body } = found
  const nulls = call.arguments.map((arg, i) => {
    // the form of normalize is a word
    if (arg.kind === 'lambda' || (name === 'normalize' && i === 1)) return undefined
    return expressionOf(`CAST(NULL AS ${typesOf(selecting(body, [arg]))[0]})`)
  })
  return { call, body, nulls }
}

const withArgument = (call: FunctionCall, index: number, arg: Expression): FunctionCall => ({
  ...call,
  arguments: call.arguments.with(index, arg),
})

/** What the rule or its exception says of a call: a value, or the code of an error. */
const used = new Set<string>()
function expectedOf(text: string): ExampleValue | { readonly error: string } {
  if (!(text in nullExceptions)) return null
  used.add(text)
  return nullExceptions[text]!
}

async function codeOf(sql: string): Promise<string> {
  try {
    await evaluator.run(sql)
  } catch (error) {
    if (error instanceof ServerError) return error.code
    throw error
  }
  return 'no error'
}

const isError = (expected: ExampleValue | { readonly error: string }): expected is { readonly error: string } =>
  typeof expected === 'object' && expected !== null && 'error' in expected

/** Each argument of the example as a constant NULL, the others as they are: one row of all of them. */
async function checkConstants({ call, body, nulls }: Probe): Promise<void> {
  const calls = nulls.flatMap((nothing, i) => (nothing === undefined ? [] : [withArgument(call, i, nothing)]))
  const giving: FunctionCall[] = []
  const wanted: ExampleValue[] = []
  for (const each of calls) {
    const expected = expectedOf(formatExpression(each))
    if (isError(expected))
      expect({ call: formatExpression(each), code: await codeOf(selecting(body, [each])) }).toEqual({
        call: formatExpression(each),
        code: expected.error,
      })
    else {
      giving.push(each)
      wanted.push(expected)
    }
  }
  if (giving.length === 0) return
  const sql = selecting(body, giving)
  expect({ sql, rows: (await evaluator.run(sql)).rows }).toEqual({ sql, rows: [wanted] })
}

/**
 * Each argument of the example as a column that is NULL in one row and the example's in the other, all in one query. The engine keeps the
 * value beside the mark that says NULL, so that a function which forgets the mark answers as if nothing were NULL.
 */
async function checkColumns(name: string, { call, body, nulls }: Probe, result: ExampleValue): Promise<void> {
  const movable = nulls.flatMap((nothing, i) => (nothing === undefined || constantArguments[name]?.includes(i) ? [] : [{ i, nothing }]))
  if (movable.length === 0) return
  const calls = movable.map(({ i }) => withArgument(call, i, expressionOf(`IF(i = 1, c${i})`)))
  const values = movable.map(({ i }) => formatExpression(call.arguments[i]!)).join(', ')
  const columns = movable.map(({ i }) => `c${i}`).join(', ')
  const sql = `${selecting(body, calls)} FROM (VALUES (1, ${values}), (2, ${values})) AS t (i, ${columns}) ORDER BY i`
  const { rows } = await evaluator.run(sql)
  expect({ sql, rows }).toEqual({
    sql,
    rows: [movable.map(() => result), movable.map(({ i, nothing }) => expectedOf(formatExpression(withArgument(call, i, nothing))))],
  })
}

describe.each(definitions.map((definition) => [definition.name, definition] as const))('%s', (name, definition) => {
  it('is NULL for a NULL in each of its arguments, or what its exception says', async () => {
    for (const example of definition.examples) {
      const probe = 'result' in example ? probeOf(definition, example.sql) : undefined
      if (probe === undefined) continue
      await checkConstants(probe)
      const isWhole = callInExample(example.sql, [name, ...(definition.aliases ?? [])])!.isWhole && probe.body.from === undefined
      if (isWhole && name !== 'random' && 'result' in example) await checkColumns(name, probe, example.result)
    }
  })
})

it('every exception is met', () => {
  expect(Object.keys(nullExceptions).filter((text) => !used.has(text))).toEqual([])
})
