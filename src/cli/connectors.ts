import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { ServerError } from '../base/errors.ts'
import { parseText, readOptions, type OptionDefinitions } from '../base/option.ts'
import { command, optionSources } from './command-options.ts'
import { connectionOptions, readConnection } from './connection.ts'
import { deadLetterOptions } from './dead-letters.ts'
import { writeTextRows, type Output } from './output.ts'
import { signedCall } from './signed-call.ts'

export const putConnectorOptions = {
  principal: {
    flag: 'principal',
    placeholder: 'USER',
    summary: 'User in whose name records are written; whoever makes the connector when absent',
    parse: parseText,
  },
} as const satisfies OptionDefinitions

interface Listed {
  readonly Name: string
  readonly Type: string
  readonly Enabled: boolean
  readonly Status: string
  readonly Problem?: string
  readonly RecordsAccepted: number
  readonly RecordsRejected: number
  readonly DeadLetters: number
}

/** `tidemark connectors …`. */
export function addConnectorCommands(program: Command, output: Output): void {
  const group = program.command('connectors').description('Manage the ways for records to come in').helpOption('--help', 'Show this help')
  command(group, 'list', 'List connectors and what they have done since the start', { ...deadLetterOptions, ...connectionOptions }).action(
    async (_options: object, self: Command) => {
      const sources = optionSources(self)
      const { format } = readOptions(deadLetterOptions, sources)
      const { Connectors } = await signedCall<{ readonly Connectors: readonly Listed[] }>(
        readConnection(sources),
        'tidemark',
        'ListConnectors',
        {},
      )
      const rows = Connectors.map((each) => [
        each.Name,
        each.Type,
        each.Enabled ? each.Status : 'stopped',
        String(each.RecordsAccepted),
        String(each.RecordsRejected),
        String(each.DeadLetters),
        each.Problem ?? '',
      ])
      await writeTextRows(format, ['name', 'type', 'status', 'records', 'rejected', 'dead letters', 'problem'], rows, output)
    },
  )
  command(group, 'put', 'Make or replace a connector', { ...putConnectorOptions, ...connectionOptions })
    .argument('<NAME>', 'name of the connector')
    .argument('<TYPE>', 'type of the connector')
    .argument('<FILE>', 'file with its options, a JSON object')
    .action(async (Name: string, Type: string, path: string, _options: object, self: Command) => {
      const sources = optionSources(self)
      const { principal } = readOptions(putConnectorOptions, sources)
      await signedCall<object>(readConnection(sources), 'tidemark', 'PutConnector', {
        Name,
        Type,
        Options: readFile(path),
        ...(principal !== undefined && { Principal: principal }),
      })
      await output.write(`${Name} is running\n`)
    })
  const add = (name: string, summary: string, operation: string, done: string): void => {
    command(group, name, summary, connectionOptions)
      .argument('<NAME>', 'name of the connector')
      .action(async (Name: string, _options: object, self: Command) => {
        await signedCall<object>(readConnection(optionSources(self)), 'tidemark', operation, { Name })
        await output.write(`${Name} is ${done}\n`)
      })
  }
  add('start', 'Let a connector run until it is stopped', 'StartConnector', 'running')
  add('stop', 'Keep a connector from running until it is started', 'StopConnector', 'stopped')
  add('delete', 'Remove a connector; its dead letters stay', 'DeleteConnector', 'removed')
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ServerError('CONFIGURATION', `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
