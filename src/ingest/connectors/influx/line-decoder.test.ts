import { describe, expect, it } from 'vitest'
import { LineDecoder } from './line-decoder.ts'

const decoder = new LineDecoder()
const decode = (text: string, unitNs = 1n) => decoder.decode(Buffer.from(text), { unitNs, nowNs: 42n })

/** The only point of the text, in short. */
function point(text: string, unitNs = 1n) {
  const { measurements, faults } = decode(text, unitNs)
  expect(faults).toEqual([])
  const [{ measurement, records } = { measurement: '', records: [] }] = measurements
  const [record] = records
  if (record?.value.kind !== 'multi') throw new Error('no point')
  const { names, values } = record.dimensions
  return {
    measurement,
    tags: Object.fromEntries(names.map((name, i) => [name, values[i]])),
    fields: Object.fromEntries(
      record.value.shape.names.map((name, i) => [name, (record.value as { values: readonly unknown[] }).values[i]]),
    ),
    types: record.value.shape.types,
    timeNs: record.timeNs,
  }
}

describe('line protocol', () => {
  it('has tags, fields of every type and a timestamp', () => {
    expect(point('cpu,host=a,region=eu load=0.5,n=-12i,u=7u,ok=t,off=FALSE,note="all well" 1700000000000000001')).toEqual({
      measurement: 'cpu',
      tags: { host: 'a', region: 'eu' },
      fields: { load: 0.5, n: -12n, u: 7n, ok: true, off: false, note: 'all well' },
      types: ['double', 'bigint', 'bigint', 'boolean', 'boolean', 'varchar'],
      timeNs: 1_700_000_000_000_000_001n,
    })
  })

  it('needs neither tags nor a timestamp, and takes other precisions', () => {
    expect(point('cpu v=1')).toMatchObject({ tags: {}, timeNs: 42n })
    expect(point('cpu v=1 1700000000', 1_000_000_000n).timeNs).toBe(1_700_000_000_000_000_000n)
  })

  it('unescapes names and values where its rules say so', () => {
    expect(point(String.raw`my\ cpu\,x,ta\=g=a\ b\,c f\ 1="say \"hi\" \\ \n" 1`)).toMatchObject({
      measurement: 'my cpu,x',
      tags: { 'ta=g': 'a b,c' },
      fields: { 'f 1': String.raw`say "hi" \ \n` },
    })
    expect(point('cpu,ort=Zürich größe="1 €"')).toMatchObject({ tags: { ort: 'Zürich' }, fields: { größe: '1 €' } })
  })

  it.each([
    ['1', 1],
    ['-0.5', -0.5],
    ['1e3', 1000],
    ['1.7976931348623157e308', 1.797_693_134_862_315_7e308],
    ['0.1', 0.1],
    ['123456789012345.6', 123_456_789_012_345.6],
    ['18446744073709551616', 2 ** 64],
    ['.5', 0.5],
    ['3.', 3],
  ])('reads %s as the double it is', (text, value) => {
    expect(point(`cpu v=${text}`).fields['v']).toBe(value)
  })

  it('keeps all bits of integers', () => {
    expect(point('cpu v=9223372036854775807i,w=-9223372036854775808i').fields).toEqual({ v: 2n ** 63n - 1n, w: -(2n ** 63n) })
  })

  it('leaves out fields that are empty texts, and a point that has no others', () => {
    expect(point('cpu a="",b=1').fields).toEqual({ b: 1 })
    expect(decode('cpu a=""')).toEqual({ measurements: [], faults: [] })
  })

  it('goes over comments, empty lines and carriage returns, and lets quotes hold newlines', () => {
    const { measurements, faults } = decode('# a comment "\n\ncpu v=1 1\r\n  cpu v=2 2\ncpu note="a\nb",v=3 3\nmem v=4 4')
    expect(faults).toEqual([])
    expect(measurements.map(({ measurement, lines, records }) => [measurement, lines, records.map(({ timeNs }) => timeNs)])).toEqual([
      ['cpu', [3, 4, 5], [1n, 2n, 3n]],
      ['mem', [6], [4n]],
    ])
  })

  it('shares dimensions of a series and shapes of a measurement', () => {
    const { measurements } = decode('cpu,h=a v=1,w=2 1\ncpu,h=a v=3,w=4 2\ncpu,h=b v=5,w=6 2\ncpu,h=b w=6,v=1 2')
    const [a, b, c, d] = measurements[0]!.records
    expect(a!.dimensions).toBe(b!.dimensions)
    expect(a!.dimensions.names).toBe(c!.dimensions.names)
    expect(a!.value.kind === 'multi' && c!.value.kind === 'multi' && a!.value.shape === c!.value.shape).toBe(true)
    expect(d!.value).toMatchObject({ shape: { names: ['w', 'v'] }, values: [6, 1] })
  })

  it.each([
    ['cpu', 'missing fields'],
    ['cpu ', 'missing fields'],
    [',h=a v=1', 'missing measurement'],
    ['cpu,=a v=1', 'missing tag key'],
    ['cpu,h v=1', 'missing tag value'],
    ['cpu,h= v=1', 'missing tag value'],
    ['cpu,h=a,h=b v=1', 'duplicate tags'],
    ['cpu v=', 'missing field value'],
    ['cpu =1', 'missing field key'],
    ['cpu v', 'missing field value'],
    ['cpu v=1,', 'missing field key'],
    ['cpu v=abc', 'invalid boolean'],
    ['cpu v=NaN', 'NaN and Infinity cannot be stored'],
    ['cpu v=1.2.3', 'invalid number'],
    ['cpu v=i', 'invalid number'],
    ['cpu v=9223372036854775808i', 'integer out of the range of 64 bits with sign'],
    ['cpu v="abc', 'unbalanced quotes'],
    ['cpu v="abc"x', 'invalid field format'],
    ['cpu v=1 noon', 'bad timestamp'],
    ['cpu v=1 1 2', 'bad timestamp'],
  ])('says what is wrong with %j, and reads the other lines', (text, reason) => {
    const { measurements, faults } = decode(`mem v=1 1\n${text}\nmem v=2 2`)
    expect(faults).toEqual([{ line: 2, text: text.replace(/^ +/, ''), reason }])
    expect(measurements).toMatchObject([{ measurement: 'mem', lines: [1, 3] }])
  })
})
