import { ServerError } from '../../../base/errors.ts'
import type { ConnectorOptionsJson } from '../../../database/connectors/connectors.ts'
import { type Operation, operation } from '../../operation.ts'
import { boolean, required, string, structure } from '../../shape.ts'
import { type ConnectorOnWire, connectorName, encodeConnector } from './shapes.ts'

interface Answer {
  readonly Connector: ConnectorOnWire
}

interface PutRequest {
  Name: string
  Type: string
  /** JSON. */
  Options?: string
  Principal?: string
  Enabled?: boolean
}

interface NameRequest {
  Name: string
}

const listConnectors = operation<object, { readonly Connectors: readonly ConnectorOnWire[] }>({
  name: 'ListConnectors',
  service: 'tidemark',
  action: 'tidemark:ListConnectors',
  summary: 'Lists the ways for records to come in, with what they have done since the start.',
  input: structure<object>({}),
  handle: async (_input, { database, caller }) => ({ Connectors: (await database.connectors.list(caller)).map(encodeConnector) }),
})

const putConnector = operation<PutRequest, Answer>({
  name: 'PutConnector',
  service: 'tidemark',
  action: 'tidemark:PutConnector',
  summary: 'Makes or replaces a connector; `Options` is the text of a JSON object. It runs at once unless `Enabled` is false.',
  input: structure<PutRequest>({
    Name: required(connectorName),
    Type: required(string({ min: 1, max: 64 })),
    Options: string({ max: 65_536, sensitive: true }),
    Principal: string({ min: 1, max: 64 }),
    Enabled: boolean,
  }),
  handle: async ({ Name, Type, Options, Principal, Enabled }, { database, caller }) => ({
    Connector: encodeConnector(
      await database.connectors.put(caller, {
        name: Name,
        type: Type,
        options: optionsOf(Options),
        ...(Principal !== undefined && { principal: Principal }),
        ...(Enabled !== undefined && { isRunning: Enabled }),
      }),
    ),
  }),
})

const startConnector = operation<NameRequest, Answer>({
  name: 'StartConnector',
  service: 'tidemark',
  action: 'tidemark:StartConnector',
  summary: 'Lets a connector run until it is stopped, also after a restart.',
  input: structure<NameRequest>({ Name: required(connectorName) }),
  handle: async ({ Name }, { database, caller }) => ({ Connector: encodeConnector(await database.connectors.start(caller, Name)) }),
})

const stopConnector = operation<NameRequest, Answer>({
  name: 'StopConnector',
  service: 'tidemark',
  action: 'tidemark:StopConnector',
  summary: 'Keeps a connector from running until it is started.',
  input: structure<NameRequest>({ Name: required(connectorName) }),
  handle: async ({ Name }, { database, caller }) => ({ Connector: encodeConnector(await database.connectors.stop(caller, Name)) }),
})

const deleteConnector = operation<NameRequest, object>({
  name: 'DeleteConnector',
  service: 'tidemark',
  action: 'tidemark:DeleteConnector',
  summary: 'Removes a connector that PutConnector made. Its dead letters stay.',
  input: structure<NameRequest>({ Name: required(connectorName) }),
  handle: async ({ Name }, { database, caller }) => {
    await database.connectors.delete(caller, Name)
    return {}
  },
})

export const connectorOperations: readonly Operation[] = [deleteConnector, listConnectors, putConnector, startConnector, stopConnector]

/** @throws ServerError VALIDATION */
function optionsOf(text: string | undefined): ConnectorOptionsJson {
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as ConnectorOptionsJson
  } catch {
    // said below
  }
  throw new ServerError('VALIDATION', 'Options is not the text of a JSON object.')
}
