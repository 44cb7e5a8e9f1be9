import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type OptionValue, readConnectorOptions } from '../option.ts'
import { PartlyDecoded } from '../partly-decoded.ts'
import { createPayloadDecoder, payloadOptions } from './payload-decoder.ts'

const timestreamParameters = {
  TimeValue: '$.t',
  DimensionMappings: [{ DimensionName: 'device', DimensionValue: '$.d' }],
  SingleMeasureMappings: [{ MeasureName: 'v', MeasureValue: '$.v', MeasureValueType: 'DOUBLE' }],
}
const decoder = (options: Record<string, OptionValue>) =>
  createPayloadDecoder(readConnectorOptions(payloadOptions, { database: 'db', ...options }))
const mapped = (options: Record<string, OptionValue> = {}) => decoder({ table: 't', timestreamParameters, ...options })
const brief = (tables: ReturnType<ReturnType<typeof decoder>>) =>
  tables.map(({ tableName, records }) => [
    tableName,
    records.map(({ timeNs, dimensions, value }) => [timeNs, dimensions.values[0], value.kind === 'single' ? value.value : value.values]),
  ])

describe('a payload', () => {
  it.each<[string, string | Buffer]>([
    ['one event', '{"t":1,"d":"a","v":1.5}'],
    ['a list', '[{"t":1,"d":"a","v":1.5}]'],
    ['packed', gzipSync('{"t":1,"d":"a","v":1.5}')],
  ])('of JSON: %s', (_what, payload) => {
    expect(brief(mapped()(Buffer.from(payload), 0))).toEqual([['t', [[1_000_000n, 'a', 1.5]]]])
  })

  it('of JSON: a line each', () => {
    expect(brief(mapped()(Buffer.from('{"t":1,"d":"a","v":1}\n{"t":2,"d":"b","v":2}\n'), 0))).toEqual([
      [
        't',
        [
          [1_000_000n, 'a', 1],
          [2_000_000n, 'b', 2],
        ],
      ],
    ])
  })

  it('of CSV, with the names in its first line or in the options', () => {
    const rows = [
      [
        't',
        [
          [1_000_000n, 'a', 1.5],
          [2_000_000n, 'b,c', 2],
        ],
      ],
    ]
    expect(brief(mapped({ format: 'csv' })(Buffer.from('t,d,v\n1,a,1.5\n2,"b,c",2\n'), 0))).toEqual(rows)
    expect(brief(mapped({ format: 'csv', columns: ['t', 'd', 'v'] })(Buffer.from('1,a,1.5\n2,"b,c",2'), 0))).toEqual(rows)
  })

  it('of line protocol, a table for each measurement unless one is named', () => {
    const payload = Buffer.from('cpu,host=a load=1.5 1\nmem,host=a free=2i 2\n')
    expect(brief(decoder({ format: 'line-protocol', precision: 'ms' })(payload, 0))).toEqual([
      ['cpu', [[1_000_000n, 'a', [1.5]]]],
      ['mem', [[2_000_000n, 'a', [2n]]]],
    ])
    expect(brief(decoder({ format: 'line-protocol', table: 'all' })(payload, 0)).map(([table]) => table)).toEqual(['all', 'all'])
  })

  it('of which a part is wrong keeps the rest', () => {
    const cases: readonly [ReturnType<typeof decoder>, string, string][] = [
      [
        mapped(),
        '[{"t":1,"d":"a","v":1},{"d":"b"},{"t":3,"d":"c","v":"x"}]',
        'Event 2: $.t: the event has no such time. (2 events are wrong)',
      ],
      [mapped(), '{"t":1,"d":"a","v":1}\n{"t":', 'Event 2: The body is not valid JSON'],
      [mapped({ format: 'csv' }), 't,d,v\n1,a,1\n2,b\n', 'Event 2: The row has 2 fields, not 3.'],
      [decoder({ format: 'line-protocol' }), 'cpu load=1 1\ncpu load 2\n', 'Line 2: missing field value.'],
    ]
    for (const [decode, payload, reason] of cases) {
      try {
        decode(Buffer.from(payload), 0)
        expect.unreachable()
      } catch (error) {
        expect(error).toBeInstanceOf(PartlyDecoded)
        expect((error as PartlyDecoded).message).toContain(reason)
        expect((error as PartlyDecoded).tables[0]!.records).toHaveLength(1)
      }
    }
  })

  it('that is none is refused', () => {
    expect(() => mapped()(Buffer.from('{"t":'), 0)).toThrow('not valid JSON')
    expect(() => mapped()(Buffer.from([0x1f, 0x8b, 1, 2]), 0)).toThrow('cannot be unpacked')
    expect(() => decoder({ table: 't' })).toThrow('timestreamParameters is missing')
    expect(() => decoder({ timestreamParameters })).toThrow('the option table is missing')
  })
})
