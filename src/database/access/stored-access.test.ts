import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultLimits } from '../../base/limits.ts'
import { silentLog } from '../../base/log.ts'
import type { DocumentStore } from '../../storage/document-store.ts'
import { openLmdbDocuments } from '../../storage/documents/lmdb.ts'
import type { Tags } from '../../storage/table-record.ts'
import type { Caller } from '../caller.ts'
import { anyArn } from '../control/arn.ts'
import { AccessKeys } from './access-keys.ts'
import { authorize, may, type Action } from './authorize.ts'
import { openAccess, type OpenedAccess } from './open-access.ts'

const storageKeys = { keys: [{ id: 1, bytes: Buffer.alloc(32, 1) }], currentKeyId: 1, rootSecret: Buffer.alloc(32, 2) }
const account = { region: 'us-east-1', accountId: '000000000000' }
const table = 'arn:aws:timestream:us-east-1:000000000000:database/db/table/t'
const root: Caller = { principal: { name: 'root', accessKeyId: 'TMROOT', isRoot: true }, requestId: 'R' }
let directory: string
let documents: DocumentStore
let opened: OpenedAccess
const nowMs = 1_800_000_000_000
let tags: Tags | undefined
const clock = { nowMs: () => nowMs, nowNs: () => BigInt(nowMs) * 1_000_000n, monotonicMs: () => nowMs }
const world = { account, clock, tagsOf: () => tags }
const open = (): Promise<OpenedAccess> => openAccess({ documents, world, limits: defaultLimits, log: silentLog, isShared: false })

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-access-'))
  documents = await openLmdbDocuments(directory, storageKeys)
  opened = await open()
  tags = undefined
})
afterEach(async () => {
  opened.close()
  await documents.stop?.()
  rmSync(directory, { recursive: true })
})

const policy = (...statements: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const allow = (Action: string, Resource = '*', more: object = {}): object => ({ Effect: 'Allow', Action, Resource, ...more })
const deny = (Action: string, Resource = '*'): object => ({ Effect: 'Deny', Action, Resource })

/** Signs as a user with a key of the user's own. */
async function as(userName: string): Promise<Caller> {
  const { accessKeyId } = await opened.accessKeys.create(userName)
  return { principal: opened.find(accessKeyId)!.principal, requestId: 'U' }
}

const refusal = (caller: Caller, action: Action, resource = table): string => {
  try {
    authorize(caller, action, resource, account)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describe('a user', () => {
  it('may do nothing until a policy is attached, and is told in the words of AWS', async () => {
    const { access } = opened
    await access.createUser(root, { userName: 'ann' })
    const ann = await as('ann')
    expect(refusal(ann, 'timestream:Select')).toBe(
      `User: arn:aws:iam::000000000000:user/ann is not authorized to perform: timestream:Select on resource: ${table} because no identity-based policy allows the timestream:Select action`,
    )
    expect(refusal(ann, 'timestream:ListDatabases', anyArn(account))).toBe(
      'User: arn:aws:iam::000000000000:user/ann is not authorized to perform: timestream:ListDatabases because no identity-based policy allows the timestream:ListDatabases action',
    )
    await access.attachPolicy(root, 'AmazonTimestreamReadOnlyAccess', { userName: 'ann' })
    expect(refusal(ann, 'timestream:Select')).toBe('')
    expect(refusal(ann, 'timestream:WriteRecords')).not.toBe('')
    await access.detachPolicy(root, 'AmazonTimestreamReadOnlyAccess', { userName: 'ann' })
    expect(refusal(ann, 'timestream:Select')).not.toBe('')
  })

  it('has the policies of its groups as well, and a denial anywhere wins', async () => {
    const { access } = opened
    await access.createGroup(root, 'writers')
    await access.putPolicy(root, { policyName: 'no-t', document: policy(deny('timestream:*', table)) })
    await access.attachPolicy(root, 'AmazonTimestreamFullAccess', { groupName: 'writers' })
    await access.createUser(root, { userName: 'ann', groupNames: ['writers'] })
    const ann = await as('ann')
    expect(refusal(ann, 'timestream:WriteRecords')).toBe('')
    await access.attachPolicy(root, 'no-t', { userName: 'ann' })
    expect(refusal(ann, 'timestream:WriteRecords')).toBe(
      `User: arn:aws:iam::000000000000:user/ann is not authorized to perform: timestream:WriteRecords on resource: ${table} with an explicit deny in an identity-based policy`,
    )
    await access.removeUserFromGroup(root, 'ann', 'writers')
    expect(refusal(ann, 'timestream:ListDatabases', anyArn(account))).toContain('because no identity-based policy')
    await access.deleteGroup(root, 'writers')
  })

  it('is bound by a policy as it is changed, also for what was decided before', async () => {
    const { access } = opened
    await access.putPolicy(root, { policyName: 'p', document: policy(allow('timestream:Select')) })
    await access.createUser(root, { userName: 'ann', policyNames: ['p'] })
    const ann = await as('ann')
    expect(may(ann, 'timestream:Select', table, account)).toBe(true)
    await access.putPolicy(root, { policyName: 'p', document: policy(allow('timestream:Select', `${table}2`)) })
    expect(may(ann, 'timestream:Select', table, account)).toBe(false)
  })

  it('is allowed by the tags of the resource as they are at the moment', async () => {
    const { access } = opened
    const owned = allow('timestream:Select', '*', { Condition: { StringEquals: { 'aws:ResourceTag/team': 'a' } } })
    await access.putPolicy(root, { policyName: 'p', document: policy(owned) })
    await access.createUser(root, { userName: 'ann', policyNames: ['p'] })
    const ann = await as('ann')
    expect(may(ann, 'timestream:Select', table, account)).toBe(false)
    tags = { team: 'a' }
    expect(may(ann, 'timestream:Select', table, account)).toBe(true)
    tags = { team: 'b' }
    expect(may(ann, 'timestream:Select', table, account)).toBe(false)
  })

  it('may hand out access only when a policy says so', async () => {
    const { access } = opened
    await access.createUser(root, { userName: 'ann', policyNames: ['AmazonTimestreamFullAccess'] })
    await access.createUser(root, { userName: 'eve', policyNames: ['AdministratorAccess'] })
    const ann = await as('ann')
    await expect(access.attachPolicy(ann, 'AdministratorAccess', { userName: 'ann' })).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    await expect(access.listUsers(ann)).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    await access.detachPolicy(await as('eve'), 'AmazonTimestreamFullAccess', { userName: 'ann' })
  })

  it('is removed only without keys, a policy or group only when nobody has it', async () => {
    const { access, accessKeys } = opened
    await access.createGroup(root, 'g')
    await access.putPolicy(root, { policyName: 'p', document: policy(allow('*')) })
    await access.createUser(root, { userName: 'ann', policyNames: ['p'], groupNames: ['g'] })
    const ann = await as('ann')
    for (const attempt of [access.deleteUser(root, 'ann'), access.deletePolicy(root, 'p'), access.deleteGroup(root, 'g')]) {
      await expect(attempt).rejects.toMatchObject({ code: 'CONFLICT' })
    }
    await accessKeys.revoke(ann.principal.accessKeyId)
    await access.deleteUser(root, 'ann')
    await access.deletePolicy(root, 'p')
    await access.deleteGroup(root, 'g')
    expect(await access.listUsers(root)).toEqual([])
    expect(may(ann, 'timestream:Select', table, account)).toBe(false)
  })

  it.each([
    [() => opened.access.createUser(root, { userName: 'a b' }), 'VALIDATION'],
    [() => opened.access.createUser(root, { userName: 'root' }), 'VALIDATION'],
    [() => opened.access.createUser(root, { userName: 'x', policyNames: ['none'] }), 'RESOURCE_NOT_FOUND'],
    [() => opened.access.createUser(root, { userName: 'x', groupNames: ['none'] }), 'RESOURCE_NOT_FOUND'],
    [() => opened.access.attachPolicy(root, 'none', { userName: 'x' }), 'RESOURCE_NOT_FOUND'],
    [() => opened.access.putPolicy(root, { policyName: 'AdministratorAccess', document: policy(allow('*')) }), 'VALIDATION'],
    [() => opened.access.putPolicy(root, { policyName: 'p', document: policy(allow('timestream:Nothing')) }), 'MALFORMED_POLICY_DOCUMENT'],
    [() => opened.access.putGuardRails(root, { userName: 'x' }, { maxResultRows: 0 }), 'VALIDATION'],
  ])('is not made or changed by what is wrong (%#)', async (attempt, code) => {
    await expect(attempt()).rejects.toMatchObject({ code })
    expect(await opened.access.listUsers(root)).toEqual([])
  })

  it('is bound by the strictest guard rail of its own and its groups', async () => {
    const { access } = opened
    await access.createGroup(root, 'g')
    await access.createUser(root, { userName: 'ann', groupNames: ['g'] })
    await access.putGuardRails(root, { groupName: 'g' }, { maxResultRows: 10, maxQuerySeconds: 5 })
    await access.putGuardRails(root, { userName: 'ann' }, { maxResultRows: 100, maxConcurrentQueries: 2 })
    expect((await as('ann')).principal.permissions?.guardRails()).toEqual({
      maxResultRows: 10,
      maxQuerySeconds: 5,
      maxConcurrentQueries: 2,
    })
  })
})

describe('a simulation', () => {
  it('tells the decision and the statements, without doing anything', async () => {
    const { access } = opened
    await access.createUser(root, { userName: 'ann', policyNames: ['AmazonTimestreamReadOnlyAccess'] })
    const said = await access.simulate(root, {
      userName: 'ann',
      documents: [policy(deny('timestream:Select', table))],
      actions: ['timestream:Sel*', 'timestream:WriteRecords'],
      resources: [table],
    })
    expect(said.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'timestream:Select explicit-deny',
      'timestream:SelectValues allowed',
      'timestream:WriteRecords implicit-deny',
    ])
    expect(said[0]?.because).toEqual([{ policy: 'document 1', statement: 1 }])
    await expect(access.simulate(root, { actions: ['timestream:Select'] })).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(access.simulate(root, { userName: 'ann', actions: ['x:y'] })).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})

describe('temporary credentials', () => {
  it('may do what their user may, until they expire, on every node of the catalog', async () => {
    const { access } = opened
    await access.createUser(root, { userName: 'ann', policyNames: ['AmazonTimestreamReadOnlyAccess'] })
    const ann = await as('ann')
    const made = await access.createSession(ann, { durationSeconds: 60 })
    expect(made).toMatchObject({ accessKeyId: expect.stringMatching(/^TS[A-Z2-7]{18}$/), expiresAtMs: nowMs + 60_000 })
    const elsewhere = await open()
    const found = elsewhere.find(made.accessKeyId, made.sessionToken)!
    expect(found).toMatchObject({ secretAccessKey: made.secretAccessKey, sessionToken: made.sessionToken, expiresAtMs: nowMs + 60_000 })
    const session: Caller = { principal: found.principal, requestId: 'S' }
    expect(may(session, 'timestream:Select', table, account)).toBe(true)
    expect(may(session, 'timestream:WriteRecords', table, account)).toBe(false)
    await expect(access.createSession(session, {})).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  })

  it('are narrowed by their policy, also those of root', async () => {
    const { access } = opened
    const made = await access.createSession(
      { principal: { name: 'root', accessKeyId: opened.root.accessKeyId, isRoot: true }, requestId: 'R' },
      { policy: policy(allow('timestream:Select'), deny('timestream:Unload')) },
    )
    const session: Caller = { principal: opened.find(made.accessKeyId, made.sessionToken)!.principal, requestId: 'S' }
    expect(may(session, 'timestream:Select', table, account)).toBe(true)
    expect(refusal(session, 'timestream:WriteRecords')).toContain('because no session policy allows the timestream:WriteRecords action')
    expect(refusal(session, 'timestream:Unload')).toContain('with an explicit deny in a session policy')
  })

  it('are none without their token, with a changed one, or with a revoked key behind them', async () => {
    const { access, accessKeys } = opened
    await access.createUser(root, { userName: 'ann' })
    const ann = await as('ann')
    const { accessKeyId, sessionToken } = await access.createSession(ann, {})
    expect(opened.find(accessKeyId)).toBeUndefined()
    expect(opened.find(accessKeyId, `${sessionToken.slice(0, -2)}AA`)).toBeUndefined()
    expect(opened.find('TSOTHER', sessionToken)).toBeUndefined()
    expect(opened.find(accessKeyId, sessionToken)).toBeDefined()
    await accessKeys.revoke(ann.principal.accessKeyId)
    expect(opened.find(accessKeyId, sessionToken)).toBeUndefined()
  })

  it('for another user need a permission, and have bounds', async () => {
    const { access } = opened
    await access.createUser(root, { userName: 'ann' })
    await access.createUser(root, { userName: 'bob' })
    const ann = await as('ann')
    await expect(access.createSession(ann, { userName: 'bob' })).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    await expect(access.createSession(ann, { durationSeconds: 200_000 })).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(access.createSession(ann, { policy: '{}' })).rejects.toMatchObject({ code: 'MALFORMED_POLICY_DOCUMENT' })
    await expect(access.createSession(root, { userName: 'nobody' })).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
  })
})

describe('a catalog from before there were policies', () => {
  it('lets its users go on with what they could do, and only them', async () => {
    await documents.remove('setting', 'access-policies', (await documents.get('setting', 'access-policies'))!.revision)
    const before = new AccessKeys({ documents, clock, log: silentLog })
    await before.open(undefined)
    const old = await before.create('grafana')
    const again = await open()
    const grafana: Caller = { principal: again.find(old.accessKeyId)!.principal, requestId: 'G' }
    expect(may(grafana, 'timestream:DeleteTable', table, account)).toBe(true)
    expect(may(grafana, 'tidemark:CreateUser', '*', account)).toBe(false)
    const fresh = await again.accessKeys.create('newcomer')
    expect(may({ principal: (await open()).find(fresh.accessKeyId)!.principal, requestId: 'N' }, 'timestream:Select', table, account)).toBe(
      false,
    )
  })
})
