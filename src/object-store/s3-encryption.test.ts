import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PutOptions } from './object-store.ts'
import { S3Store } from './s3-store.ts'

/** What S3 would be told; s3rver keeps no encryption. */
const seen: { readonly what: string; readonly headers: IncomingHttpHeaders }[] = []
let server: Server
let store: S3Store

beforeAll(async () => {
  server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    seen.push({ what: `${method} ${new URL(url, 'http://x').search.includes('uploads') ? 'begin' : 'object'}`, headers })
    request.resume().on('end', () => {
      response.setHeader('etag', '"1"')
      if (method !== 'POST') return response.end()
      const name = url.includes('uploads') ? 'InitiateMultipartUploadResult' : 'CompleteMultipartUploadResult'
      return response.setHeader('content-type', 'application/xml').end(`<${name}><UploadId>1</UploadId><ETag>1</ETag></${name}>`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  store = new S3Store({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  })
})
afterAll(async () => {
  store.close()
  await new Promise((resolve) => server.close(resolve))
})

const encryptionOf = (what: string): readonly (string | undefined)[] => {
  const { headers } = seen.find((each) => each.what === what)!
  return [headers['x-amz-server-side-encryption'], headers['x-amz-server-side-encryption-aws-kms-key-id']].map((value) => value?.toString())
}

it.each<[PutOptions, readonly (string | undefined)[]]>([
  [{ encryption: 'SSE_S3' }, ['AES256', undefined]],
  [{ encryption: 'SSE_KMS' }, ['aws:kms', undefined]],
  [{ encryption: 'SSE_KMS', kmsKeyId: 'alias/key' }, ['aws:kms', 'alias/key']],
  [{}, [undefined, undefined]],
])('objects with %j, small ones and streamed ones, ask S3 for it', async (options, expected) => {
  seen.length = 0
  await store.put('the-bucket', 'small', 'x', options)
  expect(encryptionOf('PUT object')).toEqual(expected)
  seen.length = 0
  const chunk = Buffer.alloc(4 << 20)
  await store.write('the-bucket', 'large', Readable.from([chunk, chunk, chunk]), options)
  expect(encryptionOf('POST begin')).toEqual(expected)
})
