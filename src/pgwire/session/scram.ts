import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { ProtocolError, violation } from '../protocol/protocol-error.ts'

export const mechanism = 'SCRAM-SHA-256'
/** Source: PostgreSQL, SCRAM_SHA_256_DEFAULT_ITERATIONS. */
const iterations = 4096
const saltBytes = 16
const nonceBytes = 18

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const hash = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()

/**
 * The server's side of SCRAM-SHA-256 without channel binding. A user who does not exist takes part as well, with a password that nobody knows, so that
 * nothing tells who exists. Source: RFC 5802, RFC 7677.
 */
export class ScramExchange {
  readonly #salted: Buffer
  readonly #salt: Buffer
  #bare = ''
  #serverFirst = ''
  #nonce = ''
  #header = ''

  constructor(password: string | undefined) {
    this.#salt = randomBytes(saltBytes)
    this.#salted = pbkdf2Sync(password ?? randomBytes(saltBytes), this.#salt, iterations, 32, 'sha256')
  }

  /** Answers the server's first message. @throws ProtocolError */
  first(message: string): string {
    const parts = /^([ny]|p=[^,]*),([^,]*),((?:m=[^,]*,)?n=[^,]*,r=([\x21-\x2b\x2d-\x7e]{1,256})(?:,.*)?)$/.exec(message)
    if (!parts) throw violation('malformed SCRAM message')
    const [, binding = '', authorization = '', bare = '', nonce = ''] = parts
    if (binding.startsWith('p')) throw new ProtocolError('28000', 'channel binding is not offered', true)
    if (bare.startsWith('m=')) throw new ProtocolError('0A000', 'SCRAM extensions are not known here', true)
    this.#header = `${binding},${authorization},`
    this.#bare = bare
    this.#nonce = nonce + randomBytes(nonceBytes).toString('base64')
    this.#serverFirst = `r=${this.#nonce},s=${this.#salt.toString('base64')},i=${iterations}`
    return this.#serverFirst
  }

  /** Answers the server's last message; undefined when the proof is not of this password. @throws ProtocolError */
  last(message: string): string | undefined {
    const parts = /^(c=([A-Za-z0-9+/=]+),r=([^,]+)(?:,[^p][^,]*)*),p=([A-Za-z0-9+/=]+)$/.exec(message)
    if (!parts) throw violation('malformed SCRAM message')
    const [, withoutProof = '', binding = '', nonce = '', proofText = ''] = parts
    if (Buffer.from(binding, 'base64').toString('latin1') !== this.#header || nonce !== this.#nonce)
      throw violation('SCRAM nonce or binding does not match')
    const authMessage = `${this.#bare},${this.#serverFirst},${withoutProof}`
    const clientKey = hmac(this.#salted, 'Client Key')
    const storedKey = hash(clientKey)
    const signature = hmac(storedKey, authMessage)
    const proof = Buffer.from(proofText, 'base64')
    if (proof.length !== signature.length) return undefined
    const claimed = Buffer.from(proof.map((byte, index) => byte ^ signature[index]!))
    if (!timingSafeEqual(hash(claimed), storedKey)) return undefined
    return `v=${hmac(hmac(this.#salted, 'Server Key'), authMessage).toString('base64')}`
  }
}
