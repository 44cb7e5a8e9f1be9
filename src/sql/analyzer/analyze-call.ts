import type { Position } from '../../base/errors.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import { findFunction, functionNames } from '../functions/index.ts'
import { mismatchMessage, resolveSignature } from '../functions/resolve.ts'
import type { ArgumentShape } from '../functions/resolve.ts'
import type { Call, Expression } from '../ir.ts'
import type * as ast from '../syntax/ast.ts'
import { commonTypeOf, comparisonType } from '../types/coercion.ts'
import { UNKNOWN, typeText } from '../types/type.ts'
import type { Type } from '../types/type.ts'
import { analyzeWindow } from './analyze-window.ts'
import type { Analyzer } from './analyzer.ts'
import { fail } from './analyzer.ts'
import { asBoolean, callOf, coerce, coerceForComparison, compare, isLiteral, literal } from './build.ts'
import { foldCall } from './fold.ts'
import { expressionKey, some } from './rewrite.ts'
import type { Scope } from './scope.ts'
import { sortKey } from './sort-key.ts'
import { suggestion } from './suggest.ts'

/** A call by name, special forms included. */
export function analyzeCall(analyzer: Analyzer, node: ast.FunctionCall, scope: Scope): Expression {
  const special = Object.hasOwn(specialForms, node.name) ? specialForms[node.name] : undefined
  if (special) {
    refuseAggregateParts(node)
    return special(
      node,
      node.arguments.map((arg) => analyzer.expression(arg, scope)),
    )
  }
  const definition = lookup(node.name, node.at)
  const inside = (definition.kind === 'aggregate' && !node.over && scope.aggregates) || scope
  const { call, lambdas } = resolveCall(analyzer, definition, node, inside)
  if (definition.kind === 'scalar') {
    refuseAggregateParts(node)
    return (lambdas ? undefined : foldCall(call, analyzer.session)) ?? call
  }
  const full: Call = {
    ...call,
    distinct: node.distinct,
    orderBy: node.orderBy.map((item) => sortKey(analyzer, item, inside)),
    ...(node.filter ? { filter: asBoolean(analyzer.expression(node.filter, inside), node.filter.at, 'FILTER expression') } : {}),
    ...(node.nulls ? { nulls: node.nulls } : {}),
  }
  if (full.distinct && full.orderBy.some((key) => !full.arguments.some((arg) => expressionKey(arg) === expressionKey(key.expression)))) {
    fail(node.at, 'SEMANTIC_ERROR', 'For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments')
  }
  if (node.over) return { kind: 'window-call', type: full.type, call: full, window: analyzeWindow(analyzer, node.over, scope) }
  if (definition.kind === 'window') fail(node.at, 'SEMANTIC_ERROR', `Window function ${node.name} requires an OVER clause`)
  for (const arg of full.arguments) {
    if (some(arg, (part) => isAggregateCall(part) || part.kind === 'window-call')) {
      fail(node.at, 'SEMANTIC_ERROR', `Cannot nest aggregations or window functions inside aggregation '${node.name}'`)
    }
  }
  return full
}

export const isAggregateCall = (expression: Expression): expression is Call =>
  expression.kind === 'call' && expression.definition.kind === 'aggregate'

/** A call that the grammar makes, of a function by its name. */
export function callNamed(analyzer: Analyzer, name: string, args: readonly Expression[], at: Position): Expression {
  return callOf(lookup(name, at), args, at, analyzer.session)
}

function lookup(name: string, at: Position): FunctionDefinition {
  return findFunction(name) ?? fail(at, 'FUNCTION_NOT_FOUND', `Function '${name}' not registered${suggestion(name, functionNames())}`)
}

function refuseAggregateParts(node: ast.FunctionCall): void {
  const part = node.over
    ? 'OVER'
    : node.filter
      ? 'FILTER'
      : node.distinct
        ? 'DISTINCT'
        : node.orderBy.length > 0
          ? 'ORDER BY'
          : node.star
            ? '*'
            : undefined
  if (part !== undefined) fail(node.at, 'SEMANTIC_ERROR', `${part} is only for aggregate and window functions, which ${node.name} is not`)
}

function resolveCall(
  analyzer: Analyzer,
  definition: FunctionDefinition,
  node: ast.FunctionCall,
  scope: Scope,
): { readonly call: Call; readonly lambdas: boolean } {
  const values = new Map<number, Expression>()
  const shapes = node.arguments.map((arg, i): ArgumentShape => {
    if (arg.kind === 'lambda') return { kind: 'lambda', arity: arg.parameters.length }
    const value = analyzer.expression(arg, scope)
    values.set(i, value)
    return { kind: 'value', type: value.type }
  })
  const bodies = new Map<number, { readonly parameters: readonly string[]; readonly body: Expression }>()
  const resolved = resolveSignature(definition, shapes, (index, parameters) => {
    const lambda = analyzeLambda(analyzer, node.arguments[index] as LambdaNode, parameters, scope)
    bodies.set(index, lambda)
    return lambda.body.type
  })
  if (!resolved) return fail(node.at, 'TYPE_MISMATCH', mismatchMessage(definition, node.name, shapes))
  const args = resolved.parameters.map((type, i): Expression => {
    const value = values.get(i)
    if (value) return coerceForComparison(value, type, node.arguments[i]!.at)
    const lambda = bodies.get(i)!
    if (type.kind !== 'function') throw new Error('a lambda stands for a function')
    return { kind: 'lambda', type, parameters: lambda.parameters, body: coerce(lambda.body, type.result) }
  })
  return {
    call: {
      kind: 'call',
      type: resolved.returnType,
      definition,
      signature: resolved.signature,
      arguments: args,
      at: node.at,
      distinct: false,
      orderBy: [],
    },
    lambdas: bodies.size > 0,
  }
}

type LambdaNode = Extract<ast.Expression, { kind: 'lambda' }>

function analyzeLambda(
  analyzer: Analyzer,
  node: LambdaNode,
  types: readonly Type[],
  scope: Scope,
): { readonly parameters: readonly string[]; readonly body: Expression } {
  const variables = new Map<string, { readonly name: string; readonly type: Type }>()
  const parameters = node.parameters.map((parameter, i) => {
    const name = analyzer.names.fresh('v')
    variables.set(parameter.text, { name, type: types[i]! })
    return name
  })
  const body = analyzer.expression(node.body, { fields: [], variables, next: scope })
  if (some(body, (part) => isAggregateCall(part) || part.kind === 'window-call')) {
    fail(node.at, 'SEMANTIC_ERROR', 'A lambda cannot contain aggregations or window functions')
  }
  return { parameters, body }
}

type SpecialForm = (node: ast.FunctionCall, args: readonly Expression[]) => Expression

/** Calls whose arguments are not all evaluated. */
const specialForms: Readonly<Record<string, SpecialForm>> = {
  if: (node, args) => {
    expectCount(node, 2, 3)
    const condition = asBoolean(args[0]!, node.at, 'First argument of IF')
    const otherwise = args[2] ?? literal(UNKNOWN, null)
    const type = commonTypeOf([args[1]!.type, otherwise.type])
    if (!type)
      fail(node.at, 'TYPE_MISMATCH', `Result types for IF must be the same: ${typeText(args[1]!.type)}, ${typeText(otherwise.type)}`)
    return { kind: 'case', type, branches: [{ when: condition, result: coerce(args[1]!, type) }], otherwise: coerce(otherwise, type) }
  },
  coalesce: (node, args) => {
    expectCount(node, 2, Infinity)
    const type = commonTypeOf(args.map((arg) => arg.type))
    if (!type)
      fail(node.at, 'TYPE_MISMATCH', `All COALESCE operands must be the same type: ${args.map((arg) => typeText(arg.type)).join(', ')}`)
    return { kind: 'coalesce', type, operands: args.map((arg) => coerce(arg, type)) }
  },
  nullif: (node, args) => {
    expectCount(node, 2, 2)
    const [first, second] = [args[0]!, args[1]!]
    if (!comparisonType(first.type, second.type)) {
      fail(node.at, 'TYPE_MISMATCH', `Types are not comparable with NULLIF: ${typeText(first.type)} vs ${typeText(second.type)}`)
    }
    return {
      kind: 'case',
      type: first.type,
      branches: [{ when: compare('=', first, second, node.at), result: literal(first.type, null) }],
      otherwise: first,
    }
  },
  try: (node, args) => {
    expectCount(node, 1, 1)
    return isLiteral(args[0]!) ? args[0] : { kind: 'try', type: args[0]!.type, operand: args[0]! }
  },
}

function expectCount(node: ast.FunctionCall, least: number, most: number): void {
  const count = node.arguments.length
  if (count < least || count > most) {
    fail(node.at, 'TYPE_MISMATCH', `Invalid number of arguments for '${node.name}' function: ${count}`)
  }
}
