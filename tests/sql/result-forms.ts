import { columnInfo } from '../../src/database/query/encode/column-info.ts'
import type { Product } from './runner/open-product.ts'

/** A column of a query: how the API describes it, and the exact JSON of its one value. Source: API reference, "Datum", "ColumnInfo", "Type". */
export interface ResultForm {
  readonly expression: string
  readonly type: object
  readonly datum: string
}

const scalar = (ScalarType: string): object => ({ ScalarType })
const array = (Type: object): object => ({ ArrayColumnInfo: { Type } })
const row = (...fields: readonly (readonly [Name: string, Type: object])[]): object => ({
  RowColumnInfo: fields.map(([Name, Type]) => ({ Name, Type })),
})
const series = (Type: object): object => ({ TimeSeriesMeasureValueColumnInfo: { Type } })
const value = (text: string): string => `{"ScalarValue":${JSON.stringify(text)}}`
const nothing = '{"NullValue":true}'
const [bigint, double, varchar, integer, timestamp] = ['BIGINT', 'DOUBLE', 'VARCHAR', 'INTEGER', 'TIMESTAMP'].map(scalar) as [
  object,
  object,
  object,
  object,
  object,
]
const one = (expression: string, type: string, text: string): ResultForm => ({ expression, type: scalar(type), datum: value(text) })

const scalars: readonly ResultForm[] = [
  one('1', 'INTEGER', '1'),
  one('-2147483648', 'INTEGER', '-2147483648'),
  one("BIGINT '9223372036854775807'", 'BIGINT', '9223372036854775807'),
  one('9007199254740993', 'BIGINT', '9007199254740993'),
  one('true', 'BOOLEAN', 'true'),
  one('1 = 2', 'BOOLEAN', 'false'),
  ...(
    [
      ['2.5', '2.5'],
      ['1.0', '1.0'],
      ['0e0', '0.0'],
      ['-0e0', '-0.0'],
      ['1e7', '1.0E7'],
      ['9999999.5', '9999999.5'],
      ['12345678.9', '1.23456789E7'],
      ['1e-3', '0.001'],
      ['9.99e-4', '9.99E-4'],
      ['1e300', '1.0E300'],
      ['1e-300', '1.0E-300'],
      ['0.1 + 0.2', '0.30000000000000004'],
      ['1e0 / 3', '0.3333333333333333'],
      ['nan()', 'NaN'],
      ['infinity()', 'Infinity'],
      ['-infinity()', '-Infinity'],
      ["to_unixtime(TIMESTAMP '2022-06-17 17:44:43.771')", '1.6554878837710001E9'],
    ] as const
  ).map(([expression, text]) => one(expression, 'DOUBLE', text)),
  one("'two'", 'VARCHAR', 'two'),
  one("''", 'VARCHAR', ''),
  one('\'a "q" \\ ü😀\' || chr(10) || chr(1)', 'VARCHAR', 'a "q" \\ ü😀\n\u0001'),
  one("CAST('ab' AS varbinary)", 'VARCHAR', 'YWI='),
  one("TIMESTAMP '2020-08-08 01:00'", 'TIMESTAMP', '2020-08-08 01:00:00.000000000'),
  one("TIMESTAMP '1969-12-31 23:59:59.999999999'", 'TIMESTAMP', '1969-12-31 23:59:59.999999999'),
  one("DATE '2020-08-08'", 'DATE', '2020-08-08'),
  one("TIME '01:00'", 'TIME', '01:00:00.000000000'),
  one("INTERVAL '2' DAY - INTERVAL '3' HOUR", 'INTERVAL_DAY_TO_SECOND', '1 21:00:00.000000000'),
  one("parse_duration('42.8ms')", 'INTERVAL_DAY_TO_SECOND', '0 00:00:00.042800000'),
  one("INTERVAL '3' YEAR - INTERVAL '5' MONTH", 'INTERVAL_YEAR_TO_MONTH', '2-7'),
  one("INTERVAL '8' MONTH", 'INTERVAL_YEAR_TO_MONTH', '0-8'),
  one("INTERVAL '1' YEAR", 'INTERVAL_YEAR_TO_MONTH', '1-0'),
]

const nulls: readonly ResultForm[] = [
  ['NULL', scalar('UNKNOWN')],
  ['CAST(NULL AS integer)', integer],
  ['CAST(NULL AS timestamp)', timestamp],
  ['CAST(NULL AS array(bigint))', array(bigint)],
  ['CAST(NULL AS ROW(a bigint))', row(['a', bigint])],
  ['CAST(NULL AS timeseries(double))', series(double)],
].map(([expression, type]) => ({ expression: expression as string, type: type as object, datum: nothing }))

const samples = "(VALUES (TIMESTAMP '2022-09-20 12:37:53', 1), (TIMESTAMP '2022-09-20 12:37:54.5', 2)) AS s(t, v)"
const point = (time: string, datum: string): string => `{"Time":"${time}","Value":${datum}}`
const nested: readonly ResultForm[] = [
  { expression: 'ARRAY[1, NULL]', type: array(integer), datum: `{"ArrayValue":[${value('1')},${nothing}]}` },
  { expression: 'ARRAY[]', type: array(scalar('UNKNOWN')), datum: '{"ArrayValue":[]}' },
  {
    expression: "ARRAY[ARRAY['a'], NULL, ARRAY[]]",
    type: array(array(varchar)),
    datum: `{"ArrayValue":[{"ArrayValue":[${value('a')}]},${nothing},{"ArrayValue":[]}]}`,
  },
  {
    expression: "CAST(ROW('host', 'varchar') AS ROW(dimension_name varchar, data_type varchar))",
    type: row(['dimension_name', varchar], ['data_type', varchar]),
    datum: `{"RowValue":{"Data":[${value('host')},${value('varchar')}]}}`,
  },
  {
    expression: '(1, NULL)',
    type: row(['field0', integer], ['field1', scalar('UNKNOWN')]),
    datum: `{"RowValue":{"Data":[${value('1')},${nothing}]}}`,
  },
  {
    expression: "ROW(ARRAY[ROW(1, 'a')], ROW(2.5))",
    type: row(['field0', array(row(['field0', integer], ['field1', varchar]))], ['field1', row(['field0', double])]),
    datum: `{"RowValue":{"Data":[{"ArrayValue":[{"RowValue":{"Data":[${value('1')},${value('a')}]}}]},{"RowValue":{"Data":[${value('2.5')}]}}]}}`,
  },
  ...(
    [
      ['double', double, '1.0', '2.0'],
      ['bigint', bigint, '1', '2'],
      ['varchar', varchar, '1', '2'],
    ] as const
  ).map(([type, info, first, second]) => ({
    expression: `(SELECT create_time_series(t, CAST(v AS ${type})) FROM ${samples})`,
    type: series(info),
    datum: `{"TimeSeriesValue":[${point('2022-09-20 12:37:53.000000000', value(first))},${point('2022-09-20 12:37:54.500000000', value(second))}]}`,
  })),
  {
    expression: `(SELECT create_time_series(t, v = 1) FROM ${samples})`,
    type: series(scalar('BOOLEAN')),
    datum: `{"TimeSeriesValue":[${point('2022-09-20 12:37:53.000000000', value('true'))},${point('2022-09-20 12:37:54.500000000', value('false'))}]}`,
  },
  {
    expression: `(SELECT filter(create_time_series(t, v), x -> x.value > 5) FROM ${samples})`,
    type: series(integer),
    datum: '{"TimeSeriesValue":[]}',
  },
  {
    expression: `(SELECT ARRAY[create_time_series(t, v)] FROM ${samples} WHERE v = 1)`,
    type: array(series(integer)),
    datum: `{"ArrayValue":[{"TimeSeriesValue":[${point('2022-09-20 12:37:53.000000000', value('1'))}]}]}`,
  },
  {
    expression: `(SELECT ROW(max(v), create_time_series(t, v)) FROM ${samples} WHERE v = 2)`,
    type: row(['field0', integer], ['field1', series(integer)]),
    datum: `{"RowValue":{"Data":[${value('2')},{"TimeSeriesValue":[${point('2022-09-20 12:37:54.500000000', value('2'))}]}]}}`,
  },
  {
    expression: "map(ARRAY['a'], ARRAY[1])",
    type: array(row(['key', varchar], ['value', integer])),
    datum: `{"ArrayValue":[{"RowValue":{"Data":[${value('a')},${value('1')}]}}]}`,
  },
]

export const resultForms: readonly ResultForm[] = [...scalars, ...nulls, ...nested]

const caller = { principal: { name: 'root', accessKeyId: 'TESTROOTKEY', isRoot: true }, requestId: 'forms', sourceIp: '127.0.0.1' } as const

/** All expressions in one query: the description of each column, and the row as it goes out. */
export async function formsOf(
  product: Product,
  expressions: readonly string[],
): Promise<{ readonly columns: unknown; readonly rowsJson: string }> {
  const page = await product.database.query(caller, {
    queryString: `SELECT ${expressions.map((each, i) => `${each} AS c${i}`).join(', ')}`,
  })
  return { columns: page.columns.map(columnInfo), rowsJson: page.rowsJson }
}
