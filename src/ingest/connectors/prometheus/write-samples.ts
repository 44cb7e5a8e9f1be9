import type { ServerError } from '../../../base/errors.ts'
import type { Caller } from '../../../database/caller.ts'
import type { Creation, RecordSink } from '../../record-sink.ts'
import type { DecodedWrite, Mapping } from './decoded-write.ts'

export interface WrittenSamples {
  /** Stored, or taken without a value to store. */
  readonly samples: number
  /** What single samples were refused for, a few times at most. */
  readonly problems: readonly string[]
  /** What the whole request fails with. */
  readonly error?: ServerError
}

export interface SamplePlan {
  readonly databaseName: string
  readonly tableName: string
  readonly mapping: Mapping
  readonly creation: Creation
}

const shownProblems = 5

export async function writeSamples(sink: RecordSink, caller: Caller, decoded: DecodedWrite, plan: SamplePlan): Promise<WrittenSamples> {
  const { databaseName } = plan
  const tables = [...decoded.tables].map(([name, records]) => ({
    databaseName,
    tableName: plan.mapping === 'single' ? plan.tableName : name,
    records,
  }))
  const outcomes = await sink.write(caller, tables, plan.creation)
  const problems = new Set<string>()
  let stored = 0
  let error: ServerError | undefined
  outcomes.forEach((outcome, i) => {
    stored += outcome.accepted
    if (outcome.error?.code === 'VALIDATION' && tables.length > 1) problems.add(outcome.error.message)
    else error ??= outcome.error
    for (const { index, reason } of outcome.rejected) {
      if (problems.size >= shownProblems) break
      problems.add(`${tables[i]!.records[index]!.measureName}: ${reason}`)
    }
  })
  return { samples: stored + decoded.withoutValue, problems: [...problems], ...(error !== undefined && { error }) }
}
