import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { awsKms } from './aws-kms.ts'
import type { KeyService } from './key-service.ts'
import { readMasterKey, rotateMasterKey, type MasterKeySource } from './master-key.ts'
import { openStorageKeys } from './storage-keys.ts'

const besideData: MasterKeySource = { kind: 'beside-data' }
const value = (byte: number): MasterKeySource => ({ kind: 'value', text: Buffer.alloc(32, byte).toString('hex'), name: `key ${byte}` })
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tidemark-master-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Opens the directory as a start of the server does; answers a secret of it. */
async function open(source: MasterKeySource): Promise<string> {
  const isSealed = existsSync(join(directory, 'keys.json'))
  const keys = await openStorageKeys(directory, await readMasterKey(source, directory, isSealed))
  return Buffer.from(keys.rootSecret).toString('hex')
}

describe('a rotation of the master key', () => {
  it.each<[string, MasterKeySource, MasterKeySource | undefined]>([
    ['kept beside the data, for a new one there', besideData, undefined],
    ['kept beside the data, for a given one', besideData, value(1)],
    ['that is given, for another one', value(1), value(2)],
    ['that is given, for one beside the data', value(1), besideData],
  ])('%s: the data stay, the old key does not open them', async (_name, old, next) => {
    const secret = await open(old)
    const before = existsSync(join(directory, 'master.key')) ? readFileSync(join(directory, 'master.key'), 'utf8') : undefined
    await rotateMasterKey(directory, old, next)
    expect(await open(next ?? old)).toBe(secret)
    const oldKey: MasterKeySource = before === undefined ? old : { kind: 'value', text: before, name: 'the old key' }
    await expect(open(oldKey)).rejects.toThrow('does not open the storage keys')
  })

  it('that a crash cut short is completed, or taken back', async () => {
    const secret = await open(besideData)
    // before the storage keys were rewrapped
    writeFileSync(join(directory, 'master.key.next'), `${'ab'.repeat(32)}\n`)
    expect(await open(besideData)).toBe(secret)
    expect(existsSync(join(directory, 'master.key.next'))).toBe(false)
    // after that, before the new key took the place of the old one
    const old = readFileSync(join(directory, 'master.key'), 'utf8')
    await rotateMasterKey(directory, besideData)
    writeFileSync(join(directory, 'master.key.next'), readFileSync(join(directory, 'master.key')))
    writeFileSync(join(directory, 'master.key'), old)
    expect(await open(besideData)).toBe(secret)
  })

  it('needs the present key, and a new one where it cannot make one', async () => {
    await open(value(1))
    await expect(rotateMasterKey(directory, value(2), value(3))).rejects.toThrow('does not open the storage keys')
    await expect(rotateMasterKey(directory, value(1))).rejects.toThrow('give the new one as well')
    await open(value(1))
  })
})

/** Answers as AWS KMS does, with a key that never leaves it. */
class KmsDouble {
  readonly #key = randomBytes(32)
  readonly asked: string[] = []
  server: Server | undefined

  async listen(): Promise<string> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const target = String(request.headers['x-amz-target']).replace('TrentService.', '')
        this.asked.push(target)
        const answer = this.#answer(target, JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>)
        response.writeHead(answer === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
        response.end(JSON.stringify(answer ?? { __type: 'InvalidCiphertextException', message: 'no' }))
      })
    })
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  #answer(target: string, input: Record<string, unknown>): object | undefined {
    const context = Buffer.from(JSON.stringify([input['KeyId'], input['EncryptionContext']]))
    if (target === 'GenerateDataKey') {
      const plain = randomBytes(32)
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(context)
      const blob = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
      return { Plaintext: plain.toString('base64'), CiphertextBlob: blob.toString('base64'), KeyId: input['KeyId'] }
    }
    const blob = Buffer.from(input['CiphertextBlob'] as string, 'base64')
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, blob.subarray(0, 12)).setAAD(context).setAuthTag(blob.subarray(-16))
      const plain = Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()])
      return { Plaintext: plain.toString('base64'), KeyId: input['KeyId'] }
    } catch {
      return undefined
    }
  }
}

describe('a key service that stands for the master key', () => {
  const double = new KmsDouble()
  let endpoint = ''
  const kms = (keyId: string): MasterKeySource => ({ kind: 'key-service', service: awsKms({ keyId, region: 'us-east-1', endpoint }) })
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const
  const before = names.map((name) => process.env[name])

  beforeAll(async () => {
    endpoint = await double.listen()
    for (const name of names) process.env[name] = 'test'
  })
  afterAll(() => {
    double.server?.close()
    names.forEach((name, i) => {
      if (before[i] === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = before[i]
    })
  })

  it('keeps only a wrapped key in the directory and is asked at every start', async () => {
    const secret = await open(kms('alias/tidemark'))
    expect(await open(kms('alias/tidemark'))).toBe(secret)
    expect(double.asked).toEqual(['GenerateDataKey', 'Decrypt'])
    expect(readdirSync(directory).toSorted()).toEqual(['keys.json', 'master.key.wrapped'])
  })

  it('says what is wrong: another key, no service, no file', async () => {
    await open(kms('alias/tidemark'))
    await expect(open(kms('alias/other'))).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('AWS KMS (alias/other)'),
    })
    const nobody: MasterKeySource = {
      kind: 'key-service',
      service: awsKms({ keyId: 'alias/tidemark', region: 'us-east-1', endpoint: 'http://127.0.0.1:1' }),
    }
    await expect(open(nobody)).rejects.toMatchObject({ code: 'CONFIGURATION' })
    rmSync(join(directory, 'master.key.wrapped'))
    await expect(open(kms('alias/tidemark'))).rejects.toThrow('its wrapped master key is missing')
  }, 20_000)

  it('takes over from a local key, rotates, and hands back', async () => {
    const secret = await open(besideData)
    await rotateMasterKey(directory, besideData, kms('alias/a'))
    expect(await open(kms('alias/a'))).toBe(secret)
    const wrapped = readFileSync(join(directory, 'master.key.wrapped'), 'utf8')
    await rotateMasterKey(directory, kms('alias/a'))
    expect(await open(kms('alias/a'))).toBe(secret)
    writeFileSync(join(directory, 'master.key.wrapped'), wrapped)
    await expect(open(kms('alias/a'))).rejects.toThrow('does not open the storage keys')
  })

  it('opens what a crash left between the two files of a rotation', async () => {
    const secret = await open(kms('alias/a'))
    const { service } = kms('alias/a') as { readonly service: KeyService }
    const { wrapped } = await service.generateKey()
    const path = join(directory, 'master.key.wrapped')
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { readonly wrapped: readonly string[] }
    writeFileSync(path, JSON.stringify({ ...kept, wrapped: [Buffer.from(wrapped).toString('base64'), ...kept.wrapped] }))
    expect(await open(kms('alias/a'))).toBe(secret)
  })
})
