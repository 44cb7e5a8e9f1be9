import type { Command } from 'commander'
import { parseChoice, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { command, optionSources } from './command-options.ts'
import { type Connection, connectionOptions, readConnection } from './connection.ts'
import { rowFormats, writeTextRows, type Output } from './output.ts'
import { signedCall } from './signed-call.ts'

export const deadLetterOptions = {
  format: {
    flag: 'format',
    placeholder: 'FORMAT',
    summary: `How rows are written: ${rowFormats.join(', ')}`,
    fallback: 'table',
    parse: parseChoice(rowFormats),
  },
} as const satisfies OptionDefinitions

interface Letter {
  readonly Id: string
  readonly Source: string
  readonly Reason: string
  readonly ReceivedTime: number
  readonly PayloadBytes: number
}

interface LetterDescription extends Letter {
  readonly Attributes: Readonly<Record<string, string>>
  readonly PayloadBase64: string
}

const timeText = (seconds: number): string => new Date(seconds * 1000).toISOString()

/** `tidemark dead-letters …`. */
export function addDeadLetterCommands(program: Command, output: Output): void {
  const group = program
    .command('dead-letters')
    .description('Inspect and replay messages that connectors could not store')
    .helpOption('--help', 'Show this help')
  command(group, 'list', 'List the dead letters of a connector, oldest first', { ...deadLetterOptions, ...connectionOptions })
    .argument('<CONNECTOR>', 'name of the connector')
    .action(async (connector: string, _options: object, self: Command) => list(connector, optionSources(self), output))
  command(group, 'show', 'Show a dead letter with its payload', connectionOptions)
    .argument('<ID>', 'id of the dead letter')
    .action(async (id: string, _options: object, self: Command) => show(id, readConnection(optionSources(self)), output))
  command(group, 'replay', 'Decode and write dead letters again', connectionOptions)
    .argument('<CONNECTOR>', 'name of the connector')
    .argument('[IDS...]', 'ids of dead letters; all of them when there is none')
    .action(async (connector: string, ids: readonly string[], _options: object, self: Command) =>
      replay(connector, ids, readConnection(optionSources(self)), output),
    )
  command(group, 'delete', 'Remove dead letters', connectionOptions)
    .argument('<CONNECTOR>', 'name of the connector')
    .argument('[IDS...]', 'ids of dead letters; all of them when there is none')
    .action(async (connector: string, ids: readonly string[], _options: object, self: Command) => {
      const { Deleted } = await signedCall<{ readonly Deleted: number }>(
        readConnection(optionSources(self)),
        'tidemark',
        'DeleteDeadLetters',
        {
          Connector: connector,
          ...(ids.length > 0 && { Ids: ids }),
        },
      )
      await output.write(`${Deleted} removed\n`)
    })
}

async function list(connector: string, sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(deadLetterOptions, sources)
  const connection = readConnection(sources)
  const rows: string[][] = []
  let NextToken: string | undefined
  do {
    const page: { readonly DeadLetters: readonly Letter[]; readonly NextToken?: string } = await signedCall(
      connection,
      'tidemark',
      'ListDeadLetters',
      {
        Connector: connector,
        NextToken,
      },
    )
    rows.push(
      ...page.DeadLetters.map(({ Id, ReceivedTime, Source, PayloadBytes, Reason }) => [
        Id,
        timeText(ReceivedTime),
        Source,
        String(PayloadBytes),
        Reason,
      ]),
    )
    ;({ NextToken } = page)
  } while (NextToken !== undefined)
  await writeTextRows(format, ['id', 'received', 'source', 'bytes', 'reason'], rows, output)
}

async function show(id: string, connection: Connection, output: Output): Promise<void> {
  const { DeadLetter: letter } = await signedCall<{ readonly DeadLetter: LetterDescription }>(connection, 'tidemark', 'GetDeadLetter', {
    Id: id,
  })
  const facts = [
    ['id', letter.Id],
    ['received', timeText(letter.ReceivedTime)],
    ['source', letter.Source],
    ['reason', letter.Reason],
    ...Object.entries(letter.Attributes),
  ]
  await output.write(`${facts.map(([name = '', value = '']) => `${name.padEnd(10)}${value}\n`).join('')}\n`)
  await output.write(`${Buffer.from(letter.PayloadBase64, 'base64').toString()}\n`)
}

async function replay(connector: string, ids: readonly string[], connection: Connection, output: Output): Promise<void> {
  const { Replayed, Failed } = await signedCall<{
    readonly Replayed: number
    readonly Failed: readonly { readonly Id: string; readonly Reason: string }[]
  }>(connection, 'tidemark', 'ReplayDeadLetters', { Connector: connector, ...(ids.length > 0 && { Ids: ids }) })
  await output.write(`${Replayed} replayed, ${Failed.length} cannot be stored still\n`)
  for (const { Id, Reason } of Failed) await output.write(`${Id}  ${Reason}\n`)
}
