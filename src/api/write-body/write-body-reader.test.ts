import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../base/limits.ts'
import { RecentMap } from './recent-map.ts'
import { WriteBodyReader } from './write-body-reader.ts'

const multi = (host: string, value: string) => ({
  Dimensions: [{ Name: 'host', Value: host }],
  MeasureName: 'cpu',
  MeasureValueType: 'MULTI',
  MeasureValues: [
    { Name: 'user', Value: value, Type: 'DOUBLE' },
    { Name: 'state', Value: `a state of ${host} in words`, Type: 'VARCHAR' },
  ],
  Time: '1700000000000',
  Version: 7,
})
const single = (name: string, value: string) => ({ Time: '1700000000000000000', MeasureName: name, MeasureValue: value })
const input = (Records: readonly object[], more: object = {}) => ({ DatabaseName: 'd', TableName: 't', ...more, Records })

const read = (body: string | Buffer, reader = new WriteBodyReader(defaultLimits)): unknown => reader.read(Buffer.from(body))

describe('WriteBodyReader', () => {
  it('reads records of one layout and of several in turn', () => {
    const reader = new WriteBodyReader(defaultLimits)
    const body = input([multi('a', '1'), single('x', '1.5'), multi('ü', '-2'), single('y', 'on'), multi('a', '3')], {
      CommonAttributes: { TimeUnit: 'NANOSECONDS', Version: 3 },
    })
    for (let again = 0; again < 3; again++) expect(read(JSON.stringify(body), reader)).toStrictEqual(body)
    expect(read(JSON.stringify(body, null, 2), reader)).toStrictEqual(body)
  })

  it('gives records of equal dimensions one list, which nobody can change', () => {
    const { Records } = read(JSON.stringify(input([multi('a', '1'), multi('a', '2')]))) as { Records: ReturnType<typeof multi>[] }
    expect(Records[0]!.Dimensions).toBe(Records[1]!.Dimensions)
    expect(Object.isFrozen(Records[0]!.Dimensions) && Object.isFrozen(Records[0]!.Dimensions[0])).toBe(true)
  })

  it.each([
    ['no records', JSON.stringify(input([]))],
    ['too many records', JSON.stringify(input(Array.from({ length: 101 }, () => single('x', '1'))))],
    ['a value that is too long', JSON.stringify(input([single('x', '1'), single('x', '1'.repeat(2049))]))],
    ['a time that is too long', JSON.stringify(input([single('x', '1'), { ...single('x', '1'), Time: '1'.repeat(257) }]))],
    ['an empty value', JSON.stringify(input([single('x', '1'), single('x', '')]))],
    ['a dimension that has no value', JSON.stringify(input([{ ...multi('a', '1'), Dimensions: [{ Name: 'host' }] }]))],
    ['a fault outside the records', JSON.stringify(input([single('x', '1')], { TableName: null }))],
    ['records twice', `${JSON.stringify(input([single('x', '1')])).slice(0, -1)},"Records":[{}]}`],
    ['records below another member', JSON.stringify({ Other: { Records: [single('x', '1')] }, ...input([]) })],
    ['bytes that are no UTF-8', Buffer.from(JSON.stringify(input([single('\u00ff', '1')])), 'latin1')],
    ['no JSON', '{"Records":[{"Time":"1"}]'],
  ])('leaves a body with %s to the parser', (_what, body) => {
    expect(read(body)).toBeUndefined()
  })
})

it('a RecentMap forgets what was not asked for', () => {
  const map = new RecentMap<number>(40)
  map.set('asked for', 1)
  map.set('forgotten', 2)
  for (let i = 0; i < 20; i++) {
    map.set(`another ${i}`, i)
    expect(map.get('asked for')).toBe(1)
  }
  expect(map.get('forgotten')).toBeUndefined()
})
