import type { Status } from '../../../database/database.ts'
import { operation } from '../../operation.ts'
import { structure } from '../../shape.ts'

export const status = operation<object, Status>({
  name: 'Status',
  service: 'tidemark',
  action: 'tidemark:Status',
  summary: 'Tables with rows, series and bytes of each tier, rates, and the state of the engine.',
  input: structure<object>({}),
  handle: async (_input, { database, caller }) => await database.status(caller),
})
