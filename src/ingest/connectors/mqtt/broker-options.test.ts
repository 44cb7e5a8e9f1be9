import { describe, expect, it } from 'vitest'
import { readConnectorOptions } from '../../option.ts'
import { brokerOptions } from './broker-options.ts'

const rules = {
  r: {
    sql: "SELECT * FROM 'a'",
    actions: [{ timestream: { databaseName: 'd', tableName: 't', dimensions: [{ name: 'a', value: 'b' }] } }],
  },
}

describe('the options of the broker', () => {
  it('say which topics a user may use', () => {
    const access = [{ user: 'device', publish: ['dt/+/up', 'log/#'], subscribe: ['cmd/#'] }]
    const [entry] = readConnectorOptions(brokerOptions, { rules, access }).access
    expect(['dt/a/up', 'log/x/y', 'dt/a/down', 'cmd/x'].map((topic) => entry!.mayPublish(topic))).toEqual([true, true, false, false])
    expect(['cmd/#', 'cmd/a', 'cmd/+', '#', 'dt/a/up'].map((filter) => entry!.maySubscribe(filter))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('are refused when they are wrong', () => {
    const read = (given: object) => () => readConnectorOptions(brokerOptions, { rules, ...given })
    expect(read({ listen: '1883' })).toThrow('the option listen is no HOST:PORT')
    expect(read({ listen: '[::1]:1883' })().listen).toEqual({ host: '::1', port: 1883 })
    expect(read({ access: [{ user: 'a', read: [] }] })).toThrow('has an entry with the member "read"')
    expect(read({ access: [{ user: 'a', publish: ['a/#/b'] }] })).toThrow('has levels behind #')
  })
})
