import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHash, randomUUID } from 'node:crypto'

export interface TestObjectStore {
  readonly endpoint: string
  /** By path: `/bucket/key`. */
  readonly objects: ReadonlyMap<string, Buffer>
  close(): Promise<void>
}

/** An object store in memory that speaks as much of S3 as a disk of the engine uses. Signatures are not checked. */
export async function startObjectStore(): Promise<TestObjectStore> {
  const objects = new Map<string, Buffer>()
  const uploads = new Map<string, Map<number, Buffer>>()
  const server = createServer((request, response) => {
    void answer(request, response, objects, uploads)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  objects: Map<string, Buffer>,
  uploads: Map<string, Map<number, Buffer>>,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const path = decodeURIComponent(url.pathname)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = plainBody(request, Buffer.concat(chunks))
  const upload = url.searchParams.get('uploadId')
  switch (request.method) {
    case 'PUT':
      if (upload === null) objects.set(path, body)
      else uploads.get(upload)?.set(Number(url.searchParams.get('partNumber')), body)
      response.writeHead(200, { ETag: etag(body) }).end()
      return
    case 'POST':
      if (url.searchParams.has('delete')) {
        for (const [, key] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) objects.delete(`${path.replace(/\/$/, '')}/${key}`)
        xml(response, '<DeleteResult/>')
      } else if (url.searchParams.has('uploads')) {
        const id = randomUUID()
        uploads.set(id, new Map())
        xml(response, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
      } else {
        const parts = [...(uploads.get(upload ?? '') ?? [])].sort(([a], [b]) => a - b)
        objects.set(path, Buffer.concat(parts.map(([, part]) => part)))
        xml(response, '<CompleteMultipartUploadResult><ETag>"done"</ETag></CompleteMultipartUploadResult>')
      }
      return
    case 'DELETE':
      objects.delete(path)
      response.writeHead(204).end()
      return
    case 'GET':
    case 'HEAD':
      if (url.searchParams.has('list-type')) return list(response, path, url.searchParams.get('prefix') ?? '', objects)
      return read(request, response, objects.get(path))
    default:
      response.writeHead(405).end()
  }
}

function read(request: IncomingMessage, response: ServerResponse, object: Buffer | undefined): void {
  if (object === undefined) {
    response.writeHead(404, { 'Content-Type': 'application/xml' })
    response.end(request.method === 'HEAD' ? undefined : '<Error><Code>NoSuchKey</Code><Message>No such key</Message></Error>')
    return
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const part = from === undefined ? object : object.subarray(Number(from), to ? Number(to) + 1 : undefined)
  const range = from === undefined ? {} : { 'Content-Range': `bytes ${from}-${Number(from) + part.length - 1}/${object.length}` }
  response.writeHead(from === undefined ? 200 : 206, { 'Content-Length': part.length, ETag: etag(object), ...range })
  response.end(request.method === 'HEAD' ? undefined : part)
}

function list(response: ServerResponse, bucket: string, prefix: string, objects: ReadonlyMap<string, Buffer>): void {
  const root = `${bucket.replace(/\/$/, '')}/`
  const keys = [...objects.keys()].filter((key) => key.startsWith(root + prefix)).map((key) => key.slice(root.length))
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>${objects.get(root + key)?.length ?? 0}</Size></Contents>`)
  xml(
    response,
    `<ListBucketResult><KeyCount>${keys.length}</KeyCount><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`,
  )
}

function xml(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'Content-Type': 'application/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>${text}`)
}

/** Without the frames of `aws-chunked`: size in hexadecimal and signature, line end, bytes, line end. */
function plainBody(request: IncomingMessage, body: Buffer): Buffer {
  if (!String(request.headers['content-encoding']).includes('aws-chunked')) return body
  const parts: Buffer[] = []
  for (let at = 0; at < body.length;) {
    const lineEnd = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.subarray(at, lineEnd).toString(), 16)
    if (!(size > 0)) break
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
  return Buffer.concat(parts)
}

const etag = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`
