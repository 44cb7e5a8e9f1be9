export interface SleepFacts {
  readonly sinceMs: number
  readonly wakeAtMs: number | undefined
  readonly wakes: number
  readonly residentBytes: number
}

/**
 * The whole answer to a request that only looks at the server, which is no reason to wake it; undefined: another request.
 * @param head the beginning of a request
 */
export function answerAsleep(head: string, facts: SleepFacts): string | undefined {
  const [, path] = /^GET (\/(?:health|health\/live|health\/ready|metrics)) HTTP\/1\.[01]\r\n/.exec(head) ?? []
  if (path === undefined) return undefined
  if (path === '/metrics') return answer('text/plain; version=0.0.4; charset=utf-8', metricsText(facts))
  const { sinceMs, wakeAtMs } = facts
  const body = { status: 'asleep', since: new Date(sinceMs), ...(wakeAtMs !== undefined && { wakesAt: new Date(wakeAtMs) }) }
  return answer('application/json; charset=utf-8', JSON.stringify(body))
}

/** Helps and names are those of the server that is awake. */
export const sleepMetrics = {
  asleep: { name: 'tidemark_asleep', help: 'Whether the engine sleeps (1), and the next request wakes it' },
  wakes: { name: 'tidemark_wakes_total', help: 'Times that the engine was woken since the process began' },
} as const

function metricsText({ wakes, residentBytes }: SleepFacts): string {
  const line = (name: string, help: string, type: string, value: number): string =>
    `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`
  return [
    line(sleepMetrics.asleep.name, sleepMetrics.asleep.help, 'gauge', 1),
    line(sleepMetrics.wakes.name, sleepMetrics.wakes.help, 'gauge', wakes),
    line('process_resident_memory_bytes', 'Resident memory size in bytes.', 'gauge', residentBytes),
  ].join('')
}

const answer = (type: string, body: string): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`

/** For those who wait when the server cannot be woken. */
export const unavailable =
  'HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: 22\r\nconnection: close\r\n\r\nThe server is not up.\n'
