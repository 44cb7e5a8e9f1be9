import type { Command } from 'commander'
import { command, optionSources } from '../command-options.ts'
import { connectionOptions } from '../connection.ts'
import { Interrupted } from '../failure.ts'
import type { Host } from '../host.ts'
import type { Output } from '../output.ts'
import { migrateOptions } from '../migrate/options.ts'
import { exportOptions, runExport } from './export.ts'
import { importOptions, runImport } from './import.ts'

/** `tidemark import`, `tidemark export` and `tidemark migrate`. */
export function addTransferCommands(program: Command, host: Host, output: Output, progress: (text: string) => void): void {
  const interruptible = (): AbortSignal => {
    const abort = new AbortController()
    host.once('SIGINT', () => abort.abort(new Interrupted()))
    return abort.signal
  }

  command(program, 'import', 'Write the rows of files (CSV, JSON lines, Parquet, line protocol) into a table', {
    ...importOptions,
    ...connectionOptions,
  })
    .argument('<SOURCE...>', 'files, folders or patterns; or s3://BUCKET/PREFIX for a batch load by the server')
    .action(async (names: string[], _options: object, self: Command) => {
      await runImport(names, optionSources(self), output, progress, interruptible())
    })

  command(program, 'export', 'Write the result of a query into a bucket or a folder', { ...exportOptions, ...connectionOptions })
    .argument('<SQL>', 'the query')
    .argument('<TARGET>', 's3://BUCKET/FOLDER, as the server knows it, or a folder of this machine')
    .action(async (sql: string, target: string, _options: object, self: Command) => {
      await runExport(sql, target, optionSources(self), output, progress, interruptible())
    })

  command(
    program,
    'migrate',
    'Copy databases, tables, scheduled queries and records out of Timestream, or of another Tidemark',
    migrateOptions,
  ).action(async (_options: object, self: Command) => {
    const { runMigrate } = await import('../migrate/migrate.ts')
    await runMigrate(optionSources(self), output, progress, interruptible())
  })
}
