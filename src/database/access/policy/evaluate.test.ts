import { describe, expect, it } from 'vitest'
import type { Action } from '../authorize.ts'
import { evaluate } from './evaluate.ts'
import { glob } from './glob.ts'
import { readPolicy } from './read-policy.ts'
import type { AccessRequest, RequestContext } from './request.ts'

const table = 'arn:aws:timestream:us-east-1:123456789012:database/metrics/table/cpu'
const noon = Date.UTC(2026, 10, 27, 12)

type Context = Partial<RequestContext>
interface Case {
  readonly statements: object | readonly object[]
  readonly action?: Action
  readonly resource?: string
  readonly context?: Context
}

function outcome({ statements, action = 'timestream:Select', resource = table, context = {} }: Case, user = 'ann'): string {
  const { policy } = readPolicy('p', JSON.stringify({ Version: '2012-10-17', Statement: statements }), 10_000)
  const request: AccessRequest = {
    action,
    resource,
    principal: { name: user, arn: `arn:aws:iam::123456789012:user/${user}`, accountId: '123456789012', region: 'us-east-1' },
    context: { nowMs: noon, ...context },
  }
  return evaluate([policy], request).outcome
}

const allow = (change: object = {}): object => ({ Effect: 'Allow', Action: '*', Resource: '*', ...change })
const deny = (change: object): object => ({ ...allow(change), Effect: 'Deny' })
const when = (operator: string, key: string, value: unknown): object => allow({ Condition: { [operator]: { [key]: value } } })

describe('what policies say', () => {
  it.each<[string, Case, string]>([
    ['nothing is allowed that nobody allows', { statements: allow({ Action: 'timestream:WriteRecords' }) }, 'implicit-deny'],
    ['a wildcard allows', { statements: allow() }, 'allowed'],
    ['actions are not told apart by case', { statements: allow({ Action: 'TimeStream:select' }) }, 'allowed'],
    ['a part of an action may be a wildcard', { statements: allow({ Action: 'timestream:Sel*' }) }, 'allowed'],
    ['? stands for one character', { statements: allow({ Action: 'timestream:Selec?' }) }, 'allowed'],
    ['NotAction covers all others', { statements: allow({ Action: undefined, NotAction: 'timestream:Select' }) }, 'implicit-deny'],
    ['an explicit denial wins over what is allowed', { statements: [allow(), deny({ Action: 'timestream:Select' })] }, 'explicit-deny'],
    ['a denial of something else does not matter', { statements: [allow(), deny({ Action: 'timestream:WriteRecords' })] }, 'allowed'],
    ['the ARN of the table', { statements: allow({ Resource: table }) }, 'allowed'],
    [
      'all tables of a database',
      { statements: allow({ Resource: 'arn:aws:timestream:us-east-1:123456789012:database/metrics/table/*' }) },
      'allowed',
    ],
    [
      'tables of another database',
      { statements: allow({ Resource: 'arn:aws:timestream:us-east-1:123456789012:database/logs/*' }) },
      'implicit-deny',
    ],
    ['resources are told apart by case', { statements: allow({ Resource: table.replace('cpu', 'CPU') }) }, 'implicit-deny'],
    ['NotResource covers all others', { statements: allow({ Resource: undefined, NotResource: table }) }, 'implicit-deny'],
    [
      'an action without a resource needs "*"',
      { statements: allow({ Resource: 'arn:aws:timestream:*:*:database/*' }), action: 'timestream:DescribeEndpoints', resource: '*' },
      'implicit-deny',
    ],
    [
      'a variable stands for the user',
      {
        statements: allow({ Resource: 'arn:aws:timestream:*:*:database/metrics-${aws:username}/*' }),
        resource: table.replace('metrics', 'metrics-ann'),
      },
      'allowed',
    ],
    [
      'a variable does not stand for another user',
      {
        statements: allow({ Resource: 'arn:aws:timestream:*:*:database/metrics-${aws:username}/*' }),
        resource: table.replace('metrics', 'metrics-bob'),
      },
      'implicit-deny',
    ],
  ])('%s', (_name, given, expected) => {
    expect(outcome(given)).toBe(expected)
  })

  it('does not let the name of a user widen a pattern', () => {
    const statements = allow({ Resource: 'arn:aws:timestream:*:*:database/${aws:username}/*' })
    expect(outcome({ statements, resource: table }, 'm*')).toBe('implicit-deny')
  })

  // The examples of the developer guide's "identity-based policy examples", and of the IAM user guide's global keys.
  it.each<[string, Case, string]>([
    [
      'SELECT on one table does not describe it',
      {
        statements: allow({ Action: ['timestream:SelectValues', 'timestream:Select'], Resource: table }),
        action: 'timestream:DescribeTable',
      },
      'implicit-deny',
    ],
    [
      'everything but deleting databases',
      {
        statements: [allow({ Action: 'timestream:*' }), deny({ Action: 'timestream:DeleteDatabase' })],
        action: 'timestream:DeleteDatabase',
      },
      'explicit-deny',
    ],
    [
      'resources by their tag, for the owner',
      { statements: when('StringEquals', 'aws:ResourceTag/Owner', '${aws:username}'), context: { resourceTags: () => ({ Owner: 'ann' }) } },
      'allowed',
    ],
    [
      'the key of a tag is not told apart by case',
      { statements: when('StringEquals', 'aws:ResourceTag/owner', 'ann'), context: { resourceTags: () => ({ Owner: 'ann' }) } },
      'allowed',
    ],
    ['a resource without the tag', { statements: when('StringEquals', 'aws:ResourceTag/Owner', 'ann') }, 'implicit-deny'],
    [
      'the tags of the request',
      { statements: when('StringEquals', 'aws:RequestTag/env', ['dev', 'test']), context: { requestTags: { env: 'test' } } },
      'allowed',
    ],
    [
      'only these keys of tags',
      { statements: when('ForAllValues:StringEquals', 'aws:TagKeys', ['env', 'team']), context: { tagKeys: ['env', 'cost'] } },
      'implicit-deny',
    ],
    ['all values, of none', { statements: when('ForAllValues:StringEquals', 'aws:TagKeys', ['env']) }, 'allowed'],
    [
      'any value',
      { statements: when('ForAnyValue:StringEquals', 'aws:TagKeys', ['env']), context: { tagKeys: ['env', 'cost'] } },
      'allowed',
    ],
    ['any value, of none', { statements: when('ForAnyValue:StringEquals', 'aws:TagKeys', ['env']) }, 'implicit-deny'],
    [
      'an address in the block',
      { statements: when('IpAddress', 'aws:SourceIp', ['192.0.2.0/24', '203.0.113.0/24']), context: { sourceIp: '203.0.113.9' } },
      'allowed',
    ],
    [
      'an address outside of it',
      { statements: when('IpAddress', 'aws:SourceIp', '192.0.2.0/24'), context: { sourceIp: '198.51.100.1' } },
      'implicit-deny',
    ],
    [
      'an address of version 4 as version 6',
      { statements: when('IpAddress', 'aws:SourceIp', '192.0.2.0/24'), context: { sourceIp: '::ffff:192.0.2.7' } },
      'allowed',
    ],
    [
      'an address of version 6',
      { statements: when('IpAddress', 'aws:SourceIp', '2001:db8::/32'), context: { sourceIp: '2001:db8::1' } },
      'allowed',
    ],
    [
      'not from the block',
      { statements: when('NotIpAddress', 'aws:SourceIp', '192.0.2.0/24'), context: { sourceIp: '192.0.2.7' } },
      'implicit-deny',
    ],
    [
      'a denial without TLS',
      { statements: [allow(), deny({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } })], context: { secureTransport: false } },
      'explicit-deny',
    ],
    [
      'the same with TLS',
      { statements: [allow(), deny({ Condition: { Bool: { 'aws:SecureTransport': false } } })], context: { secureTransport: true } },
      'allowed',
    ],
    ['before a time', { statements: when('DateLessThan', 'aws:CurrentTime', '2026-11-27T12:00:01Z') }, 'allowed'],
    ['after a time', { statements: when('DateGreaterThan', 'aws:CurrentTime', '2026-11-27T12:00:00Z') }, 'implicit-deny'],
    ['a time in seconds', { statements: when('NumericLessThanEquals', 'aws:EpochTime', noon / 1000) }, 'allowed'],
    ['a pattern', { statements: when('StringLike', 'aws:username', 'a?n*') }, 'allowed'],
    ['without regard to case', { statements: when('StringEqualsIgnoreCase', 'aws:username', 'ANN') }, 'allowed'],
    ['unless equal', { statements: when('StringNotEquals', 'aws:username', ['bob', 'ann']) }, 'implicit-deny'],
    ['unless equal, to a value that is not there', { statements: when('StringNotEquals', 'aws:ResourceTag/x', 'y') }, 'allowed'],
    ['if it exists, which it does not', { statements: when('StringEqualsIfExists', 'aws:ResourceTag/x', 'y') }, 'allowed'],
    ['no session', { statements: when('Null', 'aws:TokenIssueTime', 'true') }, 'allowed'],
    ['a session', { statements: when('Null', 'aws:TokenIssueTime', 'false') }, 'implicit-deny'],
    ['an ARN', { statements: when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:user/ann') }, 'allowed'],
    ['a key that requests never have', { statements: when('StringEquals', 'aws:PrincipalOrgID', 'o-1') }, 'implicit-deny'],
    [
      'conditions of one statement count together',
      { statements: allow({ Condition: { StringEquals: { 'aws:username': 'ann' }, Bool: { 'aws:SecureTransport': 'true' } } }) },
      'implicit-deny',
    ],
  ])('with a condition: %s', (_name, given, expected) => {
    expect(outcome(given)).toBe(expected)
  })

  it('names the statements that decided', () => {
    const { policy } = readPolicy(
      'mine',
      JSON.stringify({ Statement: [allow({ Sid: 'All' }), deny({ Action: 'timestream:Select' })] }),
      10_000,
    )
    const request = { principal: { name: 'a', arn: 'a', accountId: '1', region: 'r' }, context: { nowMs: 0 }, resource: table } as const
    expect(evaluate([policy], { ...request, action: 'timestream:Select' }).because).toEqual([{ policy: 'mine', statement: 2 }])
    expect(evaluate([policy], { ...request, action: 'timestream:Unload' }).because).toEqual([{ policy: 'mine', statement: 1, sid: 'All' }])
  })
})

describe('a glob', () => {
  it.each([
    ['*', '', true],
    ['a*', 'abc', true],
    ['*c', 'abc', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-b-b-', false],
    ['a?c', 'ac', false],
    ['a.c', 'abc', false],
    ['a**', 'a', true],
  ])('%s and %j: %s', (pattern, text, expected) => {
    expect(glob(pattern).matches(text)).toBe(expected)
  })

  it('of many stars takes no exponential time', () => {
    expect(glob(`${'*a'.repeat(500)}b`).matches('a'.repeat(5000))).toBe(false)
  })
})
