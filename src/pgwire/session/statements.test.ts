import { describe, expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { readCopy } from './copy-out.ts'
import { readInsert } from './insert.ts'
import { LoginDelay } from './login-delay.ts'
import { route } from './route.ts'
import { sessionStatement, statementTimeout, type SessionState } from './session-statement.ts'
import { splitStatements } from './split-statements.ts'

describe('a text of several statements', () => {
  test.each([
    ['a; b;', ['a', ' b']],
    ['select \';\'; select ";"', ["select ';'", ' select ";"']],
    ['select 1 -- ; no\n; select /* ; */ 2', ['select 1 -- ; no\n', ' select /* ; */ 2']],
    ["select E'\\';'; select $$;$$", ["select E'\\';'", ' select $$;$$']],
    [' ; ;; -- nothing\n', []],
  ])('%j is cut at the semicolons that end one', (text, statements) => {
    expect(splitStatements(text)).toEqual(statements)
  })
})

describe('who answers', () => {
  test.each([
    ['', 'empty'],
    ['-- nothing', 'empty'],
    ['SELECT 1', 'query'],
    ['/* a */ with x as (select 1) select * from x', 'query'],
    ["SELECT 'from pg_class'", 'query'],
    ['SELECT * FROM pg_class', 'catalog'],
    ['select n.nspname from pg_catalog.pg_namespace n', 'catalog'],
    ['select * from information_schema.columns', 'catalog'],
    ["select 'x'::regclass", 'catalog'],
    ['SHOW DATABASES', 'query'],
    ['SHOW search_path', 'session'],
    ['Set extra_float_digits = 3', 'session'],
    ['BEGIN READ ONLY', 'session'],
    ['INSERT INTO t (time) VALUES (now())', 'insert'],
    ['COPY t TO STDOUT', 'copy'],
    ["DELETE FROM t WHERE host = 'a'", 'delete'],
    ['DROP TABLE t', 'refused'],
    ['UPDATE t SET a = 1', 'refused'],
  ])('%j: %s', (statement, way) => {
    expect(route(statement)).toBe(way)
  })
})

const state = (): SessionState => ({ transaction: 'I', settings: new Map(), deallocate: () => undefined })

describe('a session', () => {
  test('keeps what it is told, and tells it', () => {
    const session = state()
    sessionStatement("SET application_name = 'it''s me'", session)
    sessionStatement('SET SESSION statement_timeout TO 2min', session)
    expect(session.settings.get('application_name')).toBe("it's me")
    expect(statementTimeout(session)).toBe(120_000)
    expect(sessionStatement('SHOW application_name', session)?.join('')).toContain("it's me")
    sessionStatement('RESET statement_timeout', session)
    expect(statementTimeout(session)).toBe(0)
  })

  test('knows nothing of other settings, which the catalog may', () => {
    expect(sessionStatement('SHOW wal_level', state())).toBeUndefined()
  })

  test('is in a transaction from BEGIN to its end', () => {
    const session = state()
    sessionStatement('BEGIN', session)
    expect(session.transaction).toBe('T')
    sessionStatement('ROLLBACK TO SAVEPOINT a', session)
    expect(session.transaction).toBe('T')
    sessionStatement('END', session)
    expect(session.transaction).toBe('I')
  })

  test.each(['SET client_encoding = LATIN1', "SET statement_timeout = 'soon'", 'SET nothing', 'PREPARE p AS SELECT 1'])(
    'refuses %s',
    (statement) => {
      expect(() => sessionStatement(statement, state())).toThrow(/only the encoding|invalid value|syntax error|not supported/)
    },
  )
})

describe('INSERT and COPY', () => {
  test('are read into their parts', () => {
    expect(readInsert('insert into "my db".cpu (time, "a""b") values (now(), 1)')).toEqual({
      databaseName: 'my db',
      tableName: 'cpu',
      columns: ['time', 'a"b'],
      rows: 'values (now(), 1)',
    })
    expect(readCopy("COPY cpu (a, b) TO STDOUT WITH (FORMAT CSV, HEADER, DELIMITER ';', NULL 'none')")).toEqual({
      query: 'SELECT a, b FROM cpu',
      isCsv: true,
      hasHeader: true,
      delimiter: ';',
      nullText: 'none',
    })
    expect(readCopy('copy (select 1) to stdout')).toMatchObject({ query: '      select 1', isCsv: false, delimiter: '\t', nullText: '\\N' })
  })

  test.each([
    'insert into t values (1)',
    'INSERT INTO t (a) VALUES (1) RETURNING a',
    'insert into t (a) values (1) on conflict do nothing',
  ])('refuses %s', (statement) => {
    expect(() => readInsert(statement)).toThrow(/is expected|not supported/)
  })

  test.each(['COPY t FROM STDIN', "COPY t TO '/tmp/x'", 'COPY t TO STDOUT (FORMAT binary)', "COPY t TO STDOUT (DELIMITER 'ab')"])(
    'refuses %s',
    (statement) => {
      expect(() => readCopy(statement)).toThrow(/supported|single one-byte/)
    },
  )
})

test('who gives wrong passwords waits longer and longer, until a minute has passed', () => {
  let nowMs = 0
  const delay = new LoginDelay({ ...systemClock, monotonicMs: () => nowMs })
  const waits = Array.from({ length: 10 }, () => {
    delay.failed('a')
    return delay.of('a')
  })
  expect(waits).toEqual([0, 0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  expect(delay.of('b')).toBe(0)
  nowMs += 60_001
  expect(delay.of('a')).toBe(0)
})
