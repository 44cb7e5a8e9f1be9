import type { Example, ExampleValue, FunctionDefinition } from '../src/sql/functions/definition.ts'
import { functionFamilies } from '../src/sql/functions/index.ts'
import { page } from './reference-text.ts'

const statuses = {
  documented: 'in the documentation of Timestream',
  observed: 'seen in public use of Timestream',
  extension: 'an extension of Tidemark',
} as const

/** docs/reference/functions.md */
export function functionPage(): string {
  const all = functionFamilies.flat()
  const families = [...new Set(all.map((each) => each.family))].toSorted()
  const counts = (Object.keys(statuses) as (keyof typeof statuses)[]).map(
    (status) => `${all.filter((each) => each.status === status).length} ${statuses[status]}`,
  )
  return page([
    '# Functions',
    `${all.length} functions: ${counts.join(', ')}. Names may be written in any case. Unless a line says otherwise the result is NULL when an argument is. ` +
      'In signatures a single capital stands for any type, `[…]` for arguments that may be left out, `…` after a type for one or more of them. Every example is a test.',
    families.map((family) => `- [${titleOf(family)}](#${titleOf(family).toLowerCase().replaceAll(' ', '-')})`).join('\n'),
    ...families.flatMap((family) => [
      `## ${titleOf(family)}`,
      ...all
        .filter((each) => each.family === family)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap(functionParagraphs),
    ]),
  ])
}

const titleOf = (family: string): string => `${family[0]!.toUpperCase()}${family.slice(1)}`

function functionParagraphs(definition: FunctionDefinition): readonly string[] {
  const { name, aliases, kind, nulls, status, summary, source, signatures, examples } = definition
  const signatureLines = signatures.map(({ pattern }) => `${name}${pattern.replaceAll('...', '…')}`)
  const facts = [
    ...(aliases && aliases.length > 0 ? [`Also called ${aliases.map((alias) => `\`${alias}\``).join(', ')}.`] : []),
    ...(kind === 'scalar' && nulls === 'handle' ? ['NULL arguments have a meaning of their own.'] : []),
    `${statuses[status][0]!.toUpperCase()}${statuses[status].slice(1)}; source: ${source}.`,
  ]
  return [
    `### ${name}`,
    summary,
    ['```', ...signatureLines, '```'].join('\n'),
    ...(examples.length > 0 ? [['```sql', ...examples.map(exampleLine), '```'].join('\n')] : []),
    facts.join(' '),
  ]
}

function exampleLine(example: Example): string {
  return 'error' in example ? `${example.sql} -- error ${example.error}` : `${example.sql} -- ${valueText(example.result)}`
}

const valueText = (value: ExampleValue): string =>
  value === null ? 'NULL' : typeof value === 'string' ? (value === '' ? "''" : value) : `[${value.map(valueText).join(', ')}]`
