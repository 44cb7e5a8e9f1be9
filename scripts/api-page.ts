import type { Operation } from '../src/api/operation.ts'
import { operations } from '../src/api/operations/list.ts'
import type { Bound, Member, Shape, StructureShape } from '../src/api/shape.ts'
import { defaultLimits } from '../src/base/limits.ts'
import { actionDefinitions } from '../src/database/access/actions.ts'
import type { Action } from '../src/database/access/authorize.ts'
import { code, page, table } from './reference-text.ts'
import { modelledOperation } from './service-model.ts'

const services: Readonly<Record<Operation['service'], string>> = {
  write: 'timestream-write',
  query: 'timestream-query',
  both: 'timestream-write and timestream-query',
  tidemark: 'Tidemark',
}

/** docs/reference/api.md */
export function apiPage(): string {
  const own = operations.filter(({ service }) => service === 'tidemark')
  const aws = operations.filter(({ service }) => service !== 'tidemark')
  return page([
    '# API',
    'Requests are `POST /` with `Content-Type: application/x-amz-json-1.0`, signed with AWS Signature Version 4 for the service `timestream`, the operation in `X-Amz-Target`: ' +
      '`Timestream_20181101.NAME` for those of AWS, `Tidemark_20261101.NAME` for our own. Members that an operation does not know are ignored; a value of the wrong JSON type is a ' +
      '`SerializationException`, a broken constraint a `ValidationException` that names all of them.',
    'Besides the exceptions listed, every operation may answer those of the front end (`SerializationException`, `UnknownOperationException`, `MissingAuthenticationTokenException`, ' +
      '`UnrecognizedClientException`, `InvalidSignatureException`, `IncompleteSignatureException`, `ExpiredTokenException`, `RequestEntityTooLargeException`) and ' +
      '`InternalServerException`. [Errors](errors.md) has their status. What a permission means: [access control](../guides/access-control.md).',
    '## Operations of Timestream',
    ...aws.flatMap(operationText),
    '## Operations of our own',
    'They may answer `ValidationException`, `AccessDeniedException`, `ResourceNotFoundException`, `ConflictException`, `ServiceQuotaExceededException`, and those about policies `MalformedPolicyDocumentException`.',
    ...own.flatMap(operationText),
  ])
}

function operationText(operation: Operation): readonly string[] {
  const { name, service, action, summary, input } = operation
  const model = service === 'tidemark' ? undefined : modelledOperation(operation)
  const rows = membersOf(input, '')
  return [
    `### ${name}`,
    summary,
    [
      `- Service: ${services[service]}`,
      `- Permission: ${code(action)}${resourceText(action)}`,
      ...(model === undefined ? [] : [`- Answer: ${model.output.length === 0 ? 'empty' : model.output.map(code).join(', ')}`]),
      ...(model === undefined ? [] : [`- Exceptions: ${model.exceptions.map(code).join(', ')}`]),
    ].join('\n'),
    ...(rows.length === 0 ? ['No members.'] : [table(['member', 'type', 'constraints'], rows)]),
  ]
}

const resourceNames = {
  '*': 'every resource (`*`)',
  database: 'the database',
  table: 'the table',
  'scheduled-query': 'the scheduled query',
  any: 'the resource that is named',
  user: 'the user',
  group: 'the group',
  policy: 'the policy',
} as const

function resourceText(action: string): string {
  const definition = actionDefinitions[action as Action]
  return definition === undefined ? '' : ` on ${resourceNames[definition.resource]}`
}

function membersOf(shape: StructureShape, prefix: string): readonly (readonly string[])[] {
  return shape.members.flatMap((member) => [
    [code(`${prefix}${member.name}`), typeText(member.shape), constraintText(member)],
    ...(insideOf(member.shape)?.members === undefined
      ? []
      : membersOf(insideOf(member.shape)!, `${prefix}${member.name}${member.shape.kind === 'list' ? '[]' : ''}.`)),
  ])
}

function insideOf(shape: Shape): StructureShape | undefined {
  if (shape.kind === 'structure') return shape
  return shape.kind === 'list' ? insideOf(shape.item) : undefined
}

function typeText(shape: Shape): string {
  switch (shape.kind) {
    case 'enum':
      return shape.values.map(code).join(', ')
    case 'list':
      return `list of ${insideOf(shape) ? 'structures' : typeText(shape.item)}`
    default:
      return shape.kind
  }
}

function constraintText({ shape, required }: Member): string {
  const facts = required ? ['required'] : []
  if ('min' in shape || 'max' in shape) facts.push(boundsText(shape))
  if (shape.kind === 'string' && shape.pattern) facts.push(code(shape.pattern.text))
  return facts.join(', ')
}

function boundsText(shape: { readonly kind: string; readonly min?: Bound; readonly max?: Bound }): string {
  const number = (bound: Bound): string => (typeof bound === 'string' ? defaultLimits[bound] : bound).toLocaleString('en-US')
  const { min, max } = shape
  const unit = shape.kind === 'string' ? ' characters' : shape.kind === 'list' ? ' items' : ''
  if (min !== undefined && max !== undefined) return `${number(min)} to ${number(max)}${unit}`
  return min === undefined ? `at most ${number(max!)}${unit}` : `at least ${number(min)}${unit}`
}
