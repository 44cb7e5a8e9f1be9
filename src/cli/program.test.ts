import { EventEmitter } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { version } from '../server/version.ts'
import type { Host } from './host.ts'
import { runProgram } from './program.ts'

class Exit extends Error {
  readonly code: number
  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}

/** Runs a command line in this process, on a stand-in for `process`. */
async function run(...line: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const written = { out: '', err: '' }
  const stream = (name: 'out' | 'err') =>
    Object.assign(new EventEmitter(), {
      write: (text: string, done?: () => void) => {
        written[name] += text
        done?.()
        return true
      },
    })
  const host = Object.assign(new EventEmitter(), {
    stdout: stream('out'),
    stderr: stream('err'),
    exit: (code: number): never => {
      throw new Exit(code)
    },
  }) as unknown as Host
  try {
    await runProgram(['node', 'tidemark', ...line], host)
  } catch (error) {
    if (error instanceof Exit) return { code: error.code, ...written }
    throw error
  }
  return { code: 0, ...written }
}

const credentials = ['--access-key-id', 'ID'] as const

describe('the command line', () => {
  it('prints its version', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
  })

  it('lists the commands in its help', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(0)
    for (const name of ['serve', 'query', 'status', 'keys']) expect(out).toMatch(new RegExp(`^  ${name} `, 'm'))
  })

  it('makes the help of a command from its option records', async () => {
    const { code, out } = await run('serve', '--help')
    expect(code).toBe(0)
    expect(out).toContain('--listen <HOST:PORT>')
    expect(out.replace(/\s+/g, ' ')).toContain('(default: 127.0.0.1:8470, env: TIDEMARK_LISTEN)')
    expect(out).toMatch(/Environment only:[\s\S]*TIDEMARK_ROOT_SECRET_ACCESS_KEY/)
  })

  it('ends with 2 and one line for what it does not understand', async () => {
    for (const [line, reason] of [
      [['serve', '--lisen', 'x'], "unknown option '--lisen'"],
      [['serve', '--listen', '8470'], '--listen: "8470" is not HOST:PORT'],
      [['serve', '--listen', '0.0.0.0:0'], '0.0.0.0 can be reached from other machines'],
      [['serve', 'now'], 'too many arguments'],
      [['query'], "missing required argument 'SQL'"],
      [['query', 'SELECT 1', '--format', 'xml'], '--format: "xml" is not one of table, json, csv'],
      [['query', 'SELECT 1', '--endpoint', 'localhost'], '--endpoint: "localhost" is not an address'],
      [['status', '--data', '/nonexistent'], 'no credentials'],
      [['keys', 'revoke'], "missing required argument 'ID'"],
      [['frobnicate'], "unknown command 'frobnicate'"],
    ] as const) {
      const { code, out, err } = await run(...line)
      expect([code, out], err).toEqual([2, ''])
      expect(err).toContain(reason)
    }
  })

  it('says that no server answers', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as { readonly port: number }
    await new Promise((resolve) => closed.close(resolve))
    const endpoint = `http://127.0.0.1:${port}`
    process.env['AWS_SECRET_ACCESS_KEY'] = 'secret'
    try {
      for (const line of [['status'], ['query', 'SELECT 1'], ['keys', 'list']]) {
        const { code, err } = await run(...line, '--endpoint', endpoint, ...credentials)
        expect([code, err]).toEqual([1, `tidemark: no answer from ${endpoint}: ECONNREFUSED; is the server running there?\n`])
      }
    } finally {
      delete process.env['AWS_SECRET_ACCESS_KEY']
    }
  })
})
