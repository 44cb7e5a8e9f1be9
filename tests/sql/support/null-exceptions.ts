import type { ExampleValue } from '../../../src/sql/functions/definition.ts'

/**
 * The rule: a function of a NULL is NULL, and an aggregate over nothing but NULLs is. These are its exceptions, by the call that is made of
 * an example of the function's record.
 */
export const nullExceptions: Readonly<Record<string, ExampleValue | { readonly error: string }>> = {
  // Counts are never NULL.
  'approx_distinct(CAST(NULL AS integer))': '0',
  'approx_distinct(CAST(NULL AS varchar), 0.1)': '0',
  'approx_distinct(CAST(NULL AS bigint))': '0',
  'count(CAST(NULL AS integer))': '0',
  'count(DISTINCT CAST(NULL AS integer))': '0',
  'count_if(CAST(NULL AS boolean))': '0',

  // How an aggregate works is one for all rows, and must be known.
  'approx_distinct(x, CAST(NULL AS double))': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'approx_percentile(x, CAST(NULL AS double))': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'approx_percentile(x, CAST(NULL AS array(double)))': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'approx_percentile(x, CAST(NULL AS integer), 0.1)': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'approx_percentile(x, 1, CAST(NULL AS double))': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'approx_percentile(x, CAST(NULL AS integer), 0.1, 0.5)': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'approx_percentile(x, 1, CAST(NULL AS double), 0.5)': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'approx_percentile(x, 1, 0.1, CAST(NULL AS double))': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'approx_percentile(x, CAST(NULL AS integer), ARRAY[0.1, 0.9])': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'approx_percentile(x, 2, CAST(NULL AS array(double)))': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'max(x, CAST(NULL AS integer))': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'min(x, CAST(NULL AS integer))': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'max_by(c, x, CAST(NULL AS integer))': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'min_by(c, x, CAST(NULL AS integer))': { error: 'INVALID_FUNCTION_ARGUMENT' },

  // What gathers values takes NULL for one.
  'array_agg(CAST(NULL AS integer) ORDER BY x DESC)': [null, null, null],
  'array_agg(CAST(NULL AS varchar) ORDER BY x, c DESC)': [null, null, null],
  'max_by(CAST(NULL AS varchar), x, 2)': [null, null],
  'min_by(CAST(NULL AS varchar), x, 2)': [null, null],
  'map_agg(k, CAST(NULL AS integer))': [
    ['a', null],
    ['b', null],
  ],
  'multimap_agg(k, CAST(NULL AS integer))': [
    ['a', [null, null]],
    ['b', [null]],
  ],
  'repeat(CAST(NULL AS varchar), 2)': [null, null],
  'repeat(CAST(NULL AS unknown), 2)': [null, null],

  // A time series has no place for it.
  'create_time_series(CAST(NULL AS timestamp), v)': { error: 'INVALID_FUNCTION_ARGUMENT' },
  'create_time_series(t, CAST(NULL AS integer))': { error: 'INVALID_FUNCTION_ARGUMENT' },

  // Joined texts leave it out; without a separator they stand side by side.
  'listagg(x, CAST(NULL AS varchar) ORDER BY x)': 'ab',
  'string_agg(x, CAST(NULL AS varchar) ORDER BY x DESC)': 'ba',
  "concat_ws(',', CAST(NULL AS varchar), NULL, 'b')": 'b',
  "concat_ws(',', 'a', CAST(NULL AS unknown), 'b')": 'a,b',
  "concat_ws(',', 'a', NULL, CAST(NULL AS varchar))": 'a',

  // It is printed.
  "format('%s has %d of %.2f', CAST(NULL AS varchar), 1234567, 1.005)": 'null has 1234567 of 1.01',
  "format('%s has %d of %.2f', 'a', CAST(NULL AS integer), 1.005)": 'a has null of 1.01',
  "format('%s has %d of %.2f', 'a', 1234567, CAST(NULL AS double))": 'a has 1234567 of null',
  "format('%,d|%05d|%-4s|', CAST(NULL AS integer), 42, 'x')": 'null|00042|x   |',
  "format('%,d|%05d|%-4s|', 1234567, CAST(NULL AS integer), 'x')": '1,234,567| null|x   |',
  "format('%,d|%05d|%-4s|', 1234567, 42, CAST(NULL AS varchar))": '1,234,567|00042|null|',
  "format('%s', CAST(NULL AS unknown))": 'null',

  // It has a type.
  'typeof(CAST(NULL AS integer))': 'integer',
  'typeof(CAST(NULL AS array(double)))': 'array(double)',
  'typeof(CAST(NULL AS unknown))': 'unknown',
}
