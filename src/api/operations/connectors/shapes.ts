import type { ConnectorDescription } from '../../../database/connectors/connectors.ts'
import type { DeadLetter } from '../../../database/connectors/dead-letter.ts'
import { list, string } from '../../shape.ts'

export const connectorName = string({ min: 1, max: 64, pattern: '[a-z0-9][a-z0-9_.-]*' })
export const deadLetterId = string({ min: 3, max: 90, pattern: '[a-z0-9][a-z0-9_.-]*:[0-9]+' })
export const deadLetterIds = list(deadLetterId, { min: 1, max: 1000 })

export interface ConnectorOnWire {
  readonly Name: string
  readonly Type: string
  /** JSON; secrets are hidden. */
  readonly Options: string
  readonly Principal: string
  readonly Enabled: boolean
  readonly Origin: ConnectorDescription['origin']
  readonly Status: ConnectorDescription['state']['status']
  readonly Problem?: string
  readonly RecordsAccepted: number
  readonly RecordsRejected: number
  readonly Messages: number
  readonly DeadLetters: number
  readonly PendingBytes: number
  /** Seconds since the epoch. */
  readonly LastRecordsTime?: number
}

export function encodeConnector({ name, type, options, principal, isRunning, origin, state }: ConnectorDescription): ConnectorOnWire {
  return {
    Name: name,
    Type: type,
    Options: JSON.stringify(options),
    Principal: principal,
    Enabled: isRunning,
    Origin: origin,
    Status: state.status,
    ...(state.problem !== undefined && { Problem: state.problem }),
    RecordsAccepted: state.recordsAccepted,
    RecordsRejected: state.recordsRejected,
    Messages: state.messages,
    DeadLetters: state.deadLetters,
    PendingBytes: state.pendingBytes,
    ...(state.lastRecordsAtMs !== undefined && { LastRecordsTime: state.lastRecordsAtMs / 1000 }),
  }
}

export interface DeadLetterOnWire {
  readonly Id: string
  readonly Source: string
  readonly Reason: string
  /** Seconds since the epoch, as the next one. */
  readonly ReceivedTime: number
  readonly FailedTime: number
  readonly PayloadBytes: number
  readonly Cut: boolean
}

export const encodeDeadLetter = (letter: DeadLetter): DeadLetterOnWire => ({
  Id: letter.id,
  Source: letter.source,
  Reason: letter.reason,
  ReceivedTime: letter.receivedAtMs / 1000,
  FailedTime: letter.failedAtMs / 1000,
  PayloadBytes: letter.payload.length,
  Cut: letter.isCut,
})
