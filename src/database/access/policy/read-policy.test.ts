import { describe, expect, it } from 'vitest'
import { managedPolicies } from '../managed-policies.ts'
import { readPolicy } from './read-policy.ts'

const read = (document: unknown, maxChars = 6144) =>
  readPolicy('p', typeof document === 'string' ? document : JSON.stringify(document), maxChars)
const statement = (change: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'timestream:Select', Resource: '*', ...change }],
})

describe('a policy document', () => {
  it.each(Object.entries(managedPolicies))('that is managed can be read: %s', (_name, { document }) => {
    expect(read(document).notes).toEqual([])
  })

  it('may have one statement without a list, and the older version', () => {
    expect(read({ Version: '2008-10-17', Statement: { Effect: 'Deny', NotAction: '*', NotResource: '*' } }).policy.statements).toHaveLength(
      1,
    )
  })

  it('may speak of other services and of keys that requests never have, and says that it has no effect', () => {
    const { notes } = read(
      statement({ Action: ['timestream:*', 'kms:Decrypt'], Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }),
    )
    expect(notes).toEqual([
      'Statement[0].Action[1]: kms:Decrypt belongs to another service and has no effect here',
      'Statement[0].Condition.StringEquals["aws:PrincipalOrgID"]: requests never have a value for this key here',
    ])
  })

  it.each([
    ['{', 'the document is no JSON'],
    ['[]', 'the document must be an object'],
    [{}, 'Statement is missing'],
    [{ Version: '2020-01-01', Statement: [] }, 'Version is "2020-01-01"'],
    [{ Statement: [], Rules: 1 }, 'Rules is no element of a policy'],
    [statement({ Effect: 'allow' }), 'Statement[0].Effect is "allow"'],
    [statement({ Effect: undefined }), 'Statement[0].Effect is missing'],
    [statement({ Principal: '*' }), 'Statement[0].Principal has no place'],
    [statement({ NotAction: '*' }), 'Statement[0] must have either Action or NotAction'],
    [statement({ Resource: undefined }), 'Statement[0] must have either Resource or NotResource'],
    [statement({ Action: [] }), 'Statement[0].Action must be a text, or a list of texts'],
    [
      statement({ Action: 'timestream:Selekt' }),
      'Statement[0].Action[0] names the unknown action "timestream:Selekt"; is timestream:Select meant?',
    ],
    [statement({ Action: ['timestream:Select', 'tidemark:Fly*'] }), 'Statement[0].Action[1] names the unknown action "tidemark:Fly*"'],
    [statement({ Action: 'Select' }), 'Statement[0].Action[0] is "Select"; an action is written service:Operation'],
    [statement({ Resource: 'database/x' }), 'Statement[0].Resource[0] is "database/x"'],
    [statement({ Resource: 'arn:aws:timestream:*:*:database/${aws:color}' }), 'names the unknown variable ${aws:color}'],
    [statement({ Sid: 'a b' }), 'Statement[0].Sid must be letters and digits'],
    [statement({ Condition: { StringIs: { 'aws:username': 'x' } } }), 'Statement[0].Condition.StringIs is no condition operator'],
    [statement({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } } }), 'has a value that is no address or block of addresses'],
    [statement({ Condition: { NumericEquals: { 'aws:EpochTime': 'soon' } } }), 'has a value that is no number'],
    [statement({ Condition: { DateLessThan: { 'aws:CurrentTime': 'soon' } } }), 'has a value that is no time'],
    [statement({ Condition: { Bool: { 'aws:SecureTransport': 'maybe' } } }), 'has a value that is neither true nor false'],
    [{ Statement: [statement({ Sid: 'A' }).Statement[0], statement({ Sid: 'A' }).Statement[0]] }, 'has two members with the Sid "A"'],
  ])('that is wrong is refused with the place: %j', (document, message) => {
    expect(() => read(document)).toThrow(
      expect.objectContaining({ code: 'MALFORMED_POLICY_DOCUMENT', message: expect.stringContaining(message) }),
    )
  })

  it('has a bound, for which white space does not count', () => {
    const text = JSON.stringify(statement({}))
    expect(() => read(`${text}${' '.repeat(10_000)}`, text.length)).not.toThrow()
    expect(() => read(text, text.length - 1)).toThrow('characters besides white space')
  })
})
