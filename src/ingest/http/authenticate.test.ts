import { describe, expect, it } from 'vitest'
import type { AccessKey } from '../../database/caller.ts'
import { keyOf } from './authenticate.ts'

const principal = { name: 'ada', accessKeyId: 'AKID', isRoot: false }
const permanent: AccessKey = { accessKeyId: 'AKID', secretAccessKey: 'se:cret', principal, status: 'active' }
const temporary: AccessKey = { ...permanent, accessKeyId: 'ASIA', secretAccessKey: 'short', sessionToken: 'to:ken', expiresAtMs: 1000 }
const keys = { findAccessKey: (id: string) => [permanent, temporary].find(({ accessKeyId }) => accessKeyId === id) }

const ask = (authorization?: string, query = '', nowMs = 0): AccessKey =>
  keyOf({ headers: authorization === undefined ? {} : { authorization }, query: new URLSearchParams(query) }, keys, nowMs)
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('the key of a request', () => {
  it('is what Basic, Token, Bearer or the query of InfluxDB 1 name', () => {
    expect(ask(basic('ASIA:short:to:ken'))).toBe(temporary)
    expect(ask('Token ASIA:short:to:ken')).toBe(temporary)
    expect(ask('Bearer ASIA:short:to:ken')).toBe(temporary)
    expect(ask(basic('AKID:se:cret'))).toBe(permanent)
    expect(ask(undefined, 'u=AKID&p=se:cret')).toBe(permanent)
  })

  it('is nobody when the secret, the token or the key is wrong, or the time is over', () => {
    const refused = (code: string) => expect.objectContaining({ code })
    expect(() => ask(basic('AKID:wrong'))).toThrow(refused('UNRECOGNIZED_CLIENT'))
    expect(() => ask(basic('OTHER:'))).toThrow(refused('UNRECOGNIZED_CLIENT'))
    expect(() => ask(basic('ASIA:short'))).toThrow(refused('UNRECOGNIZED_CLIENT'))
    expect(() => ask(basic('ASIA:short:to:ken'), '', 1000)).toThrow(refused('EXPIRED_TOKEN'))
    expect(() => ask()).toThrow(refused('MISSING_AUTHENTICATION_TOKEN'))
    expect(() => ask('Digest username="x"')).toThrow(refused('MISSING_AUTHENTICATION_TOKEN'))
  })
})
