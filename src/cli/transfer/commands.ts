import type { Command } from 'commander'
import { command, optionSources } from '../command-options.ts'
import { connectionOptions } from '../connection.ts'
import { Interrupted } from '../failure.ts'
import type { Host } from '../host.ts'
import type { Output } from '../output.ts'
import { exportOptions, runExport } from './export.ts'
import { importOptions, runImport } from './import.ts'

/** `tidemark import` and `tidemark export`. */
export function addTransferCommands(program: Command, host: Host, output: Output, progress: (text: string) => void): void {
  command(program, 'import', 'Write the rows of CSV files into a table', { ...importOptions, ...connectionOptions })
    .argument('<FILE...>', 'the files')
    .action(async (files: string[], _options: object, self: Command) => {
      await runImport(files, optionSources(self), output, progress)
    })

  command(program, 'export', 'Write the result of a query into a bucket', { ...exportOptions, ...connectionOptions })
    .argument('<SQL>', 'the query')
    .argument('<TARGET>', 's3://BUCKET/FOLDER, as the server knows it')
    .action(async (sql: string, target: string, _options: object, self: Command) => {
      const abort = new AbortController()
      host.once('SIGINT', () => abort.abort(new Interrupted()))
      await runExport(sql, target, optionSources(self), output, progress, abort.signal)
    })
}
