import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { ServerError } from '../base/errors.ts'
import { parseChoice, parseSwitch, parseText, readOptions, type OptionDefinitions, type OptionSources } from '../base/option.ts'
import { command, optionSources } from './command-options.ts'
import { connectionOptions, readConnection } from './connection.ts'
import { rowFormats, writeTextRows, type Output } from './output.ts'
import { signedCall } from './signed-call.ts'
import { targetOptions } from './users.ts'

export const policyListOptions = {
  format: {
    flag: 'format',
    placeholder: 'FORMAT',
    summary: `How policies and decisions are written: ${rowFormats.join(', ')}`,
    fallback: 'table',
    parse: parseChoice(rowFormats),
  },
} as const satisfies OptionDefinitions

export const putPolicyOptions = {
  dryRun: { flag: 'dry-run', summary: 'Only check the document', fallback: 'false', parse: parseSwitch },
} as const satisfies OptionDefinitions

export const simulateOptions = {
  user: { flag: 'user', placeholder: 'USER', summary: 'Whose policies to ask', parse: parseText },
  document: { flag: 'document', placeholder: 'FILE', summary: 'A policy (IAM JSON) to ask, with or without a user', parse: parseText },
  resource: { flag: 'resource', placeholder: 'ARN,…', summary: 'Resources', fallback: '*', parse: parseText },
  sourceIp: { flag: 'source-ip', placeholder: 'ADDRESS', summary: 'Where the request would come from', parse: parseText },
} as const satisfies OptionDefinitions

interface Policy {
  readonly PolicyName: string
  readonly IsManaged: boolean
  readonly PolicyDocument: string
  readonly Description?: string
  readonly UserNames: readonly string[]
  readonly GroupNames: readonly string[]
}

interface SimulateAnswer {
  readonly Decisions: readonly {
    readonly Action: string
    readonly Resource: string
    readonly Decision: string
    readonly MatchedStatements: readonly { readonly PolicyName: string; readonly Statement: number; readonly Sid?: string }[]
  }[]
}

/** `tidemark policies …`. */
export function addPolicyCommands(program: Command, output: Output): void {
  const policies = program.command('policies').description('Manage policies: who may do what').helpOption('--help', 'Show this help')
  command(policies, 'list', 'List the policies', { ...policyListOptions, ...connectionOptions }).action(
    async (_options: object, self: Command) => {
      await listPolicies(optionSources(self), output)
    },
  )
  command(policies, 'show', 'Print the document of a policy', connectionOptions)
    .argument('<POLICY>')
    .action(async (policyName: string, _options: object, self: Command) => {
      const answer = await signedCall<{ readonly Policy: Policy }>(readConnection(optionSources(self)), 'tidemark', 'GetPolicy', {
        PolicyName: policyName,
      })
      await output.write(`${answer.Policy.PolicyDocument}\n`)
    })
  command(policies, 'put', 'Make or replace a policy', { ...putPolicyOptions, ...connectionOptions })
    .argument('<POLICY>')
    .argument('<FILE>', 'its document, IAM JSON')
    .action(async (policyName: string, path: string, _options: object, self: Command) => {
      await putPolicy(policyName, path, optionSources(self), output)
    })
  command(policies, 'delete', 'Remove a policy that is attached to nobody', connectionOptions)
    .argument('<POLICY>')
    .action(async (policyName: string, _options: object, self: Command) => {
      await signedCall<object>(readConnection(optionSources(self)), 'tidemark', 'DeletePolicy', { PolicyName: policyName })
      await output.write(`${policyName} is removed\n`)
    })
  for (const [name, operation, verb] of [
    ['attach', 'AttachPolicy', 'attached to'],
    ['detach', 'DetachPolicy', 'not attached to'],
  ] as const) {
    command(policies, name, `${name === 'attach' ? 'Give' : 'Take'} a policy ${name === 'attach' ? 'to' : 'from'} a user or a group`, {
      ...targetOptions,
      ...connectionOptions,
    })
      .argument('<POLICY>')
      .argument('<NAME>', 'of the user, or of the group')
      .action(async (policyName: string, target: string, _options: object, self: Command) => {
        const sources = optionSources(self)
        const { group } = readOptions(targetOptions, sources)
        const input = { PolicyName: policyName, ...(group ? { GroupName: target } : { UserName: target }) }
        await signedCall<object>(readConnection(sources), 'tidemark', operation, input)
        await output.write(`${policyName} is ${verb} ${target}\n`)
      })
  }
  command(policies, 'simulate', 'Ask what would be allowed; nothing is done', {
    ...simulateOptions,
    ...policyListOptions,
    ...connectionOptions,
  })
    .argument('<ACTION,…>', 'actions, with * and ?')
    .action(async (actions: string, _options: object, self: Command) => {
      await simulate(actions.split(','), optionSources(self), output)
    })
}

async function listPolicies(sources: OptionSources, output: Output): Promise<void> {
  const { format } = readOptions(policyListOptions, sources)
  const { Policies: policies } = await signedCall<{ readonly Policies: readonly Policy[] }>(
    readConnection(sources),
    'tidemark',
    'ListPolicies',
    {},
  )
  const rows = policies.map((policy) => [
    policy.PolicyName,
    policy.IsManaged ? 'managed' : 'yours',
    [...policy.UserNames, ...policy.GroupNames.map((name) => `${name} (group)`)].join(' '),
    policy.Description ?? '',
  ])
  await writeTextRows(format, ['policy', 'kind', 'attached to', 'what'], rows, output)
}

async function putPolicy(policyName: string, path: string, sources: OptionSources, output: Output): Promise<void> {
  const { dryRun } = readOptions(putPolicyOptions, sources)
  const input = { PolicyName: policyName, PolicyDocument: readDocument(path), DryRun: dryRun }
  const { Notes: notes } = await signedCall<{ readonly Notes: readonly string[] }>(readConnection(sources), 'tidemark', 'PutPolicy', input)
  await output.write(
    [dryRun ? `${path} is a valid policy` : `${policyName} is stored`, ...notes.map((note) => `note: ${note}`), ''].join('\n'),
  )
}

async function simulate(actions: readonly string[], sources: OptionSources, output: Output): Promise<void> {
  const { user, document, resource, sourceIp } = readOptions(simulateOptions, sources)
  const { format } = readOptions(policyListOptions, sources)
  const { Decisions: decisions } = await signedCall<SimulateAnswer>(readConnection(sources), 'tidemark', 'SimulateAccess', {
    Actions: actions,
    Resources: resource.split(','),
    ...(user !== undefined && { UserName: user }),
    ...(document !== undefined && { PolicyDocuments: [readDocument(document)] }),
    ...(sourceIp !== undefined && { SourceIp: sourceIp }),
  })
  const rows = decisions.map(({ Action: action, Resource: on, Decision: decision, MatchedStatements: matched }) => [
    action,
    on,
    decision,
    matched.map(({ PolicyName: name, Statement: number, Sid: sid }) => `${name}[${sid ?? number}]`).join(' '),
  ])
  await writeTextRows(format, ['action', 'resource', 'decision', 'because of'], rows, output)
}

/** The text of a policy. @throws ServerError CONFIGURATION */
export function readDocument(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ServerError('CONFIGURATION', `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  }
}
