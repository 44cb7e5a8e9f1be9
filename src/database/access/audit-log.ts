import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { ServerError, type ErrorCode } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { AccessDecision, AuditFacts } from '../caller.ts'

export interface AuditLogOptions {
  readonly path: string
  /** A file that has grown to this size is put aside: FILE becomes FILE.1, FILE.1 becomes FILE.2 … */
  readonly fileBytes: number
  /** Files in all; the oldest is removed for the next one. */
  readonly files: number
  readonly clock: Clock
  readonly log: Log
}

/** One call: who did what to what, from where, and what came of it. */
export interface AuditEntry extends AuditFacts {
  readonly requestId: string
  readonly operation: string
  readonly principal?: string
  readonly accessKeyId?: string
  readonly sourceIp?: string
  readonly userAgent?: string
  readonly outcome: 'succeeded' | 'denied' | 'failed'
  readonly errorCode?: ErrorCode
  /** What was asked of policies, in that order. */
  readonly decisions: readonly AccessDecision[]
}

/** JSON lines, each in the file before its call is answered. */
export class AuditLog {
  readonly #options: AuditLogOptions
  #file: number
  #bytes: number
  #isFailing = false

  /** @throws ServerError CONFIGURATION when the file cannot be written */
  constructor(options: AuditLogOptions) {
    this.#options = options
    try {
      mkdirSync(dirname(options.path), { recursive: true })
      this.#file = openFile(options.path)
      this.#bytes = fstatSync(this.#file).size
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error)
      throw new ServerError('CONFIGURATION', `--audit-log: ${options.path} cannot be written (${reason})`)
    }
  }

  /** A line that cannot be written is said in the log; the call goes on. */
  write(entry: AuditEntry): void {
    const { clock, log, path, fileBytes } = this.#options
    const line = Buffer.from(`${JSON.stringify({ time: new Date(clock.nowMs()).toISOString(), ...entry })}\n`)
    try {
      if (this.#bytes > 0 && this.#bytes + line.byteLength > fileBytes) this.#rotate()
      writeSync(this.#file, line)
      this.#bytes += line.byteLength
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) log.error('audit log not written', { path, error })
      this.#isFailing = true
    }
  }

  close(): void {
    closeSync(this.#file)
  }

  #rotate(): void {
    const { path, files } = this.#options
    closeSync(this.#file)
    const name = (age: number): string => (age === 0 ? path : `${path}.${age}`)
    rmSync(name(files - 1), { force: true })
    for (let age = files - 2; age >= 0; age--) {
      try {
        renameSync(name(age), name(age + 1))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
    this.#file = openFile(path)
    this.#bytes = 0
  }
}

const openFile = (path: string): number => openSync(path, 'a', 0o600)
