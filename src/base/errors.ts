/**
 * Every error that Tidemark answers on purpose, as data: one row a code. Edges encode from the row
 * (AWS exception, HTTP status, SQLSTATE); nothing else decides how an error looks on a wire.
 */
export interface ErrorDefinition {
  /** Exception name of the AWS JSON protocol. */
  readonly exception: string
  readonly status: number
  /** Five characters, for the PostgreSQL protocol. */
  readonly sqlState: string
  readonly blame: 'client' | 'server'
  readonly retryable: boolean
  /** The text is not shown to the client: it may hold internals. */
  readonly masked?: true
}

const validation = { exception: 'ValidationException', status: 400, blame: 'client', retryable: false } as const
const execution = { exception: 'QueryExecutionException', status: 400, blame: 'client', retryable: false } as const
const frontEnd = { status: 403, sqlState: '28000', blame: 'client', retryable: false } as const

export const errorDefinitions = {
  // requests
  VALIDATION: { ...validation, sqlState: '22023' },
  SERIALIZATION: { exception: 'SerializationException', status: 400, sqlState: '22P02', blame: 'client', retryable: false },
  UNKNOWN_OPERATION: { exception: 'UnknownOperationException', status: 404, sqlState: '0A000', blame: 'client', retryable: false },
  REQUEST_TOO_LARGE: { exception: 'RequestEntityTooLargeException', status: 413, sqlState: '54000', blame: 'client', retryable: false },
  REQUEST_TIMEOUT: { exception: 'RequestTimeoutException', status: 408, sqlState: '57014', blame: 'client', retryable: true },
  CONFLICT: { exception: 'ConflictException', status: 409, sqlState: '42710', blame: 'client', retryable: false },
  RESOURCE_NOT_FOUND: { exception: 'ResourceNotFoundException', status: 404, sqlState: '42704', blame: 'client', retryable: false },
  SERVICE_QUOTA_EXCEEDED: { exception: 'ServiceQuotaExceededException', status: 402, sqlState: '53400', blame: 'client', retryable: false },
  REJECTED_RECORDS: { exception: 'RejectedRecordsException', status: 419, sqlState: '23000', blame: 'client', retryable: false },
  THROTTLING: { exception: 'ThrottlingException', status: 429, sqlState: '53000', blame: 'server', retryable: true },
  INVALID_ENDPOINT: { exception: 'InvalidEndpointException', status: 421, sqlState: '08001', blame: 'client', retryable: true },
  // buckets
  BUCKET_UNREACHABLE: { ...validation, sqlState: '58030' },
  OBJECT_NOT_FOUND: { ...validation, sqlState: '58P01' },
  // who is asking
  ACCESS_DENIED: { exception: 'AccessDeniedException', status: 403, sqlState: '42501', blame: 'client', retryable: false },
  MALFORMED_POLICY_DOCUMENT: {
    exception: 'MalformedPolicyDocumentException',
    status: 400,
    sqlState: '22023',
    blame: 'client',
    retryable: false,
  },
  MISSING_AUTHENTICATION_TOKEN: { ...frontEnd, exception: 'MissingAuthenticationTokenException' },
  UNRECOGNIZED_CLIENT: { ...frontEnd, exception: 'UnrecognizedClientException' },
  INVALID_SIGNATURE: { ...frontEnd, exception: 'InvalidSignatureException' },
  INCOMPLETE_SIGNATURE: { ...frontEnd, exception: 'IncompleteSignatureException', status: 400 },
  EXPIRED_TOKEN: { ...frontEnd, exception: 'ExpiredTokenException' },
  // SQL, before it runs
  SYNTAX_ERROR: { ...validation, sqlState: '42601' },
  COLUMN_NOT_FOUND: { ...validation, sqlState: '42703' },
  TABLE_NOT_FOUND: { ...validation, sqlState: '42P01' },
  DATABASE_NOT_FOUND: { ...validation, sqlState: '3F000' },
  FUNCTION_NOT_FOUND: { ...validation, sqlState: '42883' },
  TYPE_MISMATCH: { ...validation, sqlState: '42804' },
  AMBIGUOUS_NAME: { ...validation, sqlState: '42702' },
  GROUPING_ERROR: { ...validation, sqlState: '42803' },
  SEMANTIC_ERROR: { ...validation, sqlState: '42000' },
  NOT_SUPPORTED: { ...validation, sqlState: '0A000' },
  // SQL, while it runs
  DIVISION_BY_ZERO: { ...execution, sqlState: '22012' },
  NUMERIC_VALUE_OUT_OF_RANGE: { ...execution, sqlState: '22003' },
  INVALID_CAST_ARGUMENT: { ...execution, sqlState: '22018' },
  INVALID_FUNCTION_ARGUMENT: { ...execution, sqlState: '22023' },
  SUBQUERY_MULTIPLE_ROWS: { ...execution, sqlState: '21000' },
  MEMORY_LIMIT: { ...execution, sqlState: '53200' },
  QUERY_TIMEOUT: { ...execution, sqlState: '57014' },
  RESULT_TOO_LARGE: { ...execution, sqlState: '54000' },
  QUERY_CANCELLED: { exception: 'ConflictException', status: 409, sqlState: '57014', blame: 'client', retryable: false },
  // ours
  ENGINE_UNAVAILABLE: { exception: 'InternalServerException', status: 500, sqlState: '08006', blame: 'server', retryable: true },
  NO_SPACE: { exception: 'InternalServerException', status: 500, sqlState: '53100', blame: 'server', retryable: true },
  SHUTTING_DOWN: { exception: 'InternalServerException', status: 500, sqlState: '57P01', blame: 'server', retryable: true },
  CONFIGURATION: { exception: 'InternalServerException', status: 500, sqlState: 'F0000', blame: 'server', retryable: false },
  INTERNAL: { exception: 'InternalServerException', status: 500, sqlState: 'XX000', blame: 'server', retryable: true, masked: true },
} as const satisfies Record<string, ErrorDefinition>

export type ErrorCode = keyof typeof errorDefinitions

/** A place in a SQL text: both 1-based, columns count UTF-16 code units. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface ErrorDetails {
  /** Where in the SQL text; `line L:C: ` is put before the message. */
  readonly position?: Position
  /** Further members of the error's body (for instance RejectedRecords). */
  readonly members?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** An operating error: expected, coded, tested. Anything else that is thrown is a programmer error and is shown masked. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly code: ErrorCode
  readonly position: Position | undefined
  readonly members: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { position, members, cause } = details
    super(position ? `line ${position.line}:${position.column}: ${message}` : message, { cause })
    this.code = code
    this.position = position
    this.members = members
  }

  get definition(): ErrorDefinition {
    return errorDefinitions[this.code]
  }
}
