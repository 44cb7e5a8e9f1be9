import type { Command } from 'commander'
import { parseChoice, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { serverOptions } from '../server/options.ts'
import { command, optionSources } from './command-options.ts'
import { connectionOptions, readConnection } from './connection.ts'
import { rowFormats, rowWriter, type Cell, type Output, type RowFormat } from './output.ts'
import { signedCall } from './signed-call.ts'

export const keyOptions = {
  format: {
    flag: 'format',
    placeholder: 'FORMAT',
    summary: `How keys are written: ${rowFormats.join(', ')}`,
    fallback: 'table',
    parse: parseChoice(rowFormats),
  },
} as const satisfies OptionDefinitions

const { data, masterKey, masterKeyFile } = serverOptions
export const rotateStorageOptions = { data, masterKey, masterKeyFile } as const satisfies OptionDefinitions

interface CreateAnswer {
  readonly AccessKey: { readonly AccessKeyId: string; readonly SecretAccessKey: string; readonly UserName: string }
}

interface ListAnswer {
  readonly AccessKeys: readonly {
    readonly AccessKeyId: string
    readonly UserName: string
    readonly Status: string
    /** Seconds since the epoch. */
    readonly CreateDate: number
  }[]
}

/** `tidemark keys …`. */
export function addKeyCommands(program: Command, output: Output): void {
  const keys = program.command('keys').description('Manage access keys and the key of the storage').helpOption('--help', 'Show this help')
  command(keys, 'create', 'Create an access key for a user', { ...keyOptions, ...connectionOptions })
    .argument('<USER>', 'name of the user')
    .action(async (user: string, _options: object, self: Command) => {
      await createKey(user, optionSources(self), output)
    })
  command(keys, 'list', 'List the access keys', { ...keyOptions, ...connectionOptions }).action(async (_options: object, self: Command) => {
    await listKeys(optionSources(self), output)
  })
  command(keys, 'revoke', 'Revoke an access key', connectionOptions)
    .argument('<ID>', 'access key id')
    .action(async (id: string, _options: object, self: Command) => {
      await revokeKey(id, optionSources(self), output)
    })
  command(keys, 'rotate-storage', 'Encrypt the data under a new key; the server must be stopped', rotateStorageOptions).action(
    async (_options: object, self: Command) => {
      const { rotateStorage } = await import('./rotate-storage.ts')
      await rotateStorage(optionSources(self), output)
    },
  )
}

/** The only time that the secret is shown. */
async function createKey(userName: string, sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(keyOptions, sources)
  const { AccessKey: key } = await signedCall<CreateAnswer>(readConnection(sources), 'tidemark', 'CreateAccessKey', { UserName: userName })
  await writeRows(format, ['user', 'access key id', 'secret access key'], [[key.UserName, key.AccessKeyId, key.SecretAccessKey]], output)
}

async function listKeys(sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(keyOptions, sources)
  const { AccessKeys: keys } = await signedCall<ListAnswer>(readConnection(sources), 'tidemark', 'ListAccessKeys', {})
  const rows = keys.map((key) => [key.AccessKeyId, key.UserName, key.Status, new Date(key.CreateDate * 1000).toISOString()])
  await writeRows(format, ['access key id', 'user', 'status', 'created'], rows, output)
}

async function revokeKey(accessKeyId: string, sources: OptionSources, output: Output): Promise<void> {
  await signedCall<object>(readConnection(sources), 'tidemark', 'RevokeAccessKey', { AccessKeyId: accessKeyId })
  await output.write(`${accessKeyId} is revoked\n`)
}

async function writeRows(format: RowFormat, names: readonly string[], rows: readonly (readonly string[])[], output: Output): Promise<void> {
  const columns = names.map((name) => ({ name: format === 'table' ? name : name.replaceAll(' ', '_'), align: 'left' }) as const)
  const writer = rowWriter(format, columns, output)
  if (rows.length > 0) await writer.page(rows.map((row) => row.map((text): Cell => ({ text, json: text }))))
  await writer.end()
}
