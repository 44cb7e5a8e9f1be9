import { createHmac } from 'node:crypto'
import type { AccessKey } from '../../database/caller.ts'

interface KeptKey {
  readonly secretAccessKey: string
  readonly signingKey: Buffer
}

/** Signing keys, derived once for key, day and region; only those that proved a signature are kept, the oldest go first. */
export class SigningKeys {
  readonly #kept = new Map<string, KeptKey>()
  readonly #capacity: number

  constructor(capacity = 256) {
    this.#capacity = capacity
  }

  derive(key: AccessKey, shortDate: string, region: string, service: string): Buffer {
    const kept = this.#kept.get(`${key.accessKeyId}/${shortDate}/${region}`)
    if (kept?.secretAccessKey === key.secretAccessKey) return kept.signingKey
    let signingKey: Buffer = Buffer.from(`AWS4${key.secretAccessKey}`)
    for (const part of [shortDate, region, service, 'aws4_request']) signingKey = createHmac('sha256', signingKey).update(part).digest()
    return signingKey
  }

  keep(key: AccessKey, shortDate: string, region: string, signingKey: Buffer): void {
    const name = `${key.accessKeyId}/${shortDate}/${region}`
    if (this.#kept.get(name)?.signingKey === signingKey) return
    this.#kept.delete(name)
    this.#kept.set(name, { secretAccessKey: key.secretAccessKey, signingKey })
    if (this.#kept.size > this.#capacity) this.#kept.delete(this.#kept.keys().next().value!)
  }

  get size(): number {
    return this.#kept.size
  }
}
