import { describe, expect, it } from 'vitest'
import { translateLike } from './lower-like.ts'
import { print, printNode } from './print.ts'
import { call, cast, float, identifier, int64, lambda, string } from './tree.ts'
import { Names, Values } from './values.ts'

describe('printing', () => {
  it.each([
    [string("it's"), String.raw`'it\'s'`],
    [string(String.raw`\' OR 1 = 1 --`), String.raw`'\\\' OR 1 = 1 --'`],
    [string('a\nb\0'), "'a\nb\\0'"],
    [identifier('c12'), 'c12'],
    [identifier('we`ird \\ name'), '`we\\`ird \\\\ name`'],
    [identifier('select'), '`select`'],
    [float(1), '1.'],
    [float(0.1), '0.1'],
    [float(1e300), '1e+300'],
    [float(-0), '-0.'],
    [float(Number.NaN), 'nan'],
    [float(-Infinity), '-inf'],
    [int64(-9223372036854775808n), 'toInt64(-9223372036854775808)'],
    [cast(call('array'), 'Array(Int64)'), 'CAST(array() AS Array(Int64))'],
    [call('arrayMap', lambda(['v1'], identifier('v1')), identifier('c1')), 'arrayMap((v1) -> v1, c1)'],
  ])('quotes literals and names: %#', (node, text) => {
    expect(printNode(node)).toBe(text)
  })

  it('writes every clause in its place', () => {
    const text = print({
      kind: 'select',
      distinct: true,
      definitions: [{ expression: float(2), alias: 'c9' }],
      columns: [{ expression: identifier('c9'), alias: 'c1' }],
      from: { kind: 'table', database: 'd', table: 't', final: true },
      where: identifier('c2'),
      groupBy: [identifier('c3')],
      having: identifier('c4'),
      orderBy: [{ expression: identifier('c5'), descending: true, nullsFirst: false }],
      limit: int64(1),
      offset: int64(2),
    })
    expect(text).toBe(
      'WITH 2. AS c9 SELECT DISTINCT c9 AS c1 FROM `d`.`t` FINAL WHERE c2 GROUP BY c3 HAVING c4 ORDER BY c5 DESC NULLS LAST LIMIT toInt64(1) OFFSET toInt64(2)',
    )
  })
})

describe('values', () => {
  const values = new Values(new Names(), { nowNs: 0n }, false)

  it('are named at their first use outside lambdas', () => {
    const long = call('f', identifier('c1'))
    expect(printNode(values.let(long, (v) => call('plus', v, v)))).toBe('plus((f(c1) AS v1), v1)')
    expect(printNode(values.let(long, (v) => lambda(['x'], v)))).toContain('arrayMap((v2) -> ')
    expect(printNode(values.let(identifier('c1'), (v) => call('plus', v, v)))).toBe('plus(c1, c1)')
  })

  it('are unwrapped without a trace where they were just wrapped', () => {
    expect(printNode(values.unwrap(values.wrap(identifier('c1')), 'scalar', (bare) => call('length', bare)))).toBe('length(c1)')
    expect(printNode(values.unwrap(identifier('c1'), 'option', (bare) => values.wrap(call('reverse', bare))))).toMatch(
      /^arrayMap\(\(v\d+\) -> reverse\(v\d+\), c1\)$/,
    )
  })

  it('raise errors as ours, or NULL under TRY', () => {
    const condition = call('less', identifier('c1'), int64(0))
    expect(printNode(values.failIf(condition, 'DIVISION_BY_ZERO', 'Division by zero', identifier('c1')))).toBe(
      "if(equals(throwIf(ifNull(less(c1, toInt64(0)), false), 'TIDEMARK|DIVISION_BY_ZERO|Division by zero'), 0), c1, NULL)",
    )
    expect(printNode(values.asSafe().failIf(condition, 'DIVISION_BY_ZERO', '', identifier('c1')))).toBe(
      'if(ifNull(less(c1, toInt64(0)), false), NULL, c1)',
    )
  })
})

describe('LIKE', () => {
  it('has no escape character of its own', () => {
    expect(translateLike('a\\_b%', undefined)).toEqual({ text: 'a\\\\_b%', isPlain: false })
    expect(translateLike('a!_b', '!')).toEqual({ text: 'a_b', isPlain: true })
    expect(translateLike('50!%%', '!')).toEqual({ text: '50\\%%', isPlain: false })
    expect(() => translateLike('a!b', '!')).toThrow('Escape character must be followed by')
    expect(() => translateLike('a', '!!')).toThrow('single character')
  })
})
