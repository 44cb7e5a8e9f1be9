import { describe, expect, it } from 'vitest'
import { parseText } from '../../base/parse-json.ts'
import type { OptionValue } from '../option.ts'
import { createEventMapper } from './event-mapper.ts'
import { readTimestreamParameters } from './timestream-parameters.ts'

const mapper = (parameters: OptionValue) => createEventMapper(readTimestreamParameters(parameters))

const sensor = {
  TimeValue: '$.at',
  DimensionMappings: [
    { DimensionName: 'device', DimensionValue: '$.device.id', DimensionValueType: 'VARCHAR' },
    { DimensionName: 'site', DimensionValue: 'north' },
  ],
  MultiMeasureMappings: [
    {
      MultiMeasureName: 'reading',
      MultiMeasureAttributeMappings: [
        { MultiMeasureAttributeName: 'celsius', MeasureValue: '$.values[0]', MeasureValueType: 'DOUBLE' },
        { MultiMeasureAttributeName: 'count', MeasureValue: "$['a count']", MeasureValueType: 'BIGINT' },
        { MultiMeasureAttributeName: 'seen', MeasureValue: '$.seen', MeasureValueType: 'TIMESTAMP' },
      ],
    },
  ],
}

describe('an event mapper', () => {
  it('makes one multi-measure record of an event, with what is missing left out', () => {
    const map = mapper(sensor)
    const [record] = map(parseText('{"at":1700000000123,"device":{"id":"d1"},"values":[21.5],"a count":9007199254740993}'))
    expect(record).toEqual({
      timeNs: 1_700_000_000_123_000_000n,
      measureName: 'reading',
      dimensions: { names: ['device', 'site'], values: ['d1', 'north'] },
      value: { kind: 'multi', shape: { names: ['celsius', 'count'], types: ['double', 'bigint'] }, values: [21.5, 9_007_199_254_740_993n] },
    })
  })

  it('shares lists of names between events', () => {
    const map = mapper(sensor)
    const [a] = map({ at: 1, device: { id: 'a' }, values: [1] })
    const [b] = map({ at: 2, device: { id: 'b' }, values: [2] })
    expect(a!.dimensions.names).toBe(b!.dimensions.names)
    expect(a!.value.kind === 'multi' && a!.value.shape).toBe(b!.value.kind === 'multi' && b!.value.shape)
  })

  it('makes a record for each single measure, with times in a format and versions', () => {
    const map = mapper({
      TimeValue: '$.t',
      TimeFieldType: 'TIMESTAMP_FORMAT',
      TimestampFormat: 'yyyy-MM-dd HH:mm:ss.SSS',
      VersionValue: '$.v',
      DimensionMappings: [{ DimensionName: 'd', DimensionValue: '$.d' }],
      SingleMeasureMappings: [
        { MeasureName: 'on', MeasureValue: '$.on', MeasureValueType: 'BOOLEAN' },
        { MeasureName: '$.kind', MeasureValue: '$.x', MeasureValueType: 'VARCHAR' },
      ],
    })
    expect(map({ t: '2023-11-14 22:13:20.123', v: 7, d: 'x', on: true, kind: 'note', x: { a: 1 } })).toEqual([
      expect.objectContaining({
        timeNs: 1_700_000_000_123_000_000n,
        version: 7n,
        measureName: 'on',
        value: { kind: 'single', type: 'boolean', value: true },
      }),
      expect.objectContaining({ measureName: 'note', value: { kind: 'single', type: 'varchar', value: '{"a":1}' } }),
    ])
  })

  it('says which value does not fit', () => {
    const map = mapper(sensor)
    expect(() => map({ device: { id: 'd' }, values: [1] })).toThrow('$.at: the event has no such time.')
    expect(() => map({ at: 'noon', values: [1] })).toThrow('$.at: "noon" is not a number of milliseconds.')
    expect(() => map({ at: 1, values: ['warm'] })).toThrow('$.values[0]: "warm" is no DOUBLE.')
    expect(() => map({ at: 1, 'a count': 1.5 })).toThrow('$[\'a count\']: "1.5" is no BIGINT.')
    expect(() => map({ at: 1 })).toThrow('The event has none of the values that are to be measured.')
    expect(() => map('text')).toThrow('$.at: the event has no such time.')
  })

  it('is not made of parameters that are wrong', () => {
    expect(() => mapper({ ...sensor, TimeValue: '$.a..b' })).toThrow('TimeValue: "$.a..b" is no path at character 4')
    expect(() => mapper({ ...sensor, TimeFieldType: 'TIMESTAMP_FORMAT' })).toThrow('TimestampFormat is missing.')
    expect(() => mapper({ ...sensor, TimeFieldType: 'TIMESTAMP_FORMAT', TimestampFormat: 'yyyy-qq' })).toThrow(
      '"qq" in "yyyy-qq" stands for nothing',
    )
    expect(() => mapper({ ...sensor, Nothing: 1 })).toThrow('TimestreamParameters has no member "Nothing"')
    expect(() => mapper({ TimeValue: '$.t', DimensionMappings: [] })).toThrow('SingleMeasureMappings or MultiMeasureMappings must say')
  })
})
