import { connectors } from '../src/ingest/connectors/list.ts'
import type { Connector, ConnectorRoute } from '../src/ingest/connector.ts'
import type { ConnectorOption } from '../src/ingest/option.ts'
import { code, page, table } from './reference-text.ts'

/** Every connector with its routes and options, from the records. */
export function connectorPage(): string {
  return page([
    '# Connectors',
    'Ways for records to come in besides the API. HTTP receivers run unless they are stopped; consumers run when they are configured, any number of times under different names: ' +
      'in the file of `--connectors`, or with `tidemark connectors put` (operation `PutConnector`).',
    '```json\n{ "connectors": [\n  { "type": "TYPE", "name": "NAME", "principal": "USER", "enabled": true, "options": { "OPTION": "VALUE" } }\n] }\n```',
    'Only `type` must be there. In options, `{"env": "NAME"}` stands for the value of an environment variable: secrets need not lie in the file. `principal` is the user in whose name a ' +
      'consumer writes (`root` when absent); HTTP receivers write in the name of whoever asks, who needs `timestream:WriteRecords` on the table, and `timestream:CreateTable`, ' +
      '`timestream:CreateDatabase` for what is to be made.',
    'Who is asking is said by `Authorization: Basic` (access key id and secret), `Token ID:SECRET`, `Bearer ID:SECRET`, or a signature (SigV4, service `timestream`). Temporary credentials ' +
      'put the session token behind the secret: `ID:SECRET:TOKEN`. Messages of consumers that cannot be stored are [dead letters](../command-line.md), encrypted in the data folder of ' +
      'the node that received them; their number and bytes are [bounded](../limits.md).',
    table(
      ['connector', 'what'],
      connectors.map(({ type, summary }) => [`[${type}](${type}.md)`, summary]),
    ),
    ...connectors.flatMap(sections),
  ])
}

function sections({ type, summary, routes, options }: Connector): readonly string[] {
  const rows = Object.entries(options).map(([name, option]) => [
    `\`${name}\``,
    option.required ? 'must be given' : fallbackOf(option),
    `${option.summary}${option.secret ? ' (not shown again)' : ''}`,
  ])
  return [
    `## ${type}`,
    `${summary}.`,
    ...(routes === undefined ? [] : [routes.map((route: ConnectorRoute) => code(`${route.method} ${route.path}`)).join(' · ')]),
    ...(rows.length === 0 ? [] : [table(['option', 'default', 'what'], rows)]),
  ]
}

const fallbackOf = ({ fallback }: ConnectorOption<unknown>): string =>
  fallback === undefined ? '' : code(typeof fallback === 'string' ? fallback : JSON.stringify(fallback))
