/** A server said no: which exception, and why. Shown as one line. */
export class ServiceFailure extends Error {
  readonly exception: string
  /** The whole answer, when it is the service's. */
  readonly body: Readonly<Record<string, unknown>>

  constructor(exception: string, reason: string, body: Readonly<Record<string, unknown>> = {}) {
    super(`${exception}: ${reason}`)
    this.exception = exception
    this.body = body
  }
}

export function unreachable(endpoint: string, error: unknown): ServiceFailure {
  return new ServiceFailure(`no answer from ${endpoint}`, `${systemReason(error)}; is the server running there?`)
}

/** The code of the system's error at the bottom of a chain of causes. */
function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error.cause
  if (inner !== undefined) return systemReason(inner)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

/** The user pressed Ctrl-C. */
export class Interrupted extends Error {}
