import { describe, expect, it } from 'vitest'
import type { LabelMatcher } from './read-request.ts'
import { readStatement } from './read-sql.ts'

const plan = { databaseName: 'db', tableName: 'm', dimensions: ['job', 'a"b'], valueColumn: 'measure_value::double' }
const statement = (matchers: readonly LabelMatcher[], startMs = 1000, endMs = 2000) => readStatement({ startMs, endMs, matchers }, plan)
const conditions = (...matchers: readonly LabelMatcher[]) =>
  / IS NOT NULL AND (.*) GROUP BY/.exec(statement(matchers)?.queryString ?? '')?.[1]

describe('the SQL of a remote read', () => {
  it('asks for series with their labels, values as parameters', () => {
    expect(statement([{ type: 'EQ', name: '__name__', value: "o'x" }])).toEqual({
      queryString:
        'SELECT measure_name, "job", "a""b", create_time_series(time, "measure_value::double") FROM "db"."m" WHERE time BETWEEN ' +
        'from_milliseconds(@start) AND from_milliseconds(@end) AND "measure_value::double" IS NOT NULL AND measure_name = @m0 GROUP BY measure_name, "job", "a""b"',
      parameters: expect.objectContaining({ m0: { type: { kind: 'scalar', name: 'varchar' }, value: "o'x" } }) as object,
    })
  })

  it('takes a label that is not there for an empty one', () => {
    expect(conditions({ type: 'EQ', name: 'job', value: '' })).toBe('"job" IS NULL')
    expect(conditions({ type: 'NEQ', name: 'job', value: '' })).toBe('"job" IS NOT NULL')
    expect(conditions({ type: 'NEQ', name: 'job', value: 'x' })).toBe('("job" IS NULL OR "job" <> @m0)')
    expect(conditions({ type: 'RE', name: 'job', value: 'a|b' })).toBe('regexp_like("job", @m0)')
    expect(conditions({ type: 'RE', name: 'job', value: 'a|' })).toBe('("job" IS NULL OR regexp_like("job", @m0))')
    expect(conditions({ type: 'NRE', name: 'job', value: '2..' })).toBe('("job" IS NULL OR NOT regexp_like("job", @m0))')
    expect(conditions({ type: 'NRE', name: 'job', value: '.*' })).toBe('NOT regexp_like("job", @m0)')
    expect(statement([{ type: 'RE', name: 'job', value: 'a|b' }])?.parameters['m0']).toMatchObject({ value: '^(?:a|b)$' })
  })

  it('finds nothing for a label that no series has, unless it may be absent', () => {
    expect(statement([{ type: 'EQ', name: 'zone', value: 'x' }])).toBeUndefined()
    expect(statement([{ type: 'NEQ', name: 'zone', value: 'x' }])).toBeDefined()
    expect(statement([{ type: 'RE', name: 'zone', value: '.+' }])).toBeUndefined()
  })

  it('takes open ranges', () => {
    const { parameters } = statement([], -9_223_309_901_257_974, 9_223_309_901_257_974)!
    expect(parameters).toMatchObject({ start: { value: 0n }, end: { value: 9_223_372_036_854n } })
  })
})
