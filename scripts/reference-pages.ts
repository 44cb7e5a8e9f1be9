import { Metrics } from '../src/base/metrics.ts'
import type { OptionDefinition, OptionDefinitions } from '../src/base/option.ts'
import { backupOptions, backupsOptions, restoreOptions } from '../src/cli/backups.ts'
import { connectionOptions } from '../src/cli/connection.ts'
import { putConnectorOptions } from '../src/cli/connectors.ts'
import { deadLetterOptions } from '../src/cli/dead-letters.ts'
import { demoOptions } from '../src/cli/demo/demo.ts'
import { migrateOptions } from '../src/cli/migrate/options.ts'
import { exportOptions } from '../src/cli/transfer/export.ts'
import { importOptions } from '../src/cli/transfer/import.ts'
import { createKeyOptions, keyOptions, rotateMasterOptions, rotateStorageOptions, sessionOptions } from '../src/cli/keys.ts'
import { policyListOptions, putPolicyOptions, simulateOptions } from '../src/cli/policies.ts'
import { deleteOptions } from '../src/cli/delete.ts'
import { queryOptions } from '../src/cli/query.ts'
import { statusOptions } from '../src/cli/status.ts'
import { runOptions, scheduledQueryOptions } from '../src/cli/scheduled-queries.ts'
import { createUserOptions, guardRailOptions, targetOptions, userOptions } from '../src/cli/users.ts'
import { watchConnectors, watchQueries, watchScheduler, watchSleep, watchStorage } from '../src/server/observe.ts'
import { serverOptions } from '../src/server/options.ts'
import { apiPage } from './api-page.ts'
import { connectorPage } from './connector-page.ts'
import { errorPage } from './error-page.ts'
import { featureList } from './features.ts'
import { functionPage } from './function-page.ts'
import { limitPage } from './limit-page.ts'
import { code, page, table } from './reference-text.ts'

/** Path of the generated file → text. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'docs/reference/api.md': apiPage(),
    'docs/reference/command-line.md': commandLinePage(),
    'docs/reference/configuration.md': configurationPage(),
    'docs/reference/connectors/README.md': connectorPage(),
    'docs/reference/errors.md': errorPage(),
    'docs/reference/functions.md': functionPage(),
    'docs/reference/limits.md': limitPage(),
    'docs/reference/metrics.md': metricsPage(),
    'tests/golden/features.json': featureList(),
  }
}

function configurationPage(): string {
  return page([
    '# Configuration',
    'What `tidemark serve` (and `npm start -- …`) can be told. A flag wins over its environment variable; an empty variable counts as not given. ' +
      'Secrets have no flag: other users of a machine can see command lines.',
    optionTable(serverOptions),
    'Quotas are on [a page of their own](limits.md).',
  ])
}

function commandLinePage(): string {
  return page([
    '# Command line',
    'Exit status: 0 done, 1 failed, 2 not understood, 130 interrupted.',
    '## tidemark serve',
    'Serves the Timestream API. Its options are on [a page of their own](configuration.md). It prints `tidemark listening on URL` on standard ' +
      'output once it is ready, and structured logs on standard error. SIGINT and SIGTERM end it in order: it takes no new requests, ' +
      'answers those in hand, makes everything durable and exits 0. A second signal, at least a second later, ends it at once (exit 1).',
    '## tidemark query "SQL"',
    'Runs a query and prints its rows, all pages of them.',
    optionTable(queryOptions),
    '## tidemark delete DATABASE TABLE --where CONDITION',
    'Deletes records [for good](compatibility.md#delete): counts them, asks, deletes. It needs the permission `timestream:DeleteRecords` on the table.',
    optionTable(deleteOptions),
    '## tidemark status',
    'Shows databases, tables, rows, series, bytes of each tier, rates, and the engine. A server that sleeps (`--sleep-after`) is shown as asleep, and not woken.',
    optionTable(statusOptions),
    '## tidemark demo',
    'Makes the database `sampleDB` with data to try queries on: hosts in `DevOps` and `DevOpsMulti`, trucks in `IoT` and `IoTMulti`, each with the same values as ' +
      'single-measure and as multi-measure records. It may run again: records that are there stay, newer ones are added.',
    optionTable(demoOptions),
    '## tidemark import SOURCE …',
    'Writes the rows of files into a table, through the API of a server near or far; memory does not grow with the files. A `SOURCE` is a file, a folder (everything in it ' +
      "at any depth that is of a known format), or a pattern in quotes (`'data/*.csv'`). Formats, by the ends of names: CSV with a header (`.csv`, `.tsv`), JSON objects on " +
      'lines (`.jsonl`, `.ndjson`), Parquet (`.parquet`); the first two also compressed (`.gz`). Columns become dimensions and measures by a mapping file (`--model`, the ' +
      'DataModel of [batch loads](api.md)) or by flags; `a.b` is member `b` inside of `a`. Times are numbers in `--time-unit`, ISO 8601 (UTC unless they say otherwise), what ' +
      'UNLOAD writes, or timestamps of Parquet. A row that cannot be read or is rejected, and a file that cannot be read to its end, stop nothing: they are listed, with ' +
      '`--rejects` all of them, and the command exits 1. Of `s3://BUCKET/PREFIX` the server itself loads the CSV files that lie there (a batch load), and goes on when the ' +
      'command is interrupted.',
    optionTable(importOptions),
    '## tidemark export "SQL" TARGET',
    'Writes the result of a query into `s3://BUCKET/FOLDER`, which the server does itself with [UNLOAD](compatibility.md), or into a folder of this machine, page by page; ' +
      'memory does not grow with the result. Both have the layout of UNLOAD: files in `results/`, with `--partitioned-by` in `results/COLUMN=VALUE/`, and a manifest and ' +
      'metadata in the folder itself. What fails or is interrupted leaves no files in a folder. Parquet in a folder has nested values, times and intervals as text.',
    optionTable(exportOptions),
    '## tidemark migrate',
    'Copies databases, tables, scheduled queries and records out of Amazon Timestream for LiveAnalytics, or out of another Tidemark, into a Tidemark: ' +
      '[step by step](../guides/migrate-from-timestream.md). An interrupted run goes on where it stopped when the same command is given again; one that came to its end ' +
      'copies what was written since. It exits 1 when not everything arrived.',
    optionTable(migrateOptions),
    '## tidemark backup TARGET',
    'Backs up everything, a database or a table while the server works: what was acknowledged before is in it. `TARGET` is a folder on the machine of the server, or ' +
      '`s3://BUCKET/PREFIX`; it holds any number of backups. Files stay encrypted under the storage keys; the master key is not in a backup: keep it elsewhere.',
    optionTable(backupOptions),
    '## tidemark backups TARGET',
    'Lists the backups in a target.',
    optionTable(backupsOptions),
    '## tidemark restore TARGET',
    'Brings back tables that are not there (any more), or makes a new data folder with `--new-data`. Row counts and checksums of all files are compared ' +
      'before anything is shown; when they differ, nothing is restored.',
    optionTable(restoreOptions),
    '## tidemark keys create USER · keys list · keys revoke ID',
    'Manages access keys. `create` is the only command that ever shows a secret. It makes the user when there is none; who may do what is said by ' +
      '[policies](../guides/access-control.md).',
    optionTable({ ...createKeyOptions, ...keyOptions }),
    '## tidemark keys session',
    'Makes temporary credentials: an access key, its secret and a session token that end together. As `credential_process = tidemark keys session --output json` in a ' +
      'profile of the AWS tools, it keeps them in fresh ones.',
    optionTable(sessionOptions),
    '## tidemark users create USER · list · delete USER · guard NAME · create-group GROUP · delete-group GROUP · list-groups · join USER GROUP · leave USER GROUP',
    'Manages users and groups. Options of `create`:',
    optionTable(createUserOptions),
    'Options of `guard`, which replaces the guard rails of a user or group:',
    optionTable({ ...guardRailOptions, ...targetOptions }),
    'Options of `list` and `list-groups`:',
    optionTable(userOptions),
    '## tidemark policies list · show POLICY · put POLICY FILE · delete POLICY · attach POLICY NAME · detach POLICY NAME · simulate ACTION,…',
    'Manages policies. Options of `put`, `attach`, `detach`:',
    optionTable({ ...putPolicyOptions, ...targetOptions }),
    'Options of `simulate`, which asks what would be allowed:',
    optionTable({ ...simulateOptions, ...policyListOptions }),
    '## tidemark keys rotate-master',
    'Opens the data with another master key from now on: the storage keys are wrapped anew, what they encrypt stays as it is. The server must be stopped. ' +
      'Backups made before need the old key. Not for the nodes of a cluster, whose shared keys follow from the master key.',
    optionTable(rotateMasterOptions),
    '## tidemark scheduled-queries list · show QUERY · run QUERY · enable QUERY · disable QUERY',
    'Shows scheduled queries and their last runs, runs one for a time of your choice, lets them run by their schedule or not. `QUERY` is a name or an ARN. Options of `list` and `show`:',
    optionTable(scheduledQueryOptions),
    'Options of `run`:',
    optionTable(runOptions),
    '## tidemark connectors list · put NAME TYPE FILE · start NAME · stop NAME · delete NAME',
    'Manages [the ways for records to come in](connectors/README.md). `FILE` holds the options, a JSON object. Options of `put`:',
    optionTable(putConnectorOptions),
    '## tidemark dead-letters list CONNECTOR · show ID · replay CONNECTOR [ID…] · delete CONNECTOR [ID…]',
    'Messages that a connector could not store: shows them, writes them again (all of a connector when no ID is given), removes them. Options of `list`, and of `connectors list`:',
    optionTable(deadLetterOptions),
    '## tidemark keys rotate-storage',
    'Makes a new key for data at rest; what is written from the next start on uses it. Older data stays readable. The server must be stopped.',
    optionTable(rotateStorageOptions),
    '## Options of all commands that talk to a server',
    optionTable(connectionOptions),
  ])
}

function metricsPage(): string {
  const metrics = new Metrics()
  // Only named here, never read.
  watchStorage(metrics, {} as Parameters<typeof watchStorage>[1])
  watchQueries(metrics, () => ({ slots: 0, running: 0, waiting: 0 }))
  watchConnectors(metrics, () => [])
  watchSleep(metrics, 0)
  watchScheduler(metrics, {} as Parameters<typeof watchScheduler>[1])
  const rows = metrics.describe().map(({ name, type, help }) => [`\`${name}\``, type, help])
  return page([
    '# Metrics',
    '`GET /metrics` answers Prometheus text, without credentials. Durations are in seconds, sizes in bytes. Besides these there are the usual ' +
      '`process_…` and `nodejs_…` metrics.',
    table(['name', 'type', 'what'], rows),
  ])
}

function optionTable(definitions: OptionDefinitions): string {
  return table(
    ['flag', 'environment', 'default', 'what'],
    Object.values(definitions).map((definition) => [
      flagCell(definition),
      code(definition.environment),
      defaultCell(definition),
      definition.summary,
    ]),
  )
}

function flagCell(definition: OptionDefinition<unknown>): string {
  if (definition.flag === undefined) return ''
  return code(definition.placeholder === undefined ? `--${definition.flag}` : `--${definition.flag} ${definition.placeholder}`)
}

function defaultCell(definition: OptionDefinition<unknown>): string {
  if (definition.placeholder === undefined) return 'off'
  return definition.fallback === '' ? '' : code(definition.fallback)
}
