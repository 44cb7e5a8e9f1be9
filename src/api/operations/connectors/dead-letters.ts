import type { DeadLetter } from '../../../database/connectors/dead-letter.ts'
import { type Operation, operation } from '../../operation.ts'
import { integer, required, string, structure } from '../../shape.ts'
import { connectorName, type DeadLetterOnWire, deadLetterId, deadLetterIds, encodeDeadLetter } from './shapes.ts'

interface ListRequest {
  Connector: string
  MaxResults?: number
  NextToken?: string
}

interface Selection {
  Connector: string
  Ids?: string[]
}

const listDeadLetters = operation<ListRequest, { readonly DeadLetters: readonly DeadLetterOnWire[]; readonly NextToken?: string }>({
  name: 'ListDeadLetters',
  service: 'tidemark',
  action: 'tidemark:ListDeadLetters',
  summary: 'Lists messages of a connector that could not be stored, oldest first.',
  input: structure<ListRequest>({
    Connector: required(connectorName),
    MaxResults: integer({ min: 1, max: 100 }),
    NextToken: string({ min: 1, max: 90 }),
  }),
  handle: async ({ Connector, MaxResults, NextToken }, { database, caller }) => {
    const { items, nextToken } = await database.connectors.deadLetters(caller, {
      connector: Connector,
      ...(MaxResults !== undefined && { maxResults: MaxResults }),
      ...(NextToken !== undefined && { nextToken: NextToken }),
    })
    return { DeadLetters: items.map(encodeDeadLetter), ...(nextToken !== undefined && { NextToken: nextToken }) }
  },
})

interface DeadLetterDescription extends DeadLetterOnWire {
  readonly Attributes: DeadLetter['attributes']
  readonly PayloadBase64: string
}

const getDeadLetter = operation<{ Id: string }, { readonly DeadLetter: DeadLetterDescription }>({
  name: 'GetDeadLetter',
  service: 'tidemark',
  action: 'tidemark:ListDeadLetters',
  summary: 'Shows a message that could not be stored.',
  input: structure<{ Id: string }>({ Id: required(deadLetterId) }),
  handle: async ({ Id }, { database, caller }) => {
    const letter = await database.connectors.deadLetter(caller, Id)
    return {
      DeadLetter: { ...encodeDeadLetter(letter), Attributes: letter.attributes, PayloadBase64: letter.payload.toString('base64') },
    }
  },
})

interface ReplayAnswer {
  readonly Replayed: number
  readonly Failed: readonly { readonly Id: string; readonly Reason: string }[]
}

const replayDeadLetters = operation<Selection, ReplayAnswer>({
  name: 'ReplayDeadLetters',
  service: 'tidemark',
  action: 'tidemark:ReplayDeadLetters',
  summary: 'Decodes and writes dead letters again, all of a connector unless `Ids` names some; those that are stored now are removed.',
  input: structure<Selection>({ Connector: required(connectorName), Ids: deadLetterIds }),
  handle: async ({ Connector, Ids }, { database, caller }) => {
    const { replayed, failed } = await database.connectors.replay(caller, { connector: Connector, ...(Ids && { ids: Ids }) })
    return { Replayed: replayed, Failed: failed.map(({ id, reason }) => ({ Id: id, Reason: reason })) }
  },
})

const deleteDeadLetters = operation<Selection, { readonly Deleted: number }>({
  name: 'DeleteDeadLetters',
  service: 'tidemark',
  action: 'tidemark:DeleteDeadLetters',
  summary: 'Removes dead letters, all of a connector unless `Ids` names some.',
  input: structure<Selection>({ Connector: required(connectorName), Ids: deadLetterIds }),
  handle: async ({ Connector, Ids }, { database, caller }) => ({
    Deleted: await database.connectors.deleteDeadLetters(caller, { connector: Connector, ...(Ids && { ids: Ids }) }),
  }),
})

export const deadLetterOperations: readonly Operation[] = [deleteDeadLetters, getDeadLetter, listDeadLetters, replayDeadLetters]
