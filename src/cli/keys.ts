import type { Command } from 'commander'
import {
  parseChoice,
  parseInteger,
  parseSwitch,
  parseText,
  readOptions,
  type OptionDefinitions,
  type OptionSources,
} from '../base/option.ts'
import { serverOptions } from '../server/options.ts'
import { command, optionSources } from './command-options.ts'
import { connectionOptions, readConnection } from './connection.ts'
import { rowFormats, writeTextRows, type Output } from './output.ts'
import { readDocument } from './policies.ts'
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

const { data, region, masterKey, masterKeyFile, masterKeyKms, kmsEndpoint } = serverOptions
export const rotateStorageOptions = {
  data,
  region,
  masterKey,
  masterKeyFile,
  masterKeyKms,
  kmsEndpoint,
} as const satisfies OptionDefinitions

export const rotateMasterOptions = {
  ...rotateStorageOptions,
  newMasterKeyFile: {
    flag: 'new-master-key-file',
    placeholder: 'FILE',
    summary: 'File that holds the new key; without one of these three, a new key is made where the old one is',
    parse: parseText,
  },
  newMasterKeyKms: {
    flag: 'new-master-key-kms',
    placeholder: 'KEY',
    summary: 'Key of AWS KMS that wraps a new key from now on',
    parse: masterKeyKms.parse,
  },
  newBesideData: {
    flag: 'new-beside-data',
    summary: 'Keep a new key in the data folder from now on',
    fallback: 'false',
    parse: parseSwitch,
  },
} as const satisfies OptionDefinitions

export const createKeyOptions = {
  policy: { flag: 'policy', placeholder: 'NAME', summary: 'Attach this policy to the user as well', parse: parseText },
} as const satisfies OptionDefinitions

export const sessionOptions = {
  user: { flag: 'user', placeholder: 'USER', summary: 'For this user; for whoever asks when absent', parse: parseText },
  duration: { flag: 'duration', placeholder: 'SECONDS', summary: 'How long they last', fallback: '3600', parse: parseInteger(1, 129_600) },
  policyFile: { flag: 'policy-file', placeholder: 'FILE', summary: 'A policy (IAM JSON) that narrows what they may do', parse: parseText },
  output: {
    flag: 'output',
    placeholder: 'FORM',
    summary: 'env (lines to source), or json (what credential_process of the AWS tools reads)',
    fallback: 'env',
    parse: parseChoice(['env', 'json'] as const),
  },
} as const satisfies OptionDefinitions

interface SessionAnswer {
  readonly Credentials: {
    readonly AccessKeyId: string
    readonly SecretAccessKey: string
    readonly SessionToken: string
    /** Seconds since the epoch. */
    readonly Expiration: number
  }
}

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
  command(keys, 'create', 'Create an access key for a user', { ...createKeyOptions, ...keyOptions, ...connectionOptions })
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
  command(keys, 'session', 'Make temporary credentials', { ...sessionOptions, ...connectionOptions }).action(
    async (_options: object, self: Command) => {
      await createSession(optionSources(self), output)
    },
  )
  command(keys, 'rotate-master', 'Open the data with another master key; the server must be stopped', rotateMasterOptions).action(
    async (_options: object, self: Command) => {
      const sources = optionSources(self)
      const where = readOptions(rotateMasterOptions, sources)
      const { rotateMasterKey } = await import('./rotate-master.ts')
      await rotateMasterKey(where, sources, output)
    },
  )
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
  const { policy } = readOptions(createKeyOptions, sources)
  const connection = readConnection(sources)
  const { AccessKey: key } = await signedCall<CreateAnswer>(connection, 'tidemark', 'CreateAccessKey', { UserName: userName })
  if (policy !== undefined) await signedCall<object>(connection, 'tidemark', 'AttachPolicy', { PolicyName: policy, UserName: userName })
  await writeTextRows(
    format,
    ['user', 'access key id', 'secret access key'],
    [[key.UserName, key.AccessKeyId, key.SecretAccessKey]],
    output,
  )
}

async function listKeys(sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(keyOptions, sources)
  const { AccessKeys: keys } = await signedCall<ListAnswer>(readConnection(sources), 'tidemark', 'ListAccessKeys', {})
  const rows = keys.map((key) => [key.AccessKeyId, key.UserName, key.Status, new Date(key.CreateDate * 1000).toISOString()])
  await writeTextRows(format, ['access key id', 'user', 'status', 'created'], rows, output)
}

async function revokeKey(accessKeyId: string, sources: OptionSources, output: Output): Promise<void> {
  await signedCall<object>(readConnection(sources), 'tidemark', 'RevokeAccessKey', { AccessKeyId: accessKeyId })
  await output.write(`${accessKeyId} is revoked\n`)
}

async function createSession(sources: OptionSources, output: Output): Promise<void> {
  const { user, duration, policyFile, output: form } = readOptions(sessionOptions, sources)
  const { Credentials: made } = await signedCall<SessionAnswer>(readConnection(sources), 'tidemark', 'CreateSession', {
    DurationSeconds: duration,
    ...(user !== undefined && { UserName: user }),
    ...(policyFile !== undefined && { Policy: readDocument(policyFile) }),
  })
  const { AccessKeyId, SecretAccessKey, SessionToken } = made
  const expiration = new Date(made.Expiration * 1000).toISOString()
  if (form === 'json') {
    await output.write(
      `${JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration: expiration }, undefined, 2)}\n`,
    )
    return
  }
  const lines = [
    `# until ${expiration}`,
    `export AWS_ACCESS_KEY_ID=${AccessKeyId}`,
    `export AWS_SECRET_ACCESS_KEY=${SecretAccessKey}`,
    `export AWS_SESSION_TOKEN=${SessionToken}`,
  ]
  await output.write(`${lines.join('\n')}\n`)
}
