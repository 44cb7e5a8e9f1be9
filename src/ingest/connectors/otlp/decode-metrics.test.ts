import { describe, expect, it } from 'vitest'
import { SharedNames } from '../../mapping/shared-names.ts'
import { decodeMetrics } from './decode-metrics.ts'
import { decodeMessage, encodeMessage, type OtlpObject } from './messages.ts'

const at = '1700000000000000001'
const attribute = (key: string, value: OtlpObject): OtlpObject => ({ key, value })
const request: OtlpObject = {
  resourceMetrics: [
    {
      resource: { attributes: [attribute('service.name', { stringValue: 'shop' }), attribute('host', { stringValue: 'a' })] },
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'temperature',
              gauge: { dataPoints: [{ timeUnixNano: at, asDouble: 21.5, attributes: [attribute('room', { intValue: '12' })] }] },
            },
            {
              name: 'requests',
              sum: {
                dataPoints: [
                  {
                    timeUnixNano: at,
                    asInt: '9007199254740993',
                    attributes: [attribute('ok', { boolValue: true }), attribute('none', {})],
                  },
                  { timeUnixNano: at, flags: 1 },
                  { timeUnixNano: at },
                ],
              },
            },
            {
              name: 'latency',
              histogram: {
                dataPoints: [{ timeUnixNano: at, count: '4', sum: 10.5, min: 1, bucketCounts: ['1', '3', '0'], explicitBounds: [1, 2.5] }],
              },
            },
            {
              name: 'sizes',
              exponentialHistogram: {
                dataPoints: [
                  { timeUnixNano: at, count: '3', sum: 7, scale: -1, zeroCount: '1', positive: { offset: -2, bucketCounts: ['1', '1'] } },
                ],
              },
            },
            {
              name: 'age',
              summary: { dataPoints: [{ timeUnixNano: at, count: '2', sum: 3, quantileValues: [{ quantile: 0.5, value: 1.5 }] }] },
            },
          ],
        },
      ],
    },
  ],
}

function decode(message: OtlpObject, resourceAttributes: readonly string[] = ['service.name']) {
  const { records, rejected, reasons } = decodeMetrics(message, { resourceAttributes, names: new SharedNames() })
  const plain = records.map(({ measureName, dimensions, value, timeNs }) => ({
    measureName,
    timeNs,
    dimensions: Object.fromEntries(dimensions.names.map((name, i) => [name, dimensions.values[i]])),
    value: value.kind === 'single' ? value.value : Object.fromEntries(value.shape.names.map((name, i) => [name, value.values[i]])),
  }))
  return { plain, rejected, reasons }
}

describe('OTLP metrics', () => {
  it('are the same records in JSON and in protobuf', () => {
    const json = decode(request)
    const protobuf = decode(decodeMessage('ExportMetricsServiceRequest', encodeMessage('ExportMetricsServiceRequest', request)))
    expect(protobuf.plain).toEqual(json.plain)
    expect(json.plain).toEqual([
      { measureName: 'temperature', timeNs: BigInt(at), dimensions: { 'service.name': 'shop', room: '12' }, value: 21.5 },
      { measureName: 'requests', timeNs: BigInt(at), dimensions: { 'service.name': 'shop', ok: 'true' }, value: 9_007_199_254_740_993n },
      {
        measureName: 'latency',
        timeNs: BigInt(at),
        dimensions: { 'service.name': 'shop' },
        value: { count: 4n, sum: 10.5, min: 1, bucket_counts: '[1,3,0]', explicit_bounds: '[1,2.5]' },
      },
      expect.objectContaining({
        value: { count: 3n, sum: 7, scale: -1n, zero_count: 1n, zero_threshold: 0, positive_offset: -2n, positive_bucket_counts: '[1,1]' },
      }),
      expect.objectContaining({ value: { count: 2n, sum: 3, 'quantile_0.5': 1.5 } }),
    ])
  })

  it('leave out points without a recorded value, and say which are wrong', () => {
    const { rejected, reasons } = decode(request)
    expect([rejected, reasons]).toEqual([1, ['requests: a data point has no value']])
  })

  it('have all attributes of the resource when these are wanted', () => {
    expect(decode(request, ['*']).plain[0]!.dimensions).toEqual({ 'service.name': 'shop', host: 'a', room: '12' })
    expect(decode(request, []).plain[0]!.dimensions).toEqual({ room: '12' })
  })

  it('may be anything and are then nothing', () => {
    expect(decode({}).plain).toEqual([])
    expect(
      decode({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'x', gauge: { dataPoints: [{ asDouble: 1 }] } }] }] }] }).rejected,
    ).toBe(1)
    expect(() => decodeMessage('ExportMetricsServiceRequest', Buffer.from([0x0a, 0x7f]))).toThrow('index out of range')
  })
})
