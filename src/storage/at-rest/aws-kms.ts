import type * as Kms from '@aws-sdk/client-kms'
import { ServerError } from '../../base/errors.ts'
import type { KeyService } from './key-service.ts'

export interface AwsKmsOptions {
  /** Id, ARN or alias of a symmetric key. */
  readonly keyId: string
  readonly region: string
  /** When it is not AWS itself. */
  readonly endpoint?: string
}

/** Binds the wrapped key to its use: it must be the same when it is unwrapped, and stands in the service's audit log. */
const context = { application: 'tidemark', purpose: 'master key' }
const keyBytes = 32

/** Credentials come from the environment, as for the tools of AWS. */
export function awsKms(options: AwsKmsOptions): KeyService {
  const name = `AWS KMS (${options.keyId})`
  const ask = async <T>(work: (client: Kms.KMSClient, kms: typeof Kms) => Promise<T>): Promise<T> => {
    const kms = await loadClient()
    const { keyId: _keyId, ...where } = options
    const client = new kms.KMSClient(where)
    try {
      return await work(client, kms)
    } catch (error) {
      const { name: kind, message } = error as Error
      throw new ServerError('CONFIGURATION', `The master key cannot be had from ${name}: ${kind}: ${message}`, { cause: error })
    } finally {
      client.destroy()
    }
  }
  return {
    name,
    generateKey: () =>
      ask(async (client, { GenerateDataKeyCommand }) => {
        const command = new GenerateDataKeyCommand({ KeyId: options.keyId, KeySpec: 'AES_256', EncryptionContext: context })
        const { Plaintext: bytes, CiphertextBlob: wrapped } = await client.send(command)
        return { bytes: checked(bytes), wrapped: wrapped ?? new Uint8Array() }
      }),
    unwrap: (wrapped) =>
      ask(async (client, { DecryptCommand }) => {
        const command = new DecryptCommand({ CiphertextBlob: wrapped, KeyId: options.keyId, EncryptionContext: context })
        return checked((await client.send(command)).Plaintext)
      }),
  }
}

function checked(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes?.byteLength !== keyBytes) throw new Error(`the service answered no key of ${keyBytes} bytes`)
  return bytes
}

/** An optional package: most never need it. */
async function loadClient(): Promise<typeof Kms> {
  try {
    return await import('@aws-sdk/client-kms')
  } catch (error) {
    throw new ServerError('CONFIGURATION', 'AWS KMS needs the package @aws-sdk/client-kms: npm install @aws-sdk/client-kms', {
      cause: error,
    })
  }
}
