import { parseChoice, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { serverOptions } from '../server/options.ts'
import { readConnection } from './connection.ts'
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

/** The only time that the secret is shown. */
export async function createKey(userName: string, sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(keyOptions, sources)
  const { AccessKey: key } = await signedCall<CreateAnswer>(readConnection(sources), 'tidemark', 'CreateAccessKey', { UserName: userName })
  await writeRows(format, ['user', 'access key id', 'secret access key'], [[key.UserName, key.AccessKeyId, key.SecretAccessKey]], output)
}

export async function listKeys(sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(keyOptions, sources)
  const { AccessKeys: keys } = await signedCall<ListAnswer>(readConnection(sources), 'tidemark', 'ListAccessKeys', {})
  const rows = keys.map((key) => [key.AccessKeyId, key.UserName, key.Status, new Date(key.CreateDate * 1000).toISOString()])
  await writeRows(format, ['access key id', 'user', 'status', 'created'], rows, output)
}

export async function revokeKey(accessKeyId: string, sources: OptionSources, output: Output): Promise<void> {
  await signedCall<object>(readConnection(sources), 'tidemark', 'RevokeAccessKey', { AccessKeyId: accessKeyId })
  await output.write(`${accessKeyId} is revoked\n`)
}

async function writeRows(format: RowFormat, names: readonly string[], rows: readonly (readonly string[])[], output: Output): Promise<void> {
  const columns = names.map((name) => ({ name: format === 'table' ? name : name.replaceAll(' ', '_'), align: 'left' }) as const)
  const writer = rowWriter(format, columns, output)
  if (rows.length > 0) await writer.page(rows.map((row) => row.map((text): Cell => ({ text, json: text }))))
  await writer.end()
}
