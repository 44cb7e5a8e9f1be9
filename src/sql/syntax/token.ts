import type { Position } from '../../base/errors.ts'
import type { DurationUnit } from './ast.ts'

export type TokenKind =
  | 'keyword'
  | 'name'
  | 'quoted-name'
  | 'string'
  | 'binary'
  | 'integer'
  | 'decimal'
  | 'duration'
  | 'parameter'
  | 'symbol'
  | 'unrecognized'
  | 'end'

export interface Token {
  readonly kind: TokenKind
  /** As written, for messages; `<EOF>` at the end. */
  readonly text: string
  /** Upper case of a keyword or an unquoted name, the symbol itself, empty for all else: what the grammar compares. */
  readonly word: string
  /** Content: of strings and quoted names without quotes, of numbers the digits, of binary the hexadecimal digits, of a parameter its name. */
  readonly value: string
  /** Of a duration. */
  readonly unit: DurationUnit | undefined
  readonly at: Position
}

/** Words that cannot be a bare identifier. Source: developer guide, "Reserved keywords". */
export const reservedWords: ReadonlySet<string> = new Set(
  (
    'ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE ' +
    'DESCRIBE DISTINCT DROP ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT INTO ' +
    'IS JOIN LEFT LIKE LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT TABLE THEN TRUE ' +
    'UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH'
  ).split(' '),
)

/** Units of duration literals. Source: developer guide, "Interval and duration". */
export const durationUnits: ReadonlyMap<string, DurationUnit> = new Map([
  ['ns', 'ns'],
  ['nanosecond', 'ns'],
  ['us', 'us'],
  ['microsecond', 'us'],
  ['ms', 'ms'],
  ['millisecond', 'ms'],
  ['s', 's'],
  ['second', 's'],
  ['m', 'm'],
  ['minute', 'm'],
  ['h', 'h'],
  ['hour', 'h'],
  ['d', 'd'],
  ['day', 'd'],
  ['month', 'month'],
  ['y', 'year'],
  ['year', 'year'],
])
