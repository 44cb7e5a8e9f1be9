import { expect, it } from 'vitest'
import type { AccessKey } from '../../database/caller.ts'
import { SigningKeys } from './signing-keys.ts'

const key: AccessKey = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  principal: { name: 'root', accessKeyId: 'AKIDEXAMPLE', isRoot: true },
  status: 'active',
}

it('derives the key of the published example', () => {
  const signingKey = new SigningKeys().derive(key, '20150830', 'us-east-1', 'iam')
  expect(signingKey.toString('hex')).toBe('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9')
})

it('keeps no more keys than its capacity, and never one of an older secret', () => {
  const keys = new SigningKeys(2)
  const first = keys.derive(key, '20260101', 'r', 'timestream')
  keys.keep(key, '20260101', 'r', first)
  expect(keys.derive(key, '20260101', 'r', 'timestream')).toBe(first)
  expect(keys.derive({ ...key, secretAccessKey: 'changed' }, '20260101', 'r', 'timestream')).not.toEqual(first)
  for (const day of ['20260102', '20260103']) keys.keep(key, day, 'r', keys.derive(key, day, 'r', 'timestream'))
  expect(keys.size).toBe(2)
  expect(keys.derive(key, '20260101', 'r', 'timestream')).not.toBe(first)
})
