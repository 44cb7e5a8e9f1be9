import { expect, it } from 'vitest'
import { sampleCatalog } from '../../tests/sql/support/sample-catalog.ts'
import { errorDefinitions, ServerError } from '../base/errors.ts'
import { defaultLimits } from '../base/limits.ts'
import { compile } from './compile.ts'

const session = { nowNs: 0n, maxNestingDepth: defaultLimits.sqlNestingDepth, maxTokens: defaultLimits.sqlTokens }

function unload(options: string, query = 'SELECT 1 AS a, 2 AS b, 3 AS c', to = 's3://the-bucket/folder') {
  const statement = compile(`UNLOAD (${query}) TO '${to}' ${options}`, sampleCatalog, session)
  if (statement.kind !== 'unload') throw new Error('an UNLOAD was expected')
  return statement
}

it('without options writes gzip CSV, as the guide has it', () => {
  expect(unload('').target).toEqual({
    bucket: 'the-bucket',
    folder: 'folder',
    format: 'CSV',
    compression: 'GZIP',
    encryption: 'SSE_S3',
    fieldDelimiter: ',',
    escapedBy: '\\',
    includeHeader: false,
    maxFileBytes: 78_000_000_000,
    partitionColumns: 0,
  })
})

it.each([
  ["format = 'parquet', compression = 'None'", { format: 'PARQUET', compression: 'NONE' }],
  [
    "encryption = 'SSE_KMS', kms_key = 'arn:aws:kms:us-east-1:000000000000:key/k'",
    { encryption: 'SSE_KMS', kmsKey: 'arn:aws:kms:us-east-1:000000000000:key/k' },
  ],
  // the bucket's own key of the account
  ["encryption = 'sse_kms'", { encryption: 'SSE_KMS' }],
  ["field_delimiter = '|', escaped_by = '^', include_header = 'TRUE'", { fieldDelimiter: '|', escapedBy: '^', includeHeader: true }],
  ["field_delimiter = '\t', include_header = true", { fieldDelimiter: '\t', includeHeader: true }],
  ["max_file_size = '24.7MB'", { maxFileBytes: 24_700_000 }],
  ["max_file_size = '78GB'", { maxFileBytes: 78_000_000_000 }],
  ["MAX_FILE_SIZE = '16mb'", { maxFileBytes: 16_000_000 }],
  ["partitioned_by = ARRAY['b', 'c']", { partitionColumns: 2 }],
  ['PARTITIONED_BY = ARRAY [c]', { partitionColumns: 1 }],
])('takes %s', (options, target) => {
  expect(unload(`WITH (${options})`).target).toMatchObject(target)
})

it.each([
  ["colour = 'red'", "Unknown UNLOAD option 'colour'; there are partitioned_by, format"],
  ["format = 'CSV', format = 'CSV'", "'format' is given twice"],
  ["format = 'ORC'", "'format' must be one of CSV, PARQUET"],
  ["format = ''", "'format' must be one of CSV, PARQUET"],
  ['format = 1', "'format' must be a text in quotes"],
  ["compression = 'SNAPPY'", "'compression' must be one of GZIP, NONE"],
  ["encryption = 'NONE'", "'encryption' must be one of SSE_S3, SSE_KMS"],
  ["kms_key = 'k'", "'kms_key' needs encryption = 'SSE_KMS'"],
  ["encryption = 'SSE_S3', kms_key = 'k'", "'kms_key' needs encryption = 'SSE_KMS'"],
  ["encryption = 'SSE_KMS', kms_key = ''", "'kms_key' must be the id or ARN of a key"],
  ["field_delimiter = ''", "'field_delimiter' must be one ASCII character"],
  ["field_delimiter = 'ab'", "'field_delimiter' must be one ASCII character"],
  ["field_delimiter = 'é'", "'field_delimiter' must be one ASCII character"],
  [`field_delimiter = '"'`, "'field_delimiter' must be one ASCII character other than"],
  ["field_delimiter = '\n'", "'field_delimiter' must be one ASCII character"],
  ["escaped_by = 'ab'", "'escaped_by' must be one ASCII character"],
  ["escaped_by = ','", "'field_delimiter' and 'escaped_by' must differ"],
  ["include_header = 'yes'", "'include_header' must be one of TRUE, FALSE"],
  ["max_file_size = '15.9MB'", "'max_file_size' must be from '16MB' to '78GB'"],
  ["max_file_size = '79GB'", "'max_file_size' must be from '16MB' to '78GB'"],
  ["max_file_size = '64'", "'max_file_size' must be from '16MB' to '78GB'"],
  ["max_file_size = '64KB'", "'max_file_size' must be from '16MB' to '78GB'"],
  ["max_file_size = '-64MB'", "'max_file_size' must be from '16MB' to '78GB'"],
  ['max_file_size = 64', "'max_file_size' must be a text in quotes"],
  ["partitioned_by = 'c'", "'partitioned_by' must be ARRAY['column', …]"],
  ['partitioned_by = ARRAY[]', "'partitioned_by' must be ARRAY['column', …]"],
  ['partitioned_by = ARRAY[1]', "'partitioned_by' must be ARRAY['column', …]"],
  ["partitioned_by = ARRAY['none']", 'must be the last columns of the query, in the same order: these are c'],
  ["partitioned_by = ARRAY['b']", 'must be the last columns of the query, in the same order: these are c'],
  ["partitioned_by = ARRAY['c', 'b']", 'must be the last columns of the query, in the same order: these are b, c'],
  ["partitioned_by = ARRAY['a', 'b', 'c']", 'needs a column besides those of partitioned_by'],
])('refuses WITH (%s) with a ValidationException that says where', (options, message) => {
  let failure: unknown
  try {
    unload(`WITH (${options})`)
  } catch (error) {
    failure = error
  }
  if (!(failure instanceof ServerError)) throw new Error('it is not refused', { cause: failure })
  expect(errorDefinitions[failure.code].exception).toBe('ValidationException')
  expect(failure.message).toMatch(/^line \d+:\d+: /)
  expect(failure.message).toContain(message)
})

it.each(['file://x', 's3://', 's3://B/x', 's3:/bucket/x', 'bucket/x'])('refuses the target %s', (to) => {
  expect(() => unload('', 'SELECT 1 AS a', to)).toThrow('is not s3://bucket/folder')
})

it('orders what a LIMIT cuts when several files are to be written, each by a run of its own', () => {
  const limited = 'SELECT a, b FROM (SELECT x AS a, x AS b FROM UNNEST(sequence(1, 9)) AS t (x) LIMIT 5) ORDER BY b DESC LIMIT 2'
  const orders = (options: string): number => unload(options, limited).query.text.split('ORDER BY').length - 1
  expect([orders(''), orders("WITH (partitioned_by = ARRAY['b'])")]).toEqual([1, 2])
})
