import type { Server } from 'node:http'
import type { FastifyHttpOptions } from 'fastify'
import type { Limits } from '../base/limits.ts'

/** What the HTTP server must bound before a request reaches a route; handed to Fastify by the one who listens. */
export function httpLimits(
  limits: Limits,
): Pick<FastifyHttpOptions<Server>, 'bodyLimit' | 'requestTimeout' | 'keepAliveTimeout' | 'connectionTimeout' | 'http'> {
  return {
    bodyLimit: limits.requestBodyBytes,
    /** A request must have arrived whole by then. */
    requestTimeout: 60_000,
    /** Longer than the idle time of the SDKs' connection pools, so that the client is the one who closes. */
    keepAliveTimeout: 75_000,
    /** Idle sockets; a query may take its whole call time to answer. */
    connectionTimeout: limits.queryCallMs + 60_000,
    http: { maxHeaderSize: 16_384, headersTimeout: 30_000 },
  }
}
