import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../base/limits.ts'
import { type StoredSchema, emptySchema } from '../../storage/table-record.ts'
import { RecordReader } from './read-record.ts'
import type { MeasureValueInput, RecordInput } from './record.ts'
import { type Growth, growSchema } from './schema-growth.ts'
import { Shapes } from './shapes.ts'

const grow = (
  schema: StoredSchema,
  records: readonly RecordInput[],
  limits = {},
  partitionKey: Parameters<typeof growSchema>[2] = { type: 'MEASURE' },
): Growth => {
  const reader = new RecordReader({ Time: '1' }, defaultLimits, new Shapes(defaultLimits))
  return growSchema(
    schema,
    records.map((r, i) => reader.read(r, i)),
    partitionKey,
    { ...defaultLimits, ...limits },
  )
}
const single = (measure: string, type: 'DOUBLE' | 'BIGINT', ...dimensions: readonly string[]): RecordInput => ({
  MeasureName: measure,
  MeasureValue: '1',
  MeasureValueType: type,
  Dimensions: dimensions.map((Name) => ({ Name, Value: 'v' })),
})
const multi = (
  measure: string,
  attributes: Readonly<Record<string, MeasureValueInput['Type']>>,
  ...dimensions: readonly string[]
): RecordInput => ({
  MeasureName: measure,
  MeasureValueType: 'MULTI',
  MeasureValues: Object.entries(attributes).map(([Name, Type]) => ({ Name, Type, Value: '1' })),
  Dimensions: dimensions.map((Name) => ({ Name, Value: 'v' })),
})
const grown = (...records: readonly RecordInput[]): StoredSchema => grow(emptySchema, records).schema!

describe('schema growth', () => {
  it('adds dimensions, attributes, value types and measures in the order they are met', () => {
    expect(grown(single('cpu', 'DOUBLE', 'host', 'region'), multi('net', { in: 'BIGINT', up: 'TIMESTAMP' }, 'host', 'port'))).toEqual({
      dimensions: [
        { name: 'host', physicalName: 'd1' },
        { name: 'region', physicalName: 'd2' },
        { name: 'port', physicalName: 'd3' },
      ],
      attributes: [
        { name: 'in', physicalName: 'a1_bigint', type: 'bigint' },
        { name: 'up', physicalName: 'a2_timestamp', type: 'timestamp' },
      ],
      singleMeasureTypes: ['double'],
      measures: [
        { name: 'cpu', dataType: 'double', dimensions: ['host', 'region'] },
        { name: 'net', dataType: 'multi', dimensions: ['host', 'port'] },
      ],
    })
  })

  it('finds nothing missing the second time', () => {
    const records = [single('cpu', 'DOUBLE', 'host'), multi('net', { in: 'BIGINT' }, 'host')]
    const schema = grown(...records)
    expect(grow(schema, records)).toEqual({ schema: undefined, rejected: new Map() })
    expect(grow(schema, [single('net', 'DOUBLE', 'host')]).schema?.measures).toHaveLength(3)
  })

  it('notices a dimension that a measure has for the first time', () => {
    const schema = grown(single('cpu', 'DOUBLE', 'host'), single('disk', 'DOUBLE', 'mount'))
    const next = grow(schema, [single('cpu', 'DOUBLE', 'mount')]).schema
    expect(next?.measures[0]).toEqual({ name: 'cpu', dataType: 'double', dimensions: ['host', 'mount'] })
    expect(next?.dimensions).toEqual(schema.dimensions)
  })

  it('lets one text be a measure name and an attribute', () => {
    const { attributes, measures } = grown(single('cpu', 'DOUBLE', 'host'), multi('all', { cpu: 'DOUBLE' }, 'host'))
    expect(attributes.map((a) => a.name)).toEqual(['cpu'])
    expect(measures.map((m) => m.name)).toEqual(['cpu', 'all'])
  })

  it('puts the partition-key dimension into the column that leads the order', () => {
    const { schema } = grow(emptySchema, [single('cpu', 'DOUBLE', 'host', 'tenant')], {}, { type: 'DIMENSION', name: 'tenant' })
    expect(schema?.dimensions).toEqual([
      { name: 'host', physicalName: 'd1' },
      { name: 'tenant', physicalName: 'd0' },
    ])
  })

  const misfits: readonly (readonly [string, RecordInput, string])[] = [
    [
      'another type for an attribute',
      multi('net', { in: 'DOUBLE' }, 'host'),
      'The measure in has the type BIGINT in the table, not DOUBLE.',
    ],
    [
      'an attribute called like a dimension',
      multi('net', { host: 'DOUBLE' }),
      'The measure name host is already the name of a dimension of the table.',
    ],
    ['an attribute called like its own dimension', multi('net', { new: 'DOUBLE' }, 'new'), 'already the name of a dimension'],
    [
      'a dimension called like an attribute',
      single('cpu', 'DOUBLE', 'in'),
      'The dimension name in is already the name of a multi-measure attribute of the table.',
    ],
  ]
  it.each(misfits)('rejects a record with %s, and takes the others', (_, record, reason) => {
    const schema = grown(multi('net', { in: 'BIGINT' }, 'host'))
    const growth = grow(schema, [single('ok', 'DOUBLE', 'host'), record, single('ok2', 'BIGINT', 'more')])
    expect([...growth.rejected.keys()]).toEqual([1])
    expect(growth.rejected.get(1)).toContain(reason)
    expect(growth.schema?.measures.map((m) => m.name)).toEqual(['net', 'ok', 'ok2'])
    expect(growth.schema?.attributes).toHaveLength(1)
  })

  it('rejects beyond the quotas of a table', () => {
    const schema = grown(multi('net', { in: 'BIGINT' }, 'host'))
    const reason = (record: RecordInput, limits: object): string | undefined => grow(schema, [record], limits).rejected.get(0)
    expect(reason(single('cpu', 'DOUBLE', 'host', 'b'), { dimensionsPerTable: 1 })).toBe('A table has at most 1 dimensions.')
    expect(reason(single('cpu', 'DOUBLE', 'host'), { measureNamesPerTable: 1 })).toBe('A table has at most 1 measure names.')
    expect(reason(multi('net', { in: 'BIGINT', out: 'BIGINT' }, 'host'), { attributesPerTable: 1 })).toContain(
      'at most 1 measures together',
    )
    expect(
      reason(multi('net', { in: 'BIGINT' }, 'host'), { attributesPerTable: 1, dimensionsPerTable: 1, measureNamesPerTable: 1 }),
    ).toBeUndefined()
  })
})
