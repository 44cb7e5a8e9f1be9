import { ServerError } from '../../../base/errors.ts'
import { actionNames } from '../actions.ts'
import { compileCondition, readOperator, type Condition } from './condition.ts'
import { anyMatches, type CompiledPolicy, type Statement } from './evaluate.ts'
import { glob } from './glob.ts'
import { isKnownKey, valuesOf, type AccessRequest } from './request.ts'
import { comparable, hasVariables, variablesIn, withValues } from './variables.ts'

export interface ReadPolicy {
  readonly policy: CompiledPolicy
  /** What is allowed to stand there but has no effect here, in sentences. */
  readonly notes: readonly string[]
}

const versions: readonly unknown[] = ['2012-10-17', '2008-10-17']
const documentMembers: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement'])
const statementMembers: ReadonlySet<string> = new Set(['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'])
const lowerActions = actionNames.map((name) => name.toLowerCase())

/**
 * Reads a policy document (IAM JSON) and makes it ready. Source: IAM user guide, "IAM JSON policy elements reference".
 * @param name for decisions and messages
 * @param maxChars characters other than white space
 * @throws ServerError MALFORMED_POLICY_DOCUMENT with the place in the document
 */
export function readPolicy(name: string, text: string, maxChars: number): ReadPolicy {
  const length = text.replace(/\s/g, '').length
  if (length > maxChars) throw malformed('the document', `has ${length} characters besides white space; ${maxChars} are allowed`)
  const document = parse(text)
  const notes: string[] = []
  for (const member of Object.keys(document)) {
    if (!documentMembers.has(member)) throw malformed(member, 'is no element of a policy')
  }
  if (document['Version'] !== undefined && !versions.includes(document['Version'])) {
    throw malformed('Version', `is ${JSON.stringify(document['Version'])}; it must be "2012-10-17"`)
  }
  const statements = Array.isArray(document['Statement']) ? (document['Statement'] as unknown[]) : [document['Statement']]
  if (document['Statement'] === undefined || statements.length === 0)
    throw malformed('Statement', 'is missing: a policy needs at least one')
  const compiled = statements.map((statement, index) => readStatement(statement, `Statement[${index}]`, notes))
  const sids = compiled.map(({ sid }) => sid).filter((sid) => sid !== undefined)
  const twice = sids.find((sid, index) => sids.indexOf(sid) !== index)
  if (twice !== undefined) throw malformed('Statement', `has two members with the Sid ${JSON.stringify(twice)}`)
  return { policy: { name, statements: compiled }, notes }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw malformed('the document', `is no JSON (${(error as Error).message})`)
  }
  return objectAt('the document', value)
}

function readStatement(value: unknown, at: string, notes: string[]): Statement {
  const statement = objectAt(at, value)
  for (const member of Object.keys(statement)) {
    if (member === 'Principal' || member === 'NotPrincipal') {
      throw malformed(`${at}.${member}`, 'has no place in a policy of users or groups: who it is attached to is the principal')
    }
    if (!statementMembers.has(member)) throw malformed(`${at}.${member}`, 'is no element of a statement')
  }
  const { Sid: sid, Effect: effect } = statement
  if (sid !== undefined && (typeof sid !== 'string' || !/^[A-Za-z0-9]*$/.test(sid)))
    throw malformed(`${at}.Sid`, 'must be letters and digits')
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`${at}.Effect`, `is ${shown(effect)}; it must be "Allow" or "Deny"`)
  return {
    ...(sid && { sid }),
    effect,
    coversAction: readActions(statement, at, notes),
    coversResource: readResources(statement, at),
    conditions: readConditions(statement['Condition'], `${at}.Condition`, notes),
  }
}

function readActions(statement: Readonly<Record<string, unknown>>, at: string, notes: string[]): Statement['coversAction'] {
  const member = oneOf(statement, 'Action', 'NotAction', at)
  const patterns = textsAt(`${at}.${member}`, statement[member]).map((text, index) => {
    const [service, operation] = text === '*' ? ['*', '*'] : text.split(/:(.*)/s)
    if (!service || !operation || !/^[a-zA-Z0-9*?-]+$/.test(service) || !/^[a-zA-Z0-9*?]+$/.test(operation)) {
      throw malformed(
        `${at}.${member}[${index}]`,
        `is ${shown(text)}; an action is written service:Operation, for instance timestream:Select`,
      )
    }
    const pattern = glob(text.toLowerCase())
    if (lowerActions.some((name) => pattern.matches(name))) return pattern
    if (/^(?:timestream|tidemark)$/i.test(service)) {
      throw malformed(`${at}.${member}[${index}]`, `names the unknown action ${shown(text)}${nearest(text)}`)
    }
    notes.push(`${at}.${member}[${index}]: ${text} belongs to another service and has no effect here`)
    return pattern
  })
  return member === 'Action' ? (action) => anyMatches(patterns, action) : (action) => !anyMatches(patterns, action)
}

function readResources(statement: Readonly<Record<string, unknown>>, at: string): Statement['coversResource'] {
  const member = oneOf(statement, 'Resource', 'NotResource', at)
  const texts = textsAt(`${at}.${member}`, statement[member])
  for (const [index, text] of texts.entries()) {
    if (text !== '*' && !(text.startsWith('arn:') && text.split(':').length >= 6)) {
      throw malformed(
        `${at}.${member}[${index}]`,
        `is ${shown(text)}; a resource is * or an ARN (arn:aws:timestream:us-east-1:000000000000:database/NAME)`,
      )
    }
    checkVariables(`${at}.${member}[${index}]`, text)
  }
  const fixed = texts.filter((text) => !hasVariables(text)).map(glob)
  const templates = texts.filter(hasVariables)
  const covers = (request: AccessRequest): boolean =>
    anyMatches(fixed, request.resource) ||
    templates.some((template) => {
      const text = withValues(template, (name) => valuesOf(name, request)?.[0], true)
      return text !== undefined && glob(text).matches(comparable(request.resource))
    })
  return member === 'Resource' ? covers : (request) => !covers(request)
}

function readConditions(value: unknown, at: string, notes: string[]): readonly Condition[] {
  if (value === undefined) return []
  return Object.entries(objectAt(at, value)).flatMap(([operatorText, keys]) => {
    const operator = readOperator(operatorText)
    if (operator === undefined) throw malformed(`${at}.${operatorText}`, 'is no condition operator (as in StringEquals, IpAddress)')
    return Object.entries(objectAt(`${at}.${operatorText}`, keys)).map(([key, wanted]) => {
      const place = `${at}.${operatorText}[${JSON.stringify(key)}]`
      const lowerKey = key.toLowerCase()
      if (!isKnownKey(lowerKey)) notes.push(`${place}: requests never have a value for this key here`)
      const texts = scalarsAt(place, wanted)
      for (const text of texts) checkVariables(place, text)
      try {
        return compileCondition(operator, key, texts)
      } catch (error) {
        throw malformed(place, `has a value that ${(error as Error).message}`)
      }
    })
  })
}

function checkVariables(at: string, text: string): void {
  const unknown = variablesIn(text).find((name) => !isKnownKey(name))
  if (unknown !== undefined) throw malformed(at, `names the unknown variable \${${unknown}}`)
}

function oneOf<T extends string>(statement: Readonly<Record<string, unknown>>, first: T, second: T, at: string): T {
  const given = [first, second].filter((name) => statement[name] !== undefined)
  if (given.length !== 1) throw malformed(at, `must have either ${first} or ${second}`)
  return given[0]!
}

function textsAt(at: string, value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length === 0 || values.some((item) => typeof item !== 'string' || item === ''))
    throw malformed(at, 'must be a text, or a list of texts')
  return values as readonly string[]
}

function scalarsAt(at: string, value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.some((item) => !['string', 'number', 'boolean'].includes(typeof item)))
    throw malformed(at, 'must be a text, or a list of texts')
  return values.map(String)
}

function objectAt(at: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(at, 'must be an object')
  return value as Record<string, unknown>
}

/** Of the same service, the action whose name shares the longest beginning. */
function nearest(text: string): string {
  const lower = text.toLowerCase()
  const shared = (name: string): number => [...name].findIndex((sign, index) => sign !== lower[index])
  const best = actionNames
    .filter((name) => lower.startsWith(`${name.split(':')[0]}:`))
    .toSorted((a, b) => shared(b.toLowerCase()) - shared(a.toLowerCase()))[0]
  return best === undefined ? '' : `; is ${best} meant?`
}

const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 200))
const malformed = (at: string, problem: string): ServerError =>
  new ServerError('MALFORMED_POLICY_DOCUMENT', `Malformed policy document: ${at} ${problem}.`)
