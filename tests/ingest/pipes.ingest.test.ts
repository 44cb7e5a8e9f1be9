import { gzipSync } from 'node:zlib'
import { deliver, post, refused } from './http-sender.ts'
import { describeConnector } from './scenarios.ts'
import type { Reading } from './subject.ts'

const bodyOf = (events: readonly Reading[]): string =>
  JSON.stringify({
    DatabaseName: 'conformance',
    TableName: 'readings',
    TimestreamParameters: {
      TimeValue: '$.timeMs',
      DimensionMappings: [{ DimensionName: 'device', DimensionValue: '$.device' }],
      SingleMeasureMappings: [{ MeasureName: 'value', MeasureValue: '$.value', MeasureValueType: 'DOUBLE' }],
    },
    Events: events,
  })

describeConnector({
  name: 'pipes',
  sql: 'SELECT device, to_milliseconds(time), measure_value::double FROM conformance.readings',
  send: async (served, readings) => {
    const answer = (await (await deliver(served, '/pipes/events', bodyOf(readings))).json()) as { readonly FailedEventCount: number }
    if (answer.FailedEventCount > 0) throw new Error(JSON.stringify(answer))
  },
  malformed: (served) => refused(post(served, '/pipes/events', '{"DatabaseName": "conformance", ')),
  oversize: (served) => refused(post(served, '/pipes/events', gzipSync(Buffer.alloc(60_000_000, ' ')), { 'content-encoding': 'gzip' })),
})
