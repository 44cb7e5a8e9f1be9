/** A server said no: which exception, and why. Shown as one line. */
export class ServiceFailure extends Error {
  constructor(exception: string, reason: string) {
    super(`${exception}: ${reason}`)
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

/** What the official SDK throws, as one of ours. */
export function fromSdk(endpoint: string, error: unknown): Error {
  if (!(error instanceof Error)) return new ServiceFailure('failed', String(error))
  if ('$metadata' in error && '$fault' in error) return new ServiceFailure(error.name, error.message)
  return unreachable(endpoint, error)
}

/** The user pressed Ctrl-C. */
export class Interrupted extends Error {}
