import { describe, expect, it } from 'vitest'
import { databaseArn, kmsKeyArn, parseArn, tableArn } from './arn.ts'

const account = { region: 'us-east-1', accountId: '000000000000' }

describe('ARNs', () => {
  it('name databases and tables, and are read back', () => {
    expect(databaseArn(account, 'db.1')).toBe('arn:aws:timestream:us-east-1:000000000000:database/db.1')
    expect(tableArn(account, 'db', 't_-')).toBe('arn:aws:timestream:us-east-1:000000000000:database/db/table/t_-')
    expect(parseArn(account, databaseArn(account, 'db.1'))).toEqual({ kind: 'database', databaseName: 'db.1' })
    expect(parseArn(account, tableArn(account, 'db', 't'))).toEqual({ kind: 'table', databaseName: 'db', tableName: 't' })
  })

  it.each([
    ['cn-north-1', 'arn:aws-cn:'],
    ['us-gov-west-1', 'arn:aws-us-gov:'],
  ])('of %s begin with %s', (region, start) => {
    expect(databaseArn({ ...account, region }, 'db')).toContain(start)
  })

  it.each([
    '',
    'db',
    'arn:aws:s3:::bucket',
    'arn:aws:timestream:us-east-1:000000000000:database/a/b',
    'arn:aws:timestream:us-east-1:000000000000:table/a',
  ])('are refused when they are %j', (arn) =>
    expect(() => parseArn(account, arn)).toThrow(expect.objectContaining({ code: 'VALIDATION' }) as Error),
  )

  it('of another account or region name nothing here', () => {
    expect(() => parseArn(account, 'arn:aws:timestream:us-east-1:111111111111:database/a')).toThrow('does not exist')
    expect(() => parseArn(account, 'arn:aws:timestream:eu-west-1:000000000000:database/a')).toThrow('does not exist')
  })
})

describe('the ARN of a KMS key', () => {
  const form = /^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
  const id = '0b2c1d3e-4f56-4789-8abc-def012345678'

  it('is made for the account when no key is given, always the same', () => {
    expect(kmsKeyArn(account)).toMatch(form)
    expect(kmsKeyArn(account)).toBe(kmsKeyArn(account, 'alias/aws/timestream'))
    expect(kmsKeyArn(account)).not.toBe(kmsKeyArn(account, 'alias/mine'))
  })

  it('is found for a key id, a key ARN, an alias and the ARN of an alias', () => {
    expect(kmsKeyArn(account, id)).toBe(`arn:aws:kms:us-east-1:000000000000:key/${id}`)
    expect(kmsKeyArn(account, `arn:aws:kms:eu-west-1:123456789012:key/${id}`)).toBe(`arn:aws:kms:eu-west-1:123456789012:key/${id}`)
    expect(kmsKeyArn(account, 'alias/mine')).toMatch(form)
    expect(kmsKeyArn(account, 'arn:aws:kms:us-east-1:000000000000:alias/mine')).toBe(kmsKeyArn(account, 'alias/mine'))
  })

  it.each(['', 'key', 'alias/', `key/${id}`, 'arn:aws:kms:us-east-1:000000000000:key/1', `arn:aws:kms:us-east-1:000000000000:${id}`])(
    'is refused for %j',
    (key) => expect(() => kmsKeyArn(account, key)).toThrow(expect.objectContaining({ code: 'VALIDATION' }) as Error),
  )
})
