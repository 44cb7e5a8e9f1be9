import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultLimits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import { selfSigned } from '../../tests/tls/self-signed.ts'
import { createHttp, HttpService } from './http.ts'

const anyPort = { host: '127.0.0.1', port: 0 }

function serve(tls?: { readonly certPath: string; readonly keyPath: string }) {
  const app = createHttp(defaultLimits, tls)
  return { app, service: new HttpService(app, anyPort, tls, silentLog) }
}

describe('behind proxies', () => {
  const seen = async (trusted: readonly string[], headers: Record<string, string>): Promise<unknown> => {
    const app = createHttp(defaultLimits, undefined, trusted)
    app.get('/', ({ ip, protocol }) => ({ ip, protocol }))
    const service = new HttpService(app, anyPort, undefined, silentLog)
    await service.start()
    const answer = await (await fetch(service.address, { headers })).json()
    await service.drain()
    await service.stop()
    return answer
  }
  const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.1, 10.0.0.7', 'x-forwarded-proto': 'https' }

  it('believes nobody unless it is told to', async () => {
    expect(await seen([], forwarded)).toEqual({ ip: '127.0.0.1', protocol: 'http' })
    expect(await seen(['192.0.2.0/24'], forwarded)).toEqual({ ip: '127.0.0.1', protocol: 'http' })
  })

  it('takes the last address that no trusted proxy has, whatever a client has put before it', async () => {
    expect(await seen(['127.0.0.1'], forwarded)).toEqual({ ip: '10.0.0.7', protocol: 'https' })
    expect(await seen(['127.0.0.1', '10.0.0.0/8'], forwarded)).toEqual({ ip: '198.51.100.1', protocol: 'https' })
  })
})

describe('plain HTTP', () => {
  it('listens on the port that it says', async () => {
    const { app, service } = serve()
    app.get('/', () => ({ hello: true }))
    await service.start()
    expect(service.address.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
    expect(await (await fetch(service.address)).json()).toEqual({ hello: true })
    await service.drain()
    await service.stop()
  })

  it('finishes the request in hand while it drains, and takes no new one', async () => {
    const { app, service } = serve()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    let arrived = (): void => undefined
    const inHand = new Promise<void>((resolve) => (arrived = resolve))
    app.get('/slow', async () => {
      arrived()
      await held
      return { done: true }
    })
    app.get('/quick', () => ({ done: true }))
    await service.start()
    const answer = fetch(new URL('/slow', service.address))
    await inHand
    const drained = service.drain()
    await expect.poll(() => fetch(new URL('/quick', service.address)).catch((error: Error) => error.message)).toBe('fetch failed')
    release()
    expect(await (await answer).json()).toEqual({ done: true })
    await drained
    await service.stop()
  })

  it('says that the port is in use', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { readonly port: number }
    const app = createHttp(defaultLimits, undefined)
    const service = new HttpService(app, { host: '127.0.0.1', port }, undefined, silentLog)
    await expect(service.start()).rejects.toThrow(`--listen: 127.0.0.1:${port} is in use by another process`)
    await app.close()
    other.close()
  })
})

describe('HTTPS', () => {
  let folder: string
  let paths: { readonly certPath: string; readonly keyPath: string }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-tls-'))
    paths = { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') }
    write('first')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  function write(name: string): string {
    const { cert, key } = selfSigned(name)
    writeFileSync(paths.keyPath, key)
    writeFileSync(paths.certPath, cert)
    return cert
  }

  /** The common name of the certificate that the server shows, and the protocol. */
  async function shown(port: number, maxVersion: 'TLSv1.1' | 'TLSv1.3' = 'TLSv1.3'): Promise<[string | undefined, string | null]> {
    const socket = await new Promise<TLSSocket>((resolve, reject) => {
      const opened = connect(
        { port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' },
        () => resolve(opened),
      )
      opened.on('error', reject)
    })
    const answer: [string | undefined, string | null] = [String(socket.getPeerCertificate().subject.CN), socket.getProtocol()]
    socket.destroy()
    return answer
  }

  it('serves with the certificate, from TLS 1.2 on, and takes a new one without a restart', async () => {
    const { service } = serve(paths)
    await service.start()
    const port = Number(service.address.port)
    expect(service.address.protocol).toBe('https:')
    expect(await shown(port)).toEqual(['first', 'TLSv1.3'])
    await expect(shown(port, 'TLSv1.1')).rejects.toThrow(/protocol version/i)
    write('second')
    await expect.poll(async () => (await shown(port))[0], { timeout: 10_000, interval: 200 }).toBe('second')
    await service.drain()
    await service.stop()
  }, 15_000)

  it('says which file it cannot read', () => {
    expect(() => serve({ ...paths, keyPath: join(folder, 'none.pem') })).toThrow(/^--tls-key: .*none\.pem cannot be read \(ENOENT\)$/)
  })

  it('says that the certificate is no certificate', () => {
    writeFileSync(paths.certPath, 'hello')
    expect(() => serve(paths)).toThrow(/^--tls-cert, --tls-key: .* are no certificate and key that belong together/)
  })
})
