import { rootKey, type Served } from '../wire/served.ts'
import type { Refusal } from './subject.ts'

const authorization = `Basic ${Buffer.from(`${rootKey.accessKeyId}:${rootKey.secretAccessKey}`).toString('base64')}`

/** Posts to the server in the name of root. */
export async function post(
  served: Served,
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${served.endpoint}${path}`, { method: 'POST', headers: { authorization, ...headers }, body })
}

/** @throws Error unless it was taken: the sender sends it again */
export async function deliver(
  served: Served,
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const response = await post(served, path, body, headers)
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return response
}

export async function refused(response: Promise<Response>): Promise<Refusal> {
  const answer = await response
  return { kind: 'answered', status: answer.status, text: await answer.text() }
}
