import * as queryClient from '@aws-sdk/client-timestream-query'
import * as writeClient from '@aws-sdk/client-timestream-write'
import { describe, expect, it } from 'vitest'
import { actionDefinitions } from '../../database/access/actions.ts'
import { operations } from './list.ts'

const commandsOf = (client: object): readonly string[] =>
  Object.keys(client).flatMap((name) => (/^[A-Z]\w+Command$/.test(name) ? [name.slice(0, -'Command'.length)] : []))

const commands = { write: commandsOf(writeClient), query: commandsOf(queryClient) }

describe('the operations', () => {
  it('are those that the official SDKs call, both services', () => {
    expect(commands.write).toHaveLength(19)
    expect(commands.query).toHaveLength(15)
    const served = new Set(operations.filter(({ service }) => service !== 'tidemark').map(({ name }) => name))
    const wanted = [...new Set([...commands.write, ...commands.query])].toSorted()
    expect(wanted.filter((name) => !served.has(name))).toEqual([])
    expect([...served].filter((name) => !wanted.includes(name))).toEqual([])
  })

  it.each(operations.filter(({ service }) => service !== 'tidemark').map(({ name, service }) => ({ name, service })))(
    'belong to the service that has them: $name',
    ({ name, service }) => {
      const isIn = { write: commands.write.includes(name), query: commands.query.includes(name) }
      expect(isIn).toEqual({ write: service !== 'query', query: service !== 'write' })
    },
  )

  it('have names of their own', () => {
    expect(new Set(operations.map(({ service, name }) => `${service === 'tidemark'} ${name}`)).size).toBe(operations.length)
  })

  it.each(operations.map(({ name, action }) => ({ name, action })))(
    'ask for an action that policies can name: $action for $name',
    ({ action }) => {
      expect(Object.keys(actionDefinitions)).toContain(action)
    },
  )
})
