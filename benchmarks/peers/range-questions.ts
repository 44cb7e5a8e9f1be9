import { Agent, request } from 'node:http'
import type { LinePeer } from '../line-protocol.ts'

/** A question in MetricsQL over a range of time, milliseconds since the epoch. */
export interface RangeQuestion {
  readonly text: string
  readonly startMs: number
  readonly endMs: number
  /** 0: the instant `endMs` alone. */
  readonly stepSeconds: number
}

interface Matrix {
  readonly data: { readonly result: readonly { readonly values?: readonly unknown[]; readonly value?: unknown }[] }
}

/** Runs to the last byte; answers the number of samples. */
export async function askVictoriaMetrics(peer: LinePeer, { text, startMs, endMs, stepSeconds }: RangeQuestion): Promise<number> {
  const query = encodeURIComponent(text)
  const path =
    stepSeconds === 0
      ? `/api/v1/query?query=${query}&time=${endMs / 1000}&nocache=1`
      : `/api/v1/query_range?query=${query}&start=${startMs / 1000}&end=${endMs / 1000}&step=${stepSeconds}s&nocache=1`
  const answer = JSON.parse(await httpGet(new URL(path, peer.endpoint))) as Matrix
  return answer.data.result.reduce((rows, series) => rows + (series.values?.length ?? 1), 0)
}

interface InfluxAnswer {
  readonly results: readonly { readonly error?: string; readonly series?: readonly { readonly values: readonly unknown[] }[] }[]
}

/** Runs to the last byte; answers the number of rows. */
export async function askInfluxdb(peer: LinePeer, text: string): Promise<number> {
  const path = `/query?db=benchmark&epoch=ms&q=${encodeURIComponent(text)}`
  const { results } = JSON.parse(await httpGet(new URL(path, peer.endpoint))) as InfluxAnswer
  const error = results.find((result) => result.error !== undefined)?.error
  if (error !== undefined) throw new Error(`InfluxDB: ${error}: ${text}`)
  return results.reduce((rows, { series = [] }) => rows + series.reduce((sum, { values }) => sum + values.length, 0), 0)
}

const agent = new Agent({ keepAlive: true })

/** Over kept-alive connections, as our own server is asked. */
function httpGet(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${url.pathname}: ${response.statusCode ?? 0} ${text.slice(0, 300)}`))
      })
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
