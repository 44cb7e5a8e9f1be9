import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultLimits } from '../base/limits.ts'
import { isLoopback, readConfig } from './config.ts'

function read(flags: Record<string, string | true>, environment: Record<string, string> = {}) {
  return readConfig({ flags, environment })
}

describe('the configuration', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-config-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('has defaults that serve this machine only', () => {
    expect(read({})).toMatchObject({
      listen: { host: '127.0.0.1', port: 8470 },
      dataDirectory: resolve('tidemark-data'),
      engine: { kind: 'chdb' },
      region: 'us-east-1',
      accountId: '000000000000',
      limits: defaultLimits,
      rootKey: undefined,
      tls: undefined,
    })
  })

  it('refuses plain HTTP on an address that others reach, unless told so', () => {
    expect(() => read({ listen: '0.0.0.0:8470' })).toThrow('--listen: 0.0.0.0 can be reached from other machines')
    expect(read({ listen: '0.0.0.0:8470', 'allow-plain-http': true }).listen.host).toBe('0.0.0.0')
    expect(read({ listen: '0.0.0.0:8470', 'tls-cert': 'c.pem', 'tls-key': 'k.pem' }).tls).toEqual({
      certPath: resolve('c.pem'),
      keyPath: resolve('k.pem'),
    })
  })

  it('wants pairs whole', () => {
    expect(() => read({ 'tls-cert': 'c.pem' })).toThrow('--tls-cert needs --tls-key as well')
    expect(() => read({}, { TIDEMARK_ROOT_SECRET_ACCESS_KEY: 'x'.repeat(20) })).toThrow(
      'TIDEMARK_ROOT_SECRET_ACCESS_KEY needs TIDEMARK_ROOT_ACCESS_KEY_ID as well',
    )
    expect(read({}, { TIDEMARK_ROOT_ACCESS_KEY_ID: 'AKIA', TIDEMARK_ROOT_SECRET_ACCESS_KEY: 'S' }).rootKey).toEqual({
      accessKeyId: 'AKIA',
      secretAccessKey: 'S',
    })
  })

  it('reads the addresses of the engine', () => {
    const { engine } = read({ engine: 'http://u:p@a:8123,https://b:8443' })
    expect(engine.kind === 'clickhouse' && engine.urls.map((url) => url.host)).toEqual(['a:8123', 'b:8443'])
    for (const bad of ['sqlite', 'ftp://a', 'http://a:8123,', ''])
      expect(() => read({ engine: bad }), bad).toThrow('--engine: the value is neither chdb nor')
    expect(() => read({ cluster: 'main' })).toThrow('--cluster: names a cluster')
  })

  it('changes limits by name only', () => {
    expect(read({ limits: 'pageRows=7,queryTextChars=100' }).limits).toEqual({ ...defaultLimits, pageRows: 7, queryTextChars: 100 })
    expect(() => read({ limits: 'pageRow=7' })).toThrow('names "pageRow", which is no limit')
    for (const bad of ['pageRows', 'pageRows=', 'pageRows=0', 'pageRows=-1', 'pageRows=1=2', 'pageRows=x']) {
      expect(() => read({ limits: bad }), bad).toThrow('gives pageRows a value')
    }
  })

  it('takes the master key from the environment or from a file, not from both', () => {
    const key = 'aB'.repeat(32)
    const path = join(folder, 'key')
    writeFileSync(path, `${key}\n`)
    expect(read({ 'master-key-file': path }).masterKey).toEqual({ text: `${key}\n`, name: `The file ${path}` })
    expect(read({ 'master-key-kms': 'alias/tidemark' }).masterKey).toEqual({ keyId: 'alias/tidemark', region: 'us-east-1' })
    const arn = 'arn:aws:kms:eu-west-1:123456789012:key/mrk-1'
    expect(read({ 'master-key-kms': arn, 'kms-endpoint': 'http://127.0.0.1:1' }).masterKey).toEqual({
      keyId: arn,
      region: 'eu-west-1',
      endpoint: 'http://127.0.0.1:1',
    })
    expect(() => read({ 'master-key-kms': 'alias/x', 'master-key-file': path })).toThrow(
      '--master-key-file and --master-key-kms: only one of them',
    )
    expect(read({}, { TIDEMARK_MASTER_KEY: key }).masterKey).toEqual({ text: key, name: 'TIDEMARK_MASTER_KEY' })
    expect(() => read({ 'master-key-file': path }, { TIDEMARK_MASTER_KEY: key })).toThrow('only one of them')
    expect(() => read({ 'master-key-file': join(folder, 'none') })).toThrow('cannot be read (ENOENT)')
  })

  it('keeps s3 locations and resolves folders', () => {
    const bucket = { 'magnetic-store-path': 's3://bucket/a/b/' }
    expect(read(bucket).magneticStore).toEqual({ kind: 's3', bucket: 'bucket', prefix: 'a/b', region: 'us-east-1' })
    const key = { TIDEMARK_S3_ACCESS_KEY_ID: 'id', TIDEMARK_S3_SECRET_ACCESS_KEY: 'secret' }
    expect(read({ ...bucket, 's3-endpoint': 'http://127.0.0.1:9000', 's3-region': 'elsewhere' }, key).magneticStore).toEqual({
      kind: 's3',
      bucket: 'bucket',
      prefix: 'a/b',
      region: 'elsewhere',
      endpoint: 'http://127.0.0.1:9000',
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    })
    expect(read({ 'magnetic-store-path': 'cold' }).magneticStore).toEqual({ kind: 'directory', path: resolve('cold') })
    expect(() => read({ 'magnetic-store-path': 's3://' })).toThrow('is not s3://BUCKET/PREFIX')
  })

  it('keeps results only where nobody else changes the tables', () => {
    expect(read({}).resultCacheBytes).toBe(0)
    expect(read({ 'result-cache-megabytes': '64' }).resultCacheBytes).toBe(64_000_000)
    expect(() => read({ 'result-cache-megabytes': '64', engine: 'http://127.0.0.1:8123' })).toThrow('needs the embedded engine')
  })

  it('takes proxies as addresses and networks, and nothing else', () => {
    expect(read({}).trustedProxies).toEqual([])
    expect(read({ 'trusted-proxies': '10.0.0.0/8, 192.0.2.7,fd00::/8' }).trustedProxies).toEqual(['10.0.0.0/8', '192.0.2.7', 'fd00::/8'])
    for (const wrong of ['proxy.example.org', '10.0.0.0/33', '10.0.0.0/8/8', 'fd00::/129', '10.0.0', 'true']) {
      expect(() => read({ 'trusted-proxies': wrong })).toThrow('is no address and no network')
    }
  })

  it('knows what only this machine reaches', () => {
    expect(['localhost', '127.0.0.1', '127.9.9.9', '::1'].map(isLoopback)).toEqual([true, true, true, true])
    expect(['0.0.0.0', '::', '127.example.org', '10.0.0.1'].map(isLoopback)).toEqual([false, false, false, false])
  })
})
