import type { Status } from '../../../database/database.ts'
import { operation } from '../../operation.ts'
import { structure } from '../../shape.ts'

type Input = Readonly<Record<never, never>>

export const status = operation<Input, Status>({
  name: 'Status',
  service: 'tidemark',
  action: 'tidemark:Status',
  summary: 'Tables with rows, series and bytes of each tier, rates, and the state of the engine.',
  input: structure<Input>({}),
  handle: async (_input, { database, caller }) => await database.status(caller),
})
