import { operations } from '../src/api/operations/list.ts'
import { errorDefinitions } from '../src/base/errors.ts'
import type { OptionDefinitions } from '../src/base/option.ts'
import { connectionOptions } from '../src/cli/connection.ts'
import { serverOptions } from '../src/server/options.ts'
import { functionFamilies } from '../src/sql/functions/index.ts'

/** tests/golden/features.json: the whole public surface, so that a change of it shows in a review. */
export function featureList(): string {
  const features = {
    functions: functionFamilies
      .flat()
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, aliases, kind, status, signatures }) => ({
        name,
        ...(aliases && aliases.length > 0 ? { aliases } : {}),
        kind,
        status,
        signatures: signatures.map(({ pattern }) => pattern),
      })),
    operations: operations.map(({ name, service, action, input }) => ({
      name,
      service,
      action,
      input: input.members.map((member) => member.name),
    })),
    options: { serve: optionNames(serverOptions), connection: optionNames(connectionOptions) },
    errors: Object.entries(errorDefinitions).map(([code, { exception, status, sqlState }]) => `${code} ${exception} ${status} ${sqlState}`),
    connectors: [],
  }
  return `${JSON.stringify(features, undefined, 1)}\n`
}

const optionNames = (definitions: OptionDefinitions): readonly string[] =>
  Object.values(definitions).map(({ flag, environment }) =>
    [flag === undefined ? undefined : `--${flag}`, environment].filter((each) => each !== undefined).join(' '),
  )
