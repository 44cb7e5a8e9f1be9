import { describe, expect, it } from 'vitest'
import { resolveSignature } from '../functions/resolve.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import { signaturePattern } from '../functions/pattern.ts'
import { coercionCost, commonType, comparisonType } from './coercion.ts'
import { parseDate, parseInterval, parseTime, parseTimestamp } from './time-text.ts'
import * as t from './type.ts'

describe('coercion', () => {
  it('widens numbers, dates and unknown, nearest first', () => {
    expect(coercionCost(t.INTEGER, t.BIGINT)).toBe(1)
    expect(coercionCost(t.INTEGER, t.DOUBLE)).toBe(2)
    expect(coercionCost(t.DATE, t.TIMESTAMP)).toBe(1)
    expect(coercionCost(t.UNKNOWN, t.arrayOf(t.VARCHAR))).toBe(1)
    expect(coercionCost(t.BIGINT, t.INTEGER)).toBeUndefined()
    expect(coercionCost(t.VARCHAR, t.TIMESTAMP)).toBeUndefined()
  })

  it('finds the type that both sides become', () => {
    const row = (type: t.Type, name?: string): t.Type => t.rowOf(name === undefined ? { type } : { name, type })
    expect(commonType(t.arrayOf(t.INTEGER), t.arrayOf(t.DOUBLE))).toEqual(t.arrayOf(t.DOUBLE))
    expect(commonType(row(t.INTEGER, 'a'), row(t.BIGINT, 'a'))).toEqual(row(t.BIGINT, 'a'))
    expect(commonType(row(t.INTEGER, 'a'), row(t.INTEGER, 'b'))).toEqual(row(t.INTEGER))
    expect(commonType(t.VARCHAR, t.BIGINT)).toBeUndefined()
  })

  it('takes text for a time only in comparisons', () => {
    expect(comparisonType(t.VARCHAR, t.TIMESTAMP)).toEqual(t.TIMESTAMP)
    expect(comparisonType(t.DATE, t.VARCHAR)).toEqual(t.TIMESTAMP)
    expect(comparisonType(t.VARCHAR, t.INTEGER)).toBeUndefined()
    expect(commonType(t.VARCHAR, t.TIMESTAMP)).toBeUndefined()
  })
})

describe('texts of times', () => {
  it.each([
    ['2020-08-08', 1596844800000000000n],
    ['2020-08-08 01:00', 1596848400000000000n],
    ['2016-01-01 02:17:08.646325 +0000', 1451614628646325000n],
    ['2022-06-17T08:04:05.000000000+05:00', 1655435045000000000n],
    ['1969-12-31 23:59:59.999999999', -1n],
    ['2262-04-11 23:47:16.854775807', 9223372036854775807n],
    ['2262-04-11 23:47:16.854775808', undefined],
    ['2020-02-30', undefined],
    ['2020-01-01 24:00', undefined],
    ['soon', undefined],
  ])('%s', (text, ns) => {
    expect(parseTimestamp(text)).toBe(ns)
  })

  it('of dates, times of day and intervals', () => {
    expect(parseDate('1970-01-02')).toBe(1)
    expect(parseDate('1970-13-02')).toBeUndefined()
    expect(parseTime('01:00:00.5')).toBe(3_600_500_000_000n)
    expect(parseInterval('-3', 'day', undefined)).toEqual({ ns: -259_200_000_000_000n })
    expect(parseInterval('2-7', 'year', 'month')).toEqual({ months: 31n })
    expect(parseInterval('1 02:03:04.5', 'day', 'second')).toEqual({ ns: 93_784_500_000_000n })
    expect(parseInterval('x', 'day', undefined)).toBeUndefined()
  })
})

describe('overloads', () => {
  const definition = (...patterns: readonly string[]): FunctionDefinition => ({
    name: 'f',
    kind: 'scalar',
    family: 'mathematical',
    status: 'extension',
    summary: '',
    source: '',
    signatures: patterns.map((pattern) => ({ pattern, lower: (_context, node) => node })),
    examples: [],
  })
  const value = (type: t.Type) => ({ kind: 'value', type }) as const
  const none = (): never => {
    throw new Error('no lambda was given')
  }
  const chosen = (patterns: readonly string[], ...types: readonly t.Type[]): string | undefined =>
    resolveSignature(definition(...patterns), types.map(value), none)?.signature.pattern

  it('are chosen by least coercion, then by order', () => {
    const patterns = ['(double) -> double', '(bigint) -> bigint', '(varchar) -> varchar']
    expect(chosen(patterns, t.INTEGER)).toBe('(bigint) -> bigint')
    expect(chosen(patterns, t.DOUBLE)).toBe('(double) -> double')
    expect(chosen(patterns, t.BOOLEAN)).toBeUndefined()
    expect(chosen(['(timestamp) -> bigint', '(date) -> bigint'], t.VARCHAR)).toBe('(timestamp) -> bigint')
  })

  it('bind variables to the common type of their arguments', () => {
    const resolved = resolveSignature(definition('(array(T), T) -> array(T)'), [value(t.arrayOf(t.INTEGER)), value(t.DOUBLE)], none)
    expect(resolved?.returnType).toEqual(t.arrayOf(t.DOUBLE))
    expect(resolved?.parameters).toEqual([t.arrayOf(t.DOUBLE), t.DOUBLE])
    expect(chosen(['(T: numeric, T) -> T'], t.VARCHAR, t.VARCHAR)).toBeUndefined()
    expect(chosen(['(varchar, varchar...) -> varchar'], t.VARCHAR, t.VARCHAR, t.VARCHAR)).toBe('(varchar, varchar...) -> varchar')
    expect(chosen(['(varchar, [bigint]) -> varchar'], t.VARCHAR)).toBe('(varchar, [bigint]) -> varchar')
  })

  it('type lambdas by the other arguments, and widen a state that grows', () => {
    const reduce = definition('(array(T), S, function(S, T, S), function(S, R)) -> R')
    const shapes = [value(t.arrayOf(t.DOUBLE)), value(t.INTEGER), { kind: 'lambda', arity: 2 }, { kind: 'lambda', arity: 1 }] as const
    const seen: string[] = []
    const resolved = resolveSignature(reduce, shapes, (index, parameters) => {
      seen.push(`${index}: ${parameters.map(t.typeText).join(', ')}`)
      return index === 2 ? t.DOUBLE : parameters[0]!
    })
    expect(resolved?.returnType).toEqual(t.DOUBLE)
    expect(seen).toEqual(['2: integer, double', '2: double, double', '3: double'])
  })

  it('have patterns that are read whole', () => {
    const pattern = signaturePattern('(row(time timestamp, value V), interval day to second, [bigint]) -> timeseries(V)')
    expect(pattern.required).toBe(2)
    expect(() => signaturePattern('(timestamp -> bigint')).toThrow('expected')
  })
})
