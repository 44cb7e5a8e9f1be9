import { Command, CommanderError } from 'commander'
import { ServerError } from '../base/errors.ts'
import { readConfig } from '../server/config.ts'
import { serverOptions } from '../server/options.ts'
import { version } from '../server/version.ts'
import { addBackupCommands } from './backups.ts'
import { command, optionSources } from './command-options.ts'
import { connectionOptions } from './connection.ts'
import { addConnectorCommands } from './connectors.ts'
import { addDeadLetterCommands } from './dead-letters.ts'
import { addDeleteCommand } from './delete.ts'
import { demoOptions, runDemo } from './demo/demo.ts'
import { Interrupted, ServiceFailure } from './failure.ts'
import type { Host } from './host.ts'
import { addKeyCommands } from './keys.ts'
import type { Output } from './output.ts'
import { addPolicyCommands } from './policies.ts'
import { queryOptions, runQuery } from './query.ts'
import { runStatus, statusOptions } from './status.ts'
import { addScheduledQueryCommands } from './scheduled-queries.ts'
import { addTransferCommands } from './transfer/commands.ts'
import { addUserCommands } from './users.ts'

const exitFailure = 1
const exitUsage = 2
const exitInterrupted = 130

/** Runs one command line and ends the process: 0, 1 (it failed), 2 (it was not understood) or 130 (interrupted). */
export async function runProgram(argv: readonly string[], host: Host): Promise<void> {
  // A reader that has seen enough (`| head`) closes the pipe: that is no failure.
  host.stdout.on('error', (error: NodeJS.ErrnoException) => host.exit(error.code === 'EPIPE' ? 0 : exitFailure))
  try {
    await buildProgram(host).parseAsync([...argv])
  } catch (error) {
    host.exit(reportFailure(error, host))
  }
}

function reportFailure(error: unknown, host: Host): number {
  // Commander has written its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitUsage
  if (error instanceof Interrupted) return exitInterrupted
  if (error instanceof ServerError || error instanceof ServiceFailure) {
    host.stderr.write(`tidemark: ${error.message}\n`)
    return error instanceof ServerError && error.code === 'CONFIGURATION' ? exitUsage : exitFailure
  }
  host.stderr.write(`tidemark: unexpected failure, please report it\n${error instanceof Error ? error.stack : String(error)}\n`)
  return exitFailure
}

function buildProgram(host: Host): Command {
  const output = outputTo(host)
  /** For people who watch: nothing where nobody does. */
  const progress = (text: string): void => void (host.stderr.isTTY && host.stderr.write(text))
  const program = new Command('tidemark')
    .description('Timestream for LiveAnalytics that you run yourself')
    .version(version, '--version', 'Print the version')
    .helpOption('--help', 'Show this help')
    .helpCommand(false)
    .showHelpAfterError('(--help lists what there is)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void host.stdout.write(text), writeErr: (text) => void host.stderr.write(text) })

  command(program, 'serve', 'Serve the Timestream API', serverOptions).action(async (_options: object, self: Command) => {
    const sources = optionSources(self)
    const config = readConfig(sources)
    if (config.sleepAfterMs !== undefined) {
      const { supervise } = await import('./supervise.ts')
      return supervise(config, sources, host)
    }
    // Only here: the engine alone takes longer to load than a query takes.
    const { serve } = await import('./serve.ts')
    await serve(config, host)
  })

  command(program, 'query', 'Run a query and print its rows', { ...queryOptions, ...connectionOptions })
    .argument('<SQL>', 'the query')
    .action(async (sql: string, _options: object, self: Command) => {
      const abort = new AbortController()
      host.once('SIGINT', () => abort.abort(new Interrupted()))
      await runQuery(sql, optionSources(self), output, abort.signal)
    })

  command(program, 'status', 'Show databases, tables, sizes and rates', { ...statusOptions, ...connectionOptions }).action(
    async (_options: object, self: Command) => {
      await runStatus(optionSources(self), output)
    },
  )

  command(program, 'demo', 'Make the database sampleDB with data to try queries on', { ...demoOptions, ...connectionOptions }).action(
    async (_options: object, self: Command) => {
      await runDemo(optionSources(self), output, progress)
    },
  )

  addDeleteCommand(program, host, output)
  addTransferCommands(program, host, output, progress)
  addBackupCommands(program, output, progress)
  addKeyCommands(program, output)
  addUserCommands(program, output)
  addScheduledQueryCommands(program, output)
  addConnectorCommands(program, output)
  addDeadLetterCommands(program, output)
  addPolicyCommands(program, output)
  return program
}

function outputTo(host: Host): Output {
  return {
    write: (text) =>
      new Promise((resolve) => {
        host.stdout.write(text, () => resolve())
      }),
  }
}
