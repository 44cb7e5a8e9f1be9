import { deliver, post, refused } from './http-sender.ts'
import { writeRequest } from './prometheus-messages.ts'
import { describeConnector } from './scenarios.ts'

const path = '/api/v1/write?database=conformance&table=readings'
const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' }

describeConnector({
  name: 'prometheus',
  sql: 'SELECT device, to_milliseconds(time), measure_value::double FROM conformance.readings',
  send: async (served, readings) => {
    const series = readings.map(({ device, timeMs, value }) => ({
      labels: { __name__: 'value', device },
      samples: [[timeMs, value]] as const,
    }))
    await deliver(served, path, writeRequest(...series), headers)
  },
  malformed: (served) =>
    refused(post(served, path, writeRequest({ labels: { __name__: 'value' }, samples: [[1, 1]] }).subarray(0, 12), headers)),
  // it says that it becomes 2 GB
  oversize: (served) => refused(post(served, path, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 0x00]), headers)),
})
