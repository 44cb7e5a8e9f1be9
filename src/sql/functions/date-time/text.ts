import { call, int64, integer, string } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import { DATE, TIMESTAMP, VARCHAR } from '../../types/type.ts'
import { parseJodaFormat } from '../date-format/joda.ts'
import { parseMysqlFormat } from '../date-format/mysql.ts'
import { DateFormatError } from '../date-format/piece.ts'
import type { DatePiece } from '../date-format/piece.ts'
import { isoText, printDate } from '../date-format/print-date.ts'
import { readDate } from '../date-format/read-date.ts'
import { readPlan } from '../date-format/read-pattern.ts'
import type { ReadPlan } from '../date-format/read-pattern.ts'
import type { FunctionDefinition, LowerCall } from '../definition.ts'
import { concat, constantText } from '../expression.ts'
import { addNs, moment } from './calendar.ts'
import { readIsoDate, readIsoTimestamp } from './iso-8601.ts'

const source = 'developer guide, "Date / time functions"'

type ParseFormat = (format: string) => readonly DatePiece[]

/** The format's pieces; a format that is no constant, or wrong, is an error at its place. */
function withFormat(context: LowerCall, parse: ParseFormat, use: (pieces: readonly DatePiece[], format: string) => Node): Node {
  if (context.constant(1) === null) return context.nullOf(context.returnType)
  const format = constantText(context, 1)
  if (format === undefined) return context.invalid(1, 'The format must be a constant text', 'NOT_SUPPORTED')
  try {
    return use(parse(format), format)
  } catch (error) {
    if (error instanceof DateFormatError)
      return context.invalid(1, `Invalid format '${format}': ${error.message}`, 'INVALID_FUNCTION_ARGUMENT')
    throw error
  }
}

const print = (parse: ParseFormat) => (context: LowerCall, ns: Node) =>
  withFormat(context, parse, (pieces) => printDate(context, ns, pieces))

const read = (parse: ParseFormat, firstYear: (context: LowerCall) => number) => (context: LowerCall, text: Node) =>
  withFormat(context, parse, (pieces, format) => {
    const plan = readPlan(pieces)
    const options = { firstYear: firstYear(context), failure: `Invalid format: the text is not in the format '${format}'` }
    const region = regionIn(constantText(context, 0), plan)
    if (region === undefined) return readDate(context, text, plan, options)
    const clock = call('toString', moment(readDate(context, string(region.text), plan, options)))
    return call('toUnixTimestamp64Nano', call('toDateTime64', clock, integer(9), string(region.zone)))
  })

/** The zone of the tz data base that a constant text names (Europe/Paris), and the text with UTC in its place. Columns may name offsets only. */
function regionIn(text: string | undefined, plan: ReadPlan): { readonly zone: string; readonly text: string } | undefined {
  const group = plan.groups.get('zone-name')
  if (text === undefined || group === undefined) return undefined
  const name = new RegExp(plan.pattern.replaceAll('(?i:', '(?:'), 'i').exec(text)?.[group]
  if (name === undefined || !name.includes('/')) return undefined
  const zone = timeZone(name)
  return zone === undefined ? undefined : { zone, text: text.replace(name, 'UTC') }
}

/** MySQL's specifiers take two digits as 1970 to 2069; Joda's letters as the hundred years from 80 years ago. */
const mysqlFirstYear = (): number => 1970
const jodaFirstYear = ({ nowNs }: LowerCall): number => 1970 + Math.floor(Number(nowNs / 1_000_000_000n) / 31_556_952) - 80

/** The clock of a time zone as text: `2022-06-17 13:44:43.771000000 America/New_York`. */
function atTimezone(context: LowerCall, ns: Node): Node {
  if (context.constant(1) === null) return context.nullOf(context.returnType)
  const zone = constantText(context, 1)
  if (zone === undefined) return context.invalid(1, 'The time zone must be a constant text', 'NOT_SUPPORTED')
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone)
  if (offset) {
    const minutes = BigInt(offset[2]!) * 60n + BigInt(offset[3]!)
    const shift = (offset[1] === '-' ? -minutes : minutes) * 60_000_000_000n
    return concat(call('toString', moment(addNs(context, ns, int64(shift), shift))), string(` ${zone}`))
  }
  const canonical = timeZone(zone)
  if (canonical === undefined) return context.invalid(1, `'${zone}' is not a valid time zone`, 'INVALID_FUNCTION_ARGUMENT')
  return concat(call('toString', call('fromUnixTimestamp64Nano', ns, string(canonical))), string(` ${zone}`))
}

/** The zone's name with the letters' case as the tz data base has it. */
function timeZone(name: string): string | undefined {
  try {
    const { timeZone: resolved } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    return resolved.toLowerCase() === name.toLowerCase() ? resolved : name
  } catch {
    return undefined
  }
}

export const dateTextFunctions: readonly FunctionDefinition[] = [
  {
    name: 'date',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The day of a timestamp, or of a text that is one: CAST(x AS date).',
    source,
    signatures: [
      { pattern: '(date) -> date', lower: (_, x) => x },
      { pattern: '(timestamp) -> date', lower: (context, x) => context.cast(x, TIMESTAMP, DATE) },
      { pattern: '(varchar) -> date', lower: (context, x) => context.cast(context.cast(x, VARCHAR, TIMESTAMP), TIMESTAMP, DATE) },
    ],
    examples: [
      { sql: "date('2001-08-22')", type: 'date', result: '2001-08-22' },
      { sql: "date(TIMESTAMP '2001-08-22 03:04:05')", type: 'date', result: '2001-08-22' },
      { sql: 'date(CAST(NULL AS varchar))', type: 'date', result: null },
      { sql: "date('x')", error: 'INVALID_CAST_ARGUMENT' },
    ],
  },
  {
    name: 'date_format',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: "The timestamp as text, in a format of MySQL's specifiers (%Y %m %d %H %i %s %f …).",
    source,
    signatures: [{ pattern: '(timestamp, varchar) -> varchar', lower: print(parseMysqlFormat) }],
    examples: [
      { sql: "date_format(TIMESTAMP '2022-06-17 17:44:43.771', '%Y-%m-%d %T.%f')", type: 'varchar', result: '2022-06-17 17:44:43.771000' },
      { sql: "date_format(TIMESTAMP '2022-01-01 17:44:43', '%W %e %M, %x-%v')", type: 'varchar', result: 'Saturday 1 January, 2021-52' },
      { sql: "date_format(CAST(NULL AS timestamp), '%Y')", type: 'varchar', result: null },
      { sql: "date_format(now(), '%D')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'date_parse',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: "The timestamp that a text is in a format of MySQL's specifiers.",
    source,
    signatures: [{ pattern: '(varchar, varchar) -> timestamp', lower: read(parseMysqlFormat, mysqlFirstYear) }],
    examples: [
      { sql: "date_parse('2013-05-17 12:35:10 AM', '%Y-%m-%d %h:%i:%s %p')", type: 'timestamp', result: '2013-05-17 00:35:10.000000000' },
      { sql: "date_parse('1998 53', '%x %v')", type: 'timestamp', result: '1998-12-28 00:00:00.000000000' },
      { sql: "date_parse(NULL, '%Y')", type: 'timestamp', result: null },
      { sql: "date_parse('2013-02-30', '%Y-%m-%d')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'format_datetime',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: "The timestamp as text, in a pattern of Joda's or java.time's letters (yyyy-MM-dd HH:mm:ss.SSS).",
    source,
    signatures: [{ pattern: '(timestamp, varchar) -> varchar', lower: print(parseJodaFormat) }],
    examples: [
      { sql: "format_datetime(TIMESTAMP '2022-06-17 17:44:43.771', 'EEE, d MMM yyyy')", type: 'varchar', result: 'Fri, 17 Jun 2022' },
      { sql: "format_datetime(TIMESTAMP '2022-06-17 00:05:00', 'yyyy''T''HH k K h a')", type: 'varchar', result: '2022T00 24 0 12 AM' },
      { sql: "format_datetime(CAST(NULL AS timestamp), 'yyyy')", type: 'varchar', result: null },
      { sql: "format_datetime(now(), 'b')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'parse_datetime',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: "The timestamp that a text is in a pattern of Joda's or java.time's letters.",
    source,
    signatures: [{ pattern: '(varchar, varchar) -> timestamp', lower: read(parseJodaFormat, jodaFirstYear) }],
    examples: [
      { sql: "parse_datetime('2019-12-29 10:10 PST', 'uuuu-LL-dd HH:mm z')", type: 'timestamp', result: '2019-12-29 18:10:00.000000000' },
      { sql: "parse_datetime('1960/01/22 03:04 +0500', 'yyyy/MM/dd HH:mm Z')", type: 'timestamp', result: '1960-01-21 22:04:00.000000000' },
      {
        sql: "parse_datetime('1960/01/22 03:04 Asia/Oral', 'yyyy/MM/dd HH:mm ZZZ')",
        type: 'timestamp',
        result: '1960-01-21 22:04:00.000000000',
      },
      { sql: "parse_datetime(NULL, 'yyyy')", type: 'timestamp', result: null },
      { sql: "parse_datetime('1960', 'yyyy-MM')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'from_iso8601_timestamp',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The timestamp that a text is by ISO 8601; without an offset it is UTC.',
    source,
    signatures: [{ pattern: '(varchar) -> timestamp', lower: readIsoTimestamp }],
    examples: [
      { sql: "from_iso8601_timestamp('2022-06-17T08:04:05.000000000+05:00')", type: 'timestamp', result: '2022-06-17 03:04:05.000000000' },
      { sql: "from_iso8601_timestamp('2020-W20-1')", type: 'timestamp', result: '2020-05-11 00:00:00.000000000' },
      { sql: 'from_iso8601_timestamp(NULL)', type: 'timestamp', result: null },
      { sql: "from_iso8601_timestamp('2022-13-01')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'from_iso8601_date',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The date that a text is by ISO 8601: calendar, week or ordinal date.',
    source,
    signatures: [{ pattern: '(varchar) -> date', lower: readIsoDate }],
    examples: [
      { sql: "from_iso8601_date('2020-05-11')", type: 'date', result: '2020-05-11' },
      { sql: "from_iso8601_date('2020-123')", type: 'date', result: '2020-05-02' },
      { sql: 'from_iso8601_date(NULL)', type: 'date', result: null },
      { sql: "from_iso8601_date('2020-02-30')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  {
    name: 'to_iso8601',
    kind: 'scalar',
    family: 'date and time',
    status: 'documented',
    summary: 'The text of a timestamp (UTC) or date by ISO 8601.',
    source,
    signatures: [
      { pattern: '(timestamp) -> varchar', lower: (_, x) => isoText(x) },
      { pattern: '(date) -> varchar', lower: (_, x) => call('toString', x) },
    ],
    examples: [
      { sql: "to_iso8601(TIMESTAMP '2022-06-17 17:44:43.771')", type: 'varchar', result: '2022-06-17T17:44:43.771000000Z' },
      { sql: "to_iso8601(DATE '2022-06-17')", type: 'varchar', result: '2022-06-17' },
      { sql: 'to_iso8601(CAST(NULL AS timestamp))', type: 'varchar', result: null },
    ],
  },
  {
    name: 'at_timezone',
    kind: 'scalar',
    family: 'date and time',
    status: 'extension',
    summary: 'The clock and calendar of a time zone at that time, as text with the zone (timestamps themselves are UTC).',
    source: 'Trino documentation, "Date and time functions": at_timezone',
    signatures: [{ pattern: '(timestamp, varchar) -> varchar', lower: atTimezone }],
    examples: [
      {
        sql: "at_timezone(TIMESTAMP '2022-06-17 17:44:43.771', 'America/New_York')",
        type: 'varchar',
        result: '2022-06-17 13:44:43.771000000 America/New_York',
      },
      { sql: "at_timezone(TIMESTAMP '2022-06-17 17:44:43', '+05:30')", type: 'varchar', result: '2022-06-17 23:14:43.000000000 +05:30' },
      { sql: "at_timezone(CAST(NULL AS timestamp), 'UTC')", type: 'varchar', result: null },
      { sql: "at_timezone(now(), 'Mars/Olympus')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
]
