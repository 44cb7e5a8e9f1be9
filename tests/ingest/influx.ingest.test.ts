import { gzipSync } from 'node:zlib'
import { deliver, post, refused } from './http-sender.ts'
import { describeConnector } from './scenarios.ts'

describeConnector({
  name: 'influx',
  sql: 'SELECT device, to_milliseconds(time), value FROM conformance.readings',
  send: async (served, readings) => {
    const lines = readings.map(({ device, timeMs, value }) => `readings,device=${device} value=${value} ${timeMs}`)
    await deliver(served, '/write?db=conformance&precision=ms', lines.join('\n'))
  },
  malformed: (served) => refused(post(served, '/write?db=conformance', 'readings,device= value\n')),
  oversize: (served) =>
    refused(post(served, '/write?db=conformance', gzipSync(Buffer.alloc(60_000_000, 'x')), { 'content-encoding': 'gzip' })),
})
