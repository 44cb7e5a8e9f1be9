import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../base/limits.ts'
import type { MultiValue } from '../../storage/writer/write-record.ts'
import { type ReadRecord, RecordReader } from './read-record.ts'
import type { RecordInput } from './record.ts'
import { Shapes } from './shapes.ts'

const shapes = new Shapes(defaultLimits)
const read = (record: RecordInput, common: RecordInput = {}): ReadRecord => new RecordReader(common, defaultLimits, shapes).read(record, 3)

const dimension = (Name: string, Value = 'v'): { Name: string; Value: string } => ({ Name, Value })
const base: RecordInput = { Dimensions: [dimension('host', 'a')], MeasureName: 'cpu', MeasureValue: '1.5', Time: '1000' }
const multi: RecordInput = {
  Dimensions: [dimension('host', 'a')],
  MeasureName: 'metrics',
  MeasureValueType: 'MULTI',
  MeasureValues: [
    { Name: 'load', Value: '0.5', Type: 'DOUBLE' },
    { Name: 'boot', Value: '7', Type: 'TIMESTAMP' },
  ],
  Time: '1000',
}

describe('reading a record', () => {
  it('defaults to DOUBLE and milliseconds, and knows that no version was given', () => {
    expect(read(base)).toEqual({
      index: 3,
      timeNs: 1_000_000_000n,
      version: 0n,
      measureName: 'cpu',
      dimensions: { names: ['host'], values: ['a'] },
      value: { kind: 'single', type: 'double', value: 1.5 },
    })
  })

  it('reads the attributes of a multi-measure record, timestamps in its unit', () => {
    expect(read({ ...multi, TimeUnit: 'SECONDS' }).value).toEqual({
      kind: 'multi',
      shape: { names: ['load', 'boot'], types: ['double', 'timestamp'] },
      values: [0.5, 7_000_000_000n],
    })
  })

  it('reads a list of dimensions anew each time, unless it is frozen with all that is in it', () => {
    const dimensionsOf = (Dimensions: readonly { Name: string; Value: string }[]) => read({ ...base, Dimensions }).dimensions
    const frozen = Object.freeze([Object.freeze(dimension('host', 'b'))])
    expect(dimensionsOf(frozen)).toBe(dimensionsOf(frozen))
    const half = Object.freeze([dimension('host', 'b')])
    expect(dimensionsOf(half).values).toEqual(['b'])
    half[0]!.Value = 'c'
    expect(dimensionsOf(half).values).toEqual(['c'])
    expect(read({ ...base, Dimensions: frozen }, { Dimensions: [dimension('region')] }).dimensions.names).toEqual(['region', 'host'])
  })

  it('shares the shape of records with the same attributes, and the dimensions that are common', () => {
    const reader = new RecordReader({ Dimensions: [dimension('host')] }, defaultLimits, shapes)
    const [first, second] = [0, 1].map((i) => reader.read({ ...multi, Dimensions: [] }, i))
    expect(second!.dimensions).toBe(first!.dimensions)
    expect(second!.value.kind === 'multi' && first!.value.kind === 'multi' && second!.value.shape === first!.value.shape).toBe(true)
  })

  it('shares them also when many kinds of records alternate', () => {
    const kinds = Array.from({ length: 50 }, (_, i) => ({
      ...multi,
      Dimensions: [dimension(`kind${i}`)],
      MeasureValues: [{ Name: `m${i}`, Value: '1', Type: 'DOUBLE' as const }],
    }))
    const [first, second] = [0, 1].map(() => kinds.map((kind) => read(kind)))
    for (const [i, record] of first!.entries()) {
      expect(second![i]!.dimensions.names).toBe(record.dimensions.names)
      expect((second![i]!.value as MultiValue).shape).toBe((record.value as MultiValue).shape)
    }
  })

  it('tells records apart whose attributes differ only in a type', () => {
    const bigint = { ...multi, MeasureValues: [{ Name: 'load', Value: '5', Type: 'BIGINT' as const }] }
    const double = { ...multi, MeasureValues: [{ Name: 'load', Value: '5', Type: 'DOUBLE' as const }] }
    expect([read(bigint), read(double), read(bigint)].map((r) => r.value.kind === 'multi' && r.value.values)).toEqual([[5n], [5], [5n]])
  })
})

describe('common attributes', () => {
  it('stand in for what a record leaves out, and yield to what it says', () => {
    const common: RecordInput = {
      MeasureName: 'common',
      MeasureValue: '9',
      MeasureValueType: 'BIGINT',
      Time: '5',
      TimeUnit: 'SECONDS',
      Version: 4,
    }
    expect(read({}, common)).toMatchObject({
      measureName: 'common',
      timeNs: 5_000_000_000n,
      version: 4n,
      value: { type: 'bigint', value: 9n },
    })
    expect(read({ MeasureName: 'own', TimeUnit: 'NANOSECONDS', Version: 5n, MeasureValue: '8' }, common)).toMatchObject({
      measureName: 'own',
      timeNs: 5n,
      version: 5n,
      value: { type: 'bigint', value: 8n },
    })
  })

  it('unite their dimensions with the record', () => {
    const { dimensions } = read(base, { Dimensions: [dimension('region', 'eu')] })
    expect(dimensions).toEqual({ names: ['region', 'host'], values: ['eu', 'a'] })
  })

  it('must not repeat a dimension of the record', () => {
    expect(() => read(base, { Dimensions: [dimension('host')] })).toThrow(
      'Records[3].Dimensions[0].Name: the dimension "host" is given twice, first at CommonAttributes.Dimensions[0].Name.',
    )
  })

  it('may hold all values of a multi-measure record', () => {
    expect(read({}, multi).value).toMatchObject({ kind: 'multi', values: [0.5, 7_000_000n] })
  })

  it('give way when a record is of the other kind', () => {
    expect(read({ MeasureValueType: 'DOUBLE', MeasureValue: '2', MeasureName: 'one' }, multi).value).toEqual({
      kind: 'single',
      type: 'double',
      value: 2,
    })
  })
})

describe('a record is refused with its place', () => {
  const cases: readonly (readonly [string, RecordInput, string | RegExp])[] = [
    ['without a time', { ...base, Time: undefined! }, 'Invalid time for record. Records[3].Time: it is missing.'],
    [
      'with a time that is no integer',
      { ...base, Time: '1.5' },
      /^Invalid time for record\. Records\[3\]\.Time: "1\.5" is not an integer number of milliseconds/,
    ],
    ['with a time before the epoch', { ...base, Time: '-1' }, 'Invalid time for record.'],
    ['with a time beyond 64 bits', { ...base, Time: '9223372036854775807' }, 'Invalid time for record.'],
    ['with an unknown unit', { ...base, TimeUnit: 'HOURS' as 'SECONDS' }, 'Records[3].TimeUnit: "HOURS" is not one of'],
    ['without a measure name', { ...base, MeasureName: undefined! }, 'Records[3].MeasureName: the measure name is missing.'],
    ['with an empty measure name', { ...base, MeasureName: '' }, 'Records[3].MeasureName: the measure name must not be empty.'],
    ['without a measure value', { ...base, MeasureValue: undefined! }, 'Records[3].MeasureValue: the measure value is missing.'],
    ['with NaN', { ...base, MeasureValue: 'NaN' }, 'Records[3].MeasureValue: "NaN" is not a DOUBLE'],
    ['with a single TIMESTAMP', { ...base, MeasureValueType: 'TIMESTAMP' }, 'TIMESTAMP is an invalid measure value type.'],
    ['with an unknown type', { ...base, MeasureValueType: 'INTEGER' as 'BIGINT' }, 'Records[3].MeasureValueType: "INTEGER" is not one of'],
    [
      'with the type toString',
      { ...base, MeasureValueType: 'toString' as 'BIGINT' },
      'Records[3].MeasureValueType: "toString" is not one of',
    ],
    ['with version 0', { ...base, Version: 0 }, 'Records[3].Version: 0 is not an integer from 1 to 9223372036854775807.'],
    ['with a fractional version', { ...base, Version: 1.5 }, 'Records[3].Version: 1.5 is not'],
    ['with a version beyond 64 bits', { ...base, Version: 2n ** 63n }, 'Records[3].Version'],
    [
      'with a dimension time',
      { ...base, Dimensions: [dimension('time')] },
      'Records[3].Dimensions[0].Name: the dimension name "time" is reserved.',
    ],
    ['with a reserved prefix', { ...base, Dimensions: [dimension('ts_x')] }, 'must not start with ts_'],
    ['with a measure called like a value column', { ...base, MeasureName: 'measure_value::double' }, 'must not start with measure_value'],
    ['with a colon in a name', { ...base, MeasureName: 'a:b' }, 'must not contain a colon'],
    ['with a quote in a dimension name', { ...base, Dimensions: [dimension('a"b')] }, 'must not contain a double quote'],
    ['with a control character in a name', { ...base, Dimensions: [dimension('a\u2028b')] }, 'must not contain control characters'],
    [
      'with a dimension name of 61 bytes',
      { ...base, Dimensions: [dimension('é'.repeat(30) + 'x')] },
      'must not be longer than 60 bytes (it has 61)',
    ],
    ['with a measure name of 300 characters', { ...base, MeasureName: 'm'.repeat(300) }, 'must not be longer than 256 bytes (it has 300)'],
    [
      'with an empty dimension value',
      { ...base, Dimensions: [dimension('host', '')] },
      'Records[3].Dimensions[0].Value: a dimension value must not be empty',
    ],
    [
      'with a dimension twice',
      { ...base, Dimensions: [dimension('x'), dimension('x')] },
      'Records[3].Dimensions[1].Name: the dimension "x" is given twice',
    ],
    [
      'with 129 dimensions',
      { ...base, Dimensions: Array.from({ length: 129 }, (_, i) => dimension(`d${i}`)) },
      'at most 128 dimensions, not 129',
    ],
    [
      'with both kinds of values',
      { ...multi, MeasureValue: '1' },
      'Records[3].MeasureValue: a record of type MULTI has MeasureValues instead.',
    ],
    [
      'with values but another type',
      { ...multi, MeasureValueType: 'DOUBLE' },
      'Records[3].MeasureValues: only a record of type MULTI has them',
    ],
    ['of type MULTI without values', { ...multi, MeasureValues: [] }, 'needs at least one measure value'],
    [
      'with an attribute twice',
      { ...multi, MeasureValues: [multi.MeasureValues![0]!, multi.MeasureValues![0]!] },
      'Records[3].MeasureValues[1].Name: the measure "load" is given twice.',
    ],
    [
      'with a MULTI attribute',
      { ...multi, MeasureValues: [{ Name: 'x', Value: '1', Type: 'MULTI' }] },
      'Records[3].MeasureValues[0].Type: "MULTI" is not one of',
    ],
    [
      'with a bad attribute value',
      { ...multi, MeasureValues: [{ Name: 'x', Value: 'y', Type: 'BIGINT' }] },
      'Records[3].MeasureValues[0].Value: "y" is not a BIGINT',
    ],
  ]
  it.each(cases)('%s', (_, record, message) => {
    expect(() => read(record)).toThrow(
      expect.objectContaining({
        code: 'VALIDATION',
        message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
      }),
    )
  })

  it('also when an allowed list of names was read before', () => {
    read(base)
    expect(() => read({ ...base, Dimensions: [dimension('host'), dimension('host')] })).toThrow('given twice')
    read({ ...base, Dimensions: [dimension('a'), dimension('b')] })
    expect(() => read({ ...base, Dimensions: [dimension('a\0b')] })).toThrow('must not contain control characters')
  })
})
