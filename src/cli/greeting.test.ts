import { expect, it } from 'vitest'
import type { ServerFacts } from '../server/main.ts'
import { greeting } from './greeting.ts'

const facts: ServerFacts = {
  endpoint: 'http://127.0.0.1:8470',
  dataDirectory: '/srv/data',
  engine: 'chDB, in this process',
  region: 'us-east-1',
  rootKey: { origin: 'new', accessKeyId: 'TMID', secretAccessKey: 'the-secret', path: '/srv/data/root-credentials.json' },
  notes: ['A key was made.'],
}

it('shows where everything is, and the secret of a new key', () => {
  const text = greeting(facts)
  for (const part of ['http://127.0.0.1:8470', '/srv/data', 'chDB', 'TMID', 'the-secret', 'A key was made.']) expect(text).toContain(part)
})

it('shows the secret of no key that was there before', () => {
  for (const origin of ['kept', 'given'] as const)
    expect(greeting({ ...facts, rootKey: { ...facts.rootKey, origin } })).not.toContain('the-secret')
})
