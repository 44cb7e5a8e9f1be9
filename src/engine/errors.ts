import { errorDefinitions, ServerError, type ErrorCode } from '../base/errors.ts'

/** An error as the engine tells it; `code` is ClickHouse's number (src/Common/ErrorCodes.cpp). */
export interface EngineFault {
  readonly code: number | undefined
  readonly message: string
  readonly cause?: unknown
}

const noSpace = 'No space is left on a disk of the engine'

/** The engine's codes that a client can cause or should see as they are. Texts are ours: the engine's hold its SQL and names. */
const faults: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  6: ['INVALID_CAST_ARGUMENT', 'A text cannot be cast to the wanted type'],
  26: ['INVALID_CAST_ARGUMENT', 'A quoted text cannot be parsed'],
  27: ['INVALID_CAST_ARGUMENT', 'A text cannot be cast to the wanted type'],
  32: ['INVALID_CAST_ARGUMENT', 'A text ends too early for the wanted type'],
  38: ['INVALID_CAST_ARGUMENT', 'A text cannot be cast to date'],
  41: ['INVALID_CAST_ARGUMENT', 'A text cannot be cast to timestamp'],
  70: ['INVALID_CAST_ARGUMENT', 'A value cannot be cast to the wanted type'],
  72: ['INVALID_CAST_ARGUMENT', 'A text cannot be cast to a number'],
  321: ['INVALID_CAST_ARGUMENT', 'A value is not in the range of the wanted type'],
  349: ['INVALID_CAST_ARGUMENT', 'NULL cannot be cast to the wanted type'],
  376: ['INVALID_CAST_ARGUMENT', 'A text cannot be cast to UUID'],
  407: ['NUMERIC_VALUE_OUT_OF_RANGE', 'A decimal is out of range'],
  467: ['INVALID_CAST_ARGUMENT', 'A text cannot be cast to boolean'],
  675: ['INVALID_CAST_ARGUMENT', 'A text cannot be cast to an IP address'],
  676: ['INVALID_CAST_ARGUMENT', 'A text cannot be cast to an IP address'],
  36: ['INVALID_FUNCTION_ARGUMENT', 'A function was called with an argument that it does not take'],
  69: ['INVALID_FUNCTION_ARGUMENT', 'An argument of a function is out of bounds'],
  128: ['INVALID_FUNCTION_ARGUMENT', 'An array is too large'],
  131: ['INVALID_FUNCTION_ARGUMENT', 'A text is too large'],
  135: ['INVALID_FUNCTION_ARGUMENT', 'An index into an array is out of range'],
  190: ['INVALID_FUNCTION_ARGUMENT', 'The arrays must have the same length'],
  427: ['INVALID_FUNCTION_ARGUMENT', 'A regular expression cannot be compiled'],
  125: ['SUBQUERY_MULTIPLE_ROWS', 'Scalar sub-query has returned multiple rows'],
  153: ['DIVISION_BY_ZERO', 'Division by zero'],
  158: ['RESULT_TOO_LARGE', 'The query reads or returns more than is allowed'],
  307: ['RESULT_TOO_LARGE', 'The query reads or returns more than is allowed'],
  396: ['RESULT_TOO_LARGE', 'The query result exceeds the maximum size'],
  173: ['MEMORY_LIMIT', 'The query computation exceeds maximum available memory'],
  241: ['MEMORY_LIMIT', 'The query computation exceeds maximum available memory'],
  191: ['MEMORY_LIMIT', 'A set in the query exceeds maximum available memory'],
  159: ['QUERY_TIMEOUT', 'The query exceeded its time limit'],
  160: ['QUERY_TIMEOUT', 'The query exceeded its time limit'],
  394: ['QUERY_CANCELLED', 'The query was cancelled'],
  734: ['QUERY_CANCELLED', 'The query was cancelled'],
  167: ['SEMANTIC_ERROR', 'The query is nested too deeply'],
  168: ['SEMANTIC_ERROR', 'The query is too large'],
  306: ['SEMANTIC_ERROR', 'The query is nested too deeply'],
  202: ['THROTTLING', 'The engine runs too many queries at once; try again later'],
  252: ['THROTTLING', 'The engine merges more slowly than it is written to; try again later'],
  439: ['THROTTLING', 'The engine has no thread for the query; try again later'],
  745: ['THROTTLING', 'The engine is overloaded; try again later'],
  3: ['ENGINE_UNAVAILABLE', 'The engine ended unexpectedly'],
  95: ['ENGINE_UNAVAILABLE', 'The engine lost a connection'],
  101: ['ENGINE_UNAVAILABLE', 'The engine lost a connection'],
  198: ['ENGINE_UNAVAILABLE', 'A host of the engine is unknown'],
  209: ['ENGINE_UNAVAILABLE', 'A connection of the engine timed out'],
  210: ['ENGINE_UNAVAILABLE', 'The engine cannot reach one of its nodes'],
  225: ['ENGINE_UNAVAILABLE', 'The engine lost its coordination service'],
  236: ['ENGINE_UNAVAILABLE', 'The engine stopped the query'],
  242: ['ENGINE_UNAVAILABLE', 'A table of the engine is read-only for the moment'],
  279: ['ENGINE_UNAVAILABLE', 'The engine cannot reach its nodes'],
  285: ['ENGINE_UNAVAILABLE', 'Too few replicas of the engine are alive'],
  289: ['ENGINE_UNAVAILABLE', 'All replicas of the engine are stale'],
  319: ['ENGINE_UNAVAILABLE', 'The engine does not know whether a write was stored'],
  425: ['ENGINE_UNAVAILABLE', 'A system call of the engine failed'],
  999: ['ENGINE_UNAVAILABLE', 'The engine lost its coordination service'],
  243: ['NO_SPACE', noSpace],
  192: ['CONFIGURATION', 'The engine does not know the user'],
  193: ['CONFIGURATION', 'The engine refused the password'],
  194: ['CONFIGURATION', 'The engine wants a password'],
  497: ['CONFIGURATION', 'The user of the engine lacks a privilege'],
  516: ['CONFIGURATION', 'The engine refused the user or the password'],
}

/** CANNOT_WRITE_TO_FILE_DESCRIPTOR, CANNOT_OPEN_FILE, CANNOT_FSYNC, CANNOT_CREATE_DIRECTORY, SYSTEM_ERROR, POCO_EXCEPTION, STD_EXCEPTION … */
const systemFaults = new Set([75, 76, 77, 81, 425, 458, 478, 481, 1000, 1001, 1002])

const raised = /TIDEMARK\|([A-Z_]+)\|([\s\S]*)$/
/** What the engine adds after the text of an error; the first of them ends our message. */
const decorations = [
  ': while executing ',
  ': While executing ',
  ': while processing ',
  ': While processing ',
  ': In scope ',
  ': while converting ',
  ': (while ',
  '. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)',
  ' (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)',
  '. Stack trace',
  ', Stack trace',
]

/**
 * The engine's error as ours. Queries raise their own through `throwIf(condition, 'TIDEMARK|<code>|<message>')`.
 * What no row knows is INTERNAL, which edges mask; what the engine said is the cause.
 */
export function mapEngineFault(fault: EngineFault): ServerError {
  const ours = raised.exec(fault.message)
  if (ours && (fault.code === undefined || fault.code === 395)) {
    const [, code = '', text = ''] = ours
    // a text of the query could look like one of ours: only known codes count
    if (code in errorDefinitions) return new ServerError(code as ErrorCode, undecorated(text), { cause: fault.cause })
  }
  // a full disk shows up under several numbers, as the call that failed had it
  if (fault.code !== undefined && systemFaults.has(fault.code) && /errno: 28\b|No space left on device/.test(fault.message)) {
    return new ServerError('NO_SPACE', noSpace, { cause: fault.cause ?? fault.message })
  }
  const known = fault.code === undefined ? undefined : faults[fault.code]
  if (known) return new ServerError(known[0], known[1], { cause: fault.cause ?? fault.message })
  return new ServerError('INTERNAL', `The engine failed: ${faultName(fault)}`, { cause: fault.cause ?? fault.message })
}

/** Number and name of an error without its text, which may hold what the query asks: fit for every log. */
export function faultName(fault: EngineFault): string {
  const name = /\(([A-Z][A-Z_0-9]+)\)[^()]*(?:\(version [^()]*\))?\s*$/.exec(fault.message)?.[1]
  return `${fault.code === undefined ? 'no code' : `code ${fault.code}`}${name === undefined ? '' : ` (${name})`}`
}

function undecorated(text: string): string {
  const ends = decorations.map((decoration) => text.indexOf(decoration)).filter((at) => at >= 0)
  return text.slice(0, Math.min(text.length, ...ends)).trim()
}

/** The number in `Code: 62. DB::Exception: …`. */
export function engineCode(message: string): number | undefined {
  const match = /(?:^|\b)Code: (\d+)\. DB::/.exec(message)
  return match ? Number(match[1]) : undefined
}
