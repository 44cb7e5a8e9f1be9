import { createInterface } from 'node:readline/promises'
import type { QueryRequest, QueryResponse } from '@aws-sdk/client-timestream-query'
import type { Command } from 'commander'
import { ServerError } from '../base/errors.ts'
import { parseSwitch, parseText, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { command, optionSources } from './command-options.ts'
import { connectionOptions, readConnection, type Connection } from './connection.ts'
import { Interrupted } from './failure.ts'
import type { Host } from './host.ts'
import type { Output } from './output.ts'
import { signedCall } from './signed-call.ts'

export const deleteOptions = {
  where: {
    flag: 'where',
    placeholder: 'CONDITION',
    summary: 'Which records: a condition of SQL on dimensions, measure_name and time',
    parse: parseText,
  },
  dryRun: { flag: 'dry-run', summary: 'Only count the records', fallback: 'false', parse: parseSwitch },
  yes: { flag: 'yes', summary: 'Do not ask', fallback: 'false', parse: parseSwitch },
} as const satisfies OptionDefinitions

/** Asks a person; undefined where nobody can be asked. */
export type Ask = ((question: string) => Promise<string>) | undefined

/** `tidemark delete`. */
export function addDeleteCommand(program: Command, host: Host, output: Output): void {
  command(program, 'delete', 'Delete records of a table for good', { ...deleteOptions, ...connectionOptions })
    .argument('<DATABASE>', 'the database')
    .argument('<TABLE>', 'the table')
    .action(async (database: string, table: string, _options: object, self: Command) => {
      const abort = new AbortController()
      host.once('SIGINT', () => abort.abort(new Interrupted()))
      const ask: Ask = host.stdin.isTTY && host.stderr.isTTY ? (question) => askPerson(host, question, abort.signal) : undefined
      await runDelete(database, table, optionSources(self), output, ask, abort.signal)
    })
}

/** Counts first, asks, deletes. */
export async function runDelete(
  database: string,
  table: string,
  sources: OptionSources,
  output: Output,
  ask: Ask,
  signal: AbortSignal,
): Promise<void> {
  const { where, dryRun, yes } = readOptions(deleteOptions, sources)
  if (where === undefined) throw new ServerError('CONFIGURATION', '--where is missing: which records are to be deleted')
  const connection = readConnection(sources)
  const statement = `DELETE FROM ${quoted(database)}.${quoted(table)} WHERE ${where}`
  if (dryRun || !yes) {
    const count = await countOf(connection, `EXPLAIN ${statement}`, signal)
    if (dryRun) return output.write(`${records(count)} would be deleted\n`)
    if (ask === undefined) {
      throw new ServerError('CONFIGURATION', `${records(count)} would be deleted: say --yes to delete without being asked`)
    }
    const answer = await ask(`Delete ${records(count)} of ${database}.${table} for good? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) return output.write('Nothing was deleted\n')
  }
  await output.write(`${records(await countOf(connection, statement, signal))} deleted\n`)
}

/** The one number that the statement answers; it may come after some empty pages. */
async function countOf(connection: Connection, queryString: string, signal: AbortSignal): Promise<number> {
  let page: QueryResponse | undefined
  do {
    const input: QueryRequest = { QueryString: queryString, NextToken: page?.NextToken }
    page = await signedCall<QueryResponse>(connection, 'aws', 'Query', input, signal)
  } while (page.NextToken !== undefined && page.Rows?.length === 0)
  return Number(page.Rows?.[0]?.Data?.[0]?.ScalarValue)
}

async function askPerson(host: Host, question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: host.stdin, output: host.stderr })
  try {
    return await lines.question(question, { signal })
  } finally {
    lines.close()
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const records = (count: number): string => `${count} record${count === 1 ? '' : 's'}`
