import { type Command, Option } from 'commander'
import type { OptionDefinition, OptionDefinitions, OptionSources } from '../base/option.ts'
import { environment } from '../server/config.ts'

/** A command below `parent` with the options of its definitions. */
export function command(parent: Command, name: string, summary: string, definitions: OptionDefinitions): Command {
  return addOptions(parent.command(name).description(summary).helpOption('--help', 'Show this help'), definitions).addHelpText(
    'after',
    environmentHelp(definitions),
  )
}

/** Puts the flags of the definitions on a command; their help comes from the records. */
function addOptions(command: Command, definitions: OptionDefinitions): Command {
  for (const definition of Object.values(definitions)) {
    if (definition.flag !== undefined) command.addOption(new Option(flagText(definition.flag, definition), describe(definition)))
  }
  return command
}

function flagText(flag: string, definition: OptionDefinition<unknown>): string {
  return definition.placeholder === undefined ? `--${flag}` : `--${flag} <${definition.placeholder}>`
}

function describe(definition: OptionDefinition<unknown>): string {
  const facts = []
  if (definition.fallback !== undefined && definition.fallback !== '' && definition.placeholder !== undefined) {
    facts.push(`default: ${definition.fallback}`)
  }
  if (definition.environment !== undefined) facts.push(`env: ${definition.environment}`)
  return facts.length === 0 ? definition.summary : `${definition.summary} (${facts.join(', ')})`
}

/** A paragraph of help about what can be given only as environment variables. */
function environmentHelp(definitions: OptionDefinitions): string {
  const only = Object.values(definitions).filter((definition) => definition.flag === undefined)
  if (only.length === 0) return ''
  const width = Math.max(...only.map((definition) => definition.environment?.length ?? 0))
  return ['', 'Environment only:', ...only.map((definition) => `  ${definition.environment?.padEnd(width)}  ${definition.summary}`)].join(
    '\n',
  )
}

/** What was given to this command, by flag, and the environment. */
export function optionSources(command: Command): OptionSources {
  const flags: Record<string, string | true | undefined> = {}
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName())
    if (typeof value === 'string' || value === true) flags[option.long?.slice(2) ?? option.name()] = value
  }
  return { flags, environment }
}
