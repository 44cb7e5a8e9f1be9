import { setTimeout as delay } from 'node:timers/promises'
import type { Served } from './served.ts'

export interface Health {
  readonly status: string
  readonly wakesAt?: string
}

/** On a connection of its own: one that is kept open may be closed by the server at any moment, as by all of them. */
export const getOnce = async ({ endpoint }: Served, path: string): Promise<string> =>
  (await fetch(`${endpoint}${path}`, { headers: { connection: 'close' } })).text()

/** Asked so, a server that sleeps goes on sleeping. */
export const healthOf = async (served: Served): Promise<Health> => JSON.parse(await getOnce(served, '/health')) as Health

export async function asleep(served: Served): Promise<Health> {
  let answer = await healthOf(served)
  while (answer.status !== 'asleep') {
    await delay(400)
    answer = await healthOf(served)
  }
  return answer
}
