import { randomUUID } from 'node:crypto'
import type { DocumentStore } from '../../storage/document-store.ts'
import { ScheduledQueryControl, type ControlOptions } from './control.ts'
import { Runner, type RunnerOptions } from './run/runner.ts'
import { Definitions } from './stored/definitions.ts'
import { RunStates } from './stored/run-states.ts'

export type ScheduledQueryOptions = ControlOptions &
  Omit<RunnerOptions, 'nodeId'> & { readonly documents: Pick<DocumentStore, 'get' | 'list' | 'put' | 'remove'> }

/** Puts scheduled queries together. Every process has a name of its own, so that what one has taken is not another's. */
export function openScheduledQueries(options: ScheduledQueryOptions): ScheduledQueryControl {
  const nodeId = randomUUID()
  const states = new RunStates(options.documents, nodeId, options.isShared)
  const definitions = new Definitions(options.documents)
  const runner = new Runner(states, definitions, { ...options, nodeId })
  return new ScheduledQueryControl(runner, definitions, states, options)
}
