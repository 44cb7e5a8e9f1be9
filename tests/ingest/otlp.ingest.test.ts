import { gzipSync } from 'node:zlib'
import { deliver, post, refused } from './http-sender.ts'
import { describeConnector } from './scenarios.ts'
import type { Reading } from './subject.ts'

const path = '/v1/metrics?database=conformance&table=readings'
const headers = { 'content-type': 'application/json' }

const dataPoint = ({ device, timeMs, value }: Reading) => ({
  timeUnixNano: `${timeMs}000000`,
  asDouble: value,
  attributes: [{ key: 'device', value: { stringValue: device } }],
})

describeConnector({
  name: 'otlp',
  sql: 'SELECT device, to_milliseconds(time), measure_value::double FROM conformance.readings',
  send: async (served, readings) => {
    const metric = { name: 'value', gauge: { dataPoints: readings.map(dataPoint) } }
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] })
    const answer = await (await deliver(served, path, body, headers)).text()
    if (answer !== '{}') throw new Error(answer)
  },
  malformed: (served) => refused(post(served, path, Buffer.from([0x0a, 0x7f, 0x01]), { 'content-type': 'application/x-protobuf' })),
  oversize: (served) => refused(post(served, path, gzipSync(Buffer.alloc(60_000_000, ' ')), { ...headers, 'content-encoding': 'gzip' })),
})
