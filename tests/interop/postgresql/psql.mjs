// psql as at a terminal: the \d family, queries, \copy and COPY, FETCH_COUNT, errors with their place, a wrong password.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { check, finish } from './checks.mjs'

const psql = (input, options = [], env = {}) => {
  const { stdout, stderr, status } = spawnSync('psql', ['-X', '-P', 'pager=off', ...options], {
    input,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, ...env },
  })
  return { stdout, stderr, status }
}
const good = (input, options = []) => {
  const { stdout, stderr, status } = psql(input, ['-v', 'ON_ERROR_STOP=1', ...options])
  assert.equal(status, 0, stderr)
  return stdout
}

await check(String.raw`\conninfo and \encoding`, () => {
  assert.match(good(String.raw`\conninfo`), /plant/)
  assert.match(good(String.raw`\encoding`), /UTF8/)
})
await check(String.raw`\dn lists the databases as schemas`, () => assert.match(good(String.raw`\dn`), /plant/))
await check(String.raw`\dt, \d, \dt+ and a pattern list the tables`, () => {
  assert.match(good(String.raw`\dt`), /plant\s*\|\s*pumps\s*\|\s*table/)
  assert.match(good(String.raw`\d`), /pumps/)
  assert.match(good(String.raw`\dt+`), /pumps/)
  assert.match(good(String.raw`\dt plant.in*`), /incoming_psql/)
  assert.doesNotMatch(good(String.raw`\dt plant.in*`), /pumps/)
})
await check(String.raw`\d table and \d+ table list the columns with types`, () => {
  for (const command of [String.raw`\d pumps`, String.raw`\d+ plant.pumps`]) {
    const out = good(command)
    assert.match(out, /Table "plant\.pumps"/)
    assert.match(out, /time\s*\|\s*timestamp with time zone/)
    assert.match(out, /pressure\s*\|\s*double precision/)
    assert.match(out, /strokes\s*\|\s*bigint/)
    assert.match(out, /running\s*\|\s*boolean/)
    assert.match(out, /site\s*\|\s*text/)
  }
})
await check(String.raw`\df, \dT, \du, \di, \dv of patterns`, () => {
  assert.match(good(String.raw`\df date_trunc`), /date_trunc/)
  assert.match(good(String.raw`\dT int8`), /bigint/)
  for (const command of [
    String.raw`\du`,
    String.raw`\di`,
    String.raw`\dv`,
    String.raw`\dp`,
    String.raw`\dx`,
    String.raw`\dconfig search_path`,
  ])
    good(command)
})
await check(String.raw`\timing and a query`, () =>
  assert.match(good('\\timing on\nSELECT count(*) AS n FROM pumps;'), /2500[\s\S]*Time: [\d.,]+ ms/),
)
await check(String.raw`\x, \pset, \g, \gset, \gdesc and variables`, () => {
  assert.match(good('\\x on\nSELECT max(strokes) AS most FROM pumps;'), /most\s*\|\s*2500/)
  assert.match(good('SELECT max(strokes) AS most FROM pumps \\gset\nSELECT :most + 1 AS more;'), /2501/)
  assert.match(good('SELECT time, site, strokes FROM pumps \\gdesc'), /strokes\s*\|\s*bigint/)
  assert.match(good("SELECT count(*) FROM pumps WHERE site = :'site';", ['-v', 'site=s1']), /834/)
})
await check('COPY … TO STDOUT as text and CSV', () => {
  assert.equal(good('COPY (SELECT site, strokes FROM pumps ORDER BY strokes LIMIT 2) TO STDOUT;'), 's1\t1\ns2\t2\n')
  assert.equal(
    good('COPY (SELECT site, strokes FROM pumps ORDER BY strokes LIMIT 2) TO STDOUT WITH (FORMAT CSV, HEADER);'),
    'site,strokes\ns1,1\ns2,2\n',
  )
  assert.equal(good('COPY pumps (site) TO STDOUT;').trim().split('\n').length, 2500)
})
await check(String.raw`\copy to the client`, () =>
  assert.match(good(String.raw`\copy (SELECT strokes FROM pumps ORDER BY strokes LIMIT 3) TO STDOUT CSV`), /^1\n2\n3\n/),
)
await check('FETCH_COUNT reads in steps', () => {
  const rows = good('\\set FETCH_COUNT 100\nSELECT strokes FROM pumps ORDER BY strokes;', ['-At']).trim().split('\n')
  assert.equal(rows.length, 2500)
  assert.equal(rows.at(-1), '2500')
})
await check('DECLARE, FETCH, MOVE and CLOSE in a transaction', () => {
  const out = good(
    'BEGIN;\nDECLARE c CURSOR FOR SELECT strokes FROM pumps ORDER BY strokes;\nFETCH 2 FROM c;\nMOVE 10 IN c;\nFETCH NEXT FROM c;\nCLOSE c;\nCOMMIT;',
    ['-At'],
  )
  assert.deepEqual(out.trim().split('\n'), ['BEGIN', 'DECLARE CURSOR', '1', '2', 'MOVE 10', '13', 'CLOSE CURSOR', 'COMMIT'])
})
await check('an error says its place', () => {
  const { stderr, status } = psql('SELECT nope\nFROM pumps;', ['-v', 'ON_ERROR_STOP=1'])
  assert.notEqual(status, 0)
  assert.match(stderr, /ERROR:[\s\S]*nope[\s\S]*LINE 1: SELECT nope\n\s+\^/)
})
await check('the place of an error in COPY and DECLARE is that in the whole statement', () => {
  assert.match(psql('COPY (SELECT nope FROM pumps) TO STDOUT;').stderr, /LINE 1: COPY \(SELECT nope FROM pumps\) TO STDOUT;\n {21}\^/)
  assert.match(
    psql('BEGIN;\nDECLARE c CURSOR FOR SELECT nope FROM pumps;').stderr,
    /LINE 1: DECLARE c CURSOR FOR SELECT nope FROM pumps;\n {36}\^/,
  )
})
await check('INSERT is written, other changes are refused', () => {
  assert.match(good("INSERT INTO incoming_psql (time, site, level) VALUES (now(), 'x', 1.5), (now(), 'y', 2.5);"), /INSERT 0 2/)
  assert.equal(good('SELECT sum(level) FROM incoming_psql;', ['-At']).trim(), '4')
  for (const change of ['CREATE TABLE t (a int);', 'DROP TABLE pumps;', 'UPDATE pumps SET strokes = 1;', 'TRUNCATE pumps;'])
    assert.match(psql(change).stderr, /cannot execute/)
})
await check('a wrong password and an unknown database are refused', () => {
  assert.match(psql('SELECT 1;', [], { PGPASSWORD: 'wrong' }).stderr, /password authentication failed/)
  assert.match(psql('SELECT 1;', [], { PGDATABASE: 'nowhere' }).stderr, /database "nowhere" does not exist/)
})
finish()
