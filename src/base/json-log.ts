import { pino, type DestinationStream, type Logger } from 'pino'
import type { Log } from './log.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** Logs as JSON lines: `{"level":"info","time":"2026-01-02T03:04:05.678Z","event":"…",…}`. Errors under `error` come with their stack. */
export function jsonLog(level: LogLevel, destination: DestinationStream): Log {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'event',
      errorKey: 'error',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    destination,
  )
  return wrap(logger)
}

/** Standard error, written synchronously: nothing is lost when the process ends. */
export function standardError(): DestinationStream {
  return pino.destination({ dest: 2, sync: true })
}

function wrap(logger: Logger): Log {
  return {
    debug: (event, data) => logger.debug(data ?? {}, event),
    info: (event, data) => logger.info(data ?? {}, event),
    warn: (event, data) => logger.warn(data ?? {}, event),
    error: (event, data) => logger.error(data ?? {}, event),
    child: (bindings) => wrap(logger.child(bindings)),
  }
}
