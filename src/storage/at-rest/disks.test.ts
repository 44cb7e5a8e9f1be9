import { describe, expect, it } from 'vitest'
import { disksXml, usersXml } from './disks.ts'

const keys = {
  keys: [
    { id: 1, bytes: Buffer.alloc(32, 1) },
    { id: 2, bytes: Buffer.alloc(32, 2) },
  ],
  currentKeyId: 2,
  rootSecret: Buffer.alloc(32),
}
const base = { engineDirectory: '/data/engine', memoryStorePath: '/fast/a&b', magneticCacheBytes: 4096, keys }

describe('the disks of the embedded engine', () => {
  it('encrypt both tiers with the current key and can read with the older ones', () => {
    const xml = disksXml({ ...base, magneticStore: { kind: 'directory', path: '/slow' } }, '/run/users.xml')
    for (const [disk, bytes] of [
      ['memory', 'memory_bytes'],
      ['magnetic', 'magnetic_bytes'],
    ]) {
      expect(xml).toContain(`<${disk}><type>encrypted</type><disk>${bytes}</disk>`)
    }
    expect(xml.match(/<key_hex id="1">(01){32}<\/key_hex><key_hex id="2">(02){32}<\/key_hex><current_key_id>2</g)).toHaveLength(2)
    expect(xml).toContain('<path>/fast/a&amp;b/</path>')
    expect(xml).toContain('<default><volumes><main><disk>memory</disk></main></volumes></default>')
  })

  it('put the cache of a bucket below the encryption and inside the engine directory', () => {
    const magneticStore = {
      kind: 's3',
      bucket: 'bucket-1',
      prefix: 'cold/here',
      region: 'eu-west-1',
      endpoint: 'http://127.0.0.1:9000/',
      credentials: { accessKeyId: 'A', secretAccessKey: '<S>' },
    } as const
    const xml = disksXml({ ...base, magneticStore }, '/run/users.xml')
    expect(xml).toContain('<endpoint>http://127.0.0.1:9000/bucket-1/cold/here/</endpoint>')
    expect(xml).toContain('<secret_access_key>&lt;S&gt;</secret_access_key>')
    expect(xml).toContain(
      '<magnetic_cache><type>cache</type><disk>magnetic_bytes</disk><path>/data/engine/cache/magnetic/</path><max_size>4096</max_size>',
    )
    expect(xml).toContain('<magnetic><type>encrypted</type><disk>magnetic_cache</disk>')
  })

  it('reach a bucket of AWS by its host name and with the credentials of the environment', () => {
    const xml = disksXml({ ...base, magneticStore: { kind: 's3', bucket: 'b-b', prefix: '', region: 'us-east-1' } }, '/u')
    expect(xml).toContain('<endpoint>https://b-b.s3.us-east-1.amazonaws.com/</endpoint>')
    expect(xml).toContain('<use_environment_credentials>true</use_environment_credentials>')
  })

  it('never spill', () => {
    expect(usersXml()).toContain('<max_bytes_ratio_before_external_sort>0</max_bytes_ratio_before_external_sort>')
    expect(usersXml()).toContain('<constraints><max_bytes_before_external_group_by><const/></max_bytes_before_external_group_by>')
  })
})
