import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { unpackBody } from './body.ts'

it('takes off gzip, and leaves a body without encoding as it is', async () => {
  expect((await unpackBody(gzipSync('cpu value=1'), 'gzip', 100)).toString()).toBe('cpu value=1')
  expect((await unpackBody(Buffer.from('cpu value=1'), undefined, 100)).toString()).toBe('cpu value=1')
})

it('unpacks no further than the bound, so that a small body cannot fill the memory', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  expect(bomb.length).toBeLessThan(100_000)
  await expect(unpackBody(bomb, 'gzip', 1_000_000)).rejects.toMatchObject({ code: 'REQUEST_TOO_LARGE' })
  await expect(unpackBody(Buffer.alloc(101), undefined, 100)).rejects.toMatchObject({ code: 'REQUEST_TOO_LARGE' })
})

it('says what is wrong with a body that is cut or has an encoding of its own', async () => {
  await expect(unpackBody(gzipSync('cpu value=1').subarray(0, 10), 'gzip', 100)).rejects.toMatchObject({
    code: 'SERIALIZATION',
    message: expect.stringContaining('not valid gzip') as string,
  })
  await expect(unpackBody(Buffer.from('x'), 'lzma', 100)).rejects.toMatchObject({ message: 'Content-Encoding "lzma" is not supported' })
})
