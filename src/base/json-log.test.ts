import { expect, it } from 'vitest'
import { jsonLog, type LogLevel } from './json-log.ts'

function record(level: LogLevel) {
  const lines: Record<string, unknown>[] = []
  const log = jsonLog(level, { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) })
  return { log, lines }
}

it('writes one JSON object a line with level, time and event', () => {
  const { log, lines } = record('info')
  log.child({ requestId: 'R1' }).info('request', { status: 200 })
  expect(lines).toEqual([
    { level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), event: 'request', requestId: 'R1', status: 200 },
  ])
})

it('leaves out what is below its level', () => {
  const { log, lines } = record('warn')
  log.info('unseen')
  log.debug('unseen')
  log.warn('seen')
  expect(lines.map((line) => line['event'])).toEqual(['seen'])
})

it('writes errors with message and stack', () => {
  const { log, lines } = record('error')
  log.error('failed', { error: new Error('why') })
  expect(lines[0]).toMatchObject({ event: 'failed', error: { message: 'why', stack: expect.stringContaining('json-log.test.ts') } })
})
