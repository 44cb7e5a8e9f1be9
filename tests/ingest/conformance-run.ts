import { deepEqual, notEqual, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { paginateQuery } from '@aws-sdk/client-timestream-query'
import { CreateDatabaseCommand } from '@aws-sdk/client-timestream-write'
import { signedCall } from '../../src/cli/signed-call.ts'
import { rootKey, type Served, serve } from '../wire/served.ts'
import type { Reading, Refusal, Subject } from './subject.ts'

const patienceMs = 60_000

/** Times lie in the last minutes and differ from each other. */
export function readingsOf(device: string, count: number): readonly Reading[] {
  const startMs = Date.now() - 60_000
  return Array.from({ length: count }, (_, i) => ({ device, timeMs: startMs + i, value: i + 0.5 }))
}

/** A server and what is sent to it through one connector. */
export class ConformanceRun {
  readonly #subject: Subject
  readonly #folder = mkdtempSync(join(tmpdir(), 'tidemark-ingest-'))
  #served: Served | undefined
  #start: Awaited<ReturnType<NonNullable<Subject['start']>>> = {}

  constructor(subject: Subject) {
    this.#subject = subject
  }

  get served(): Served {
    return this.#served!
  }

  async start(): Promise<void> {
    this.#start = (await this.#subject.start?.(this.#folder)) ?? {}
    this.#served = await serve({ data: join(this.#folder, 'data'), ...this.#start })
    await this.served.write.send(new CreateDatabaseCommand({ DatabaseName: 'conformance' }))
  }

  async stop(): Promise<void> {
    await this.#served?.stop()
    await this.#subject.stop?.()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** The same address again: that is where senders look for it. */
  async killAndStart(): Promise<void> {
    const { endpoint, process: child, exited } = this.served
    child.kill('SIGKILL')
    await exited
    this.#served = await serve({ data: join(this.#folder, 'data'), ...this.#start, port: Number(new URL(endpoint).port) })
  }

  async send(device: string, count: number): Promise<readonly Reading[]> {
    const readings = readingsOf(device, count)
    await this.#subject.send(this.served, readings)
    return readings
  }

  /** As a sender does: again, until it is told that it need not. */
  async sendStubbornly(readings: readonly Reading[]): Promise<readonly Reading[]> {
    for (const endMs = Date.now() + patienceMs; ;) {
      try {
        await this.#subject.send(this.served, readings)
        return readings
      } catch (error) {
        if (Date.now() > endMs) throw error
        await delay(20)
      }
    }
  }

  /** Each of them is stored once, and nothing else of their devices. */
  async expectStored(readings: readonly Reading[]): Promise<void> {
    const devices = new Set(readings.map(({ device }) => device))
    const expected = readings.map(({ device, timeMs, value }) => `${device} ${timeMs} ${value}`).toSorted()
    let stored: readonly string[] = []
    for (const endMs = Date.now() + patienceMs / 2; Date.now() < endMs; await delay(100)) {
      stored = (await this.#rows()).filter((row) => devices.has(row.split(' ')[0]!)).toSorted()
      if (stored.length >= expected.length) break
    }
    deepEqual(stored, expected)
  }

  async expectRefusal(refusal: Refusal): Promise<void> {
    if (refusal.kind === 'answered') {
      ok(refusal.status >= 400 && refusal.status < 500, `answered ${refusal.status}`)
      notEqual(refusal.text, '')
      return
    }
    const connection = { endpoint: this.served.endpoint, region: 'us-east-1', credentials: rootKey }
    const list = () =>
      signedCall<{ readonly DeadLetters: readonly { readonly Reason: string }[] }>(connection, 'tidemark', 'ListDeadLetters', {
        Connector: refusal.connector,
      })
    let letters: readonly { readonly Reason: string }[] = []
    for (const endMs = Date.now() + patienceMs / 2; letters.length === 0 && Date.now() < endMs; await delay(100)) {
      letters = (await list()).DeadLetters
    }
    ok(letters.length > 0, 'no dead letter')
    notEqual(letters[0]!.Reason, '')
    await signedCall(connection, 'tidemark', 'DeleteDeadLetters', { Connector: refusal.connector })
  }

  async #rows(): Promise<readonly string[]> {
    const rows: string[] = []
    try {
      for await (const page of paginateQuery({ client: this.served.query }, { QueryString: this.#subject.sql })) {
        for (const { Data } of page.Rows ?? []) {
          const [device, timeMs, value] = (Data ?? []).map(({ ScalarValue }) => ScalarValue)
          rows.push(`${device} ${timeMs} ${Number(value)}`)
        }
      }
    } catch (error) {
      // until the first record the table is not there, or not its columns
      if (!/does not exist|not found|cannot be resolved/.test(String(error))) throw error
    }
    return rows
  }
}
