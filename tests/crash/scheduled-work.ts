import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateScheduledQueryCommand,
  DeleteScheduledQueryCommand,
  ExecuteScheduledQueryCommand,
  paginateListScheduledQueries,
  QueryCommand,
  type ScheduledQueryState,
  UpdateScheduledQueryCommand,
} from '@aws-sdk/client-timestream-query'
import type { Random } from '../harness/random.ts'
import type { Served } from '../wire/served.ts'

const patienceMs = 60_000

/** Scheduled queries made, switched, removed and run when the server dies: what was acknowledged holds, and every run that was asked for is made. */
export class ScheduledWork {
  readonly #random: Random
  /** What was acknowledged last; undefined while a change of it was not answered. */
  readonly #states = new Map<string, ScheduledQueryState | 'REMOVED' | undefined>()
  readonly #runs = new Set<number>()
  #runner: string | undefined
  #next = 0
  readonly #firstRun = Math.floor(Date.now() / 1000) - 3000

  constructor(random: Random, buckets: string) {
    this.#random = random
    mkdirSync(join(buckets, 'reports'), { recursive: true })
  }

  async change(served: Served): Promise<void> {
    this.#runner ??= await this.#create(served, 'runner')
    const InvocationTime = new Date((this.#firstRun + this.#next) * 1000)
    await served.query.send(new ExecuteScheduledQueryCommand({ ScheduledQueryArn: this.#runner, InvocationTime }))
    this.#runs.add(InvocationTime.getTime())
    const ScheduledQueryArn = await this.#create(served, `query-${this.#next++}`)
    if (this.#random.chance(0.5)) {
      this.#states.set(ScheduledQueryArn, undefined)
      await served.query.send(new UpdateScheduledQueryCommand({ ScheduledQueryArn, State: 'DISABLED' }))
      this.#states.set(ScheduledQueryArn, 'DISABLED')
    }
    if (this.#random.chance(0.8)) {
      this.#states.set(ScheduledQueryArn, undefined)
      await served.query.send(new DeleteScheduledQueryCommand({ ScheduledQueryArn }))
      this.#states.set(ScheduledQueryArn, 'REMOVED')
    }
  }

  async check(served: Served): Promise<readonly string[]> {
    const found = new Map<string, string>()
    for await (const page of paginateListScheduledQueries({ client: served.query }, {})) {
      for (const { Arn, State } of page.ScheduledQueries ?? []) found.set(Arn!, State!)
    }
    const wrong = [...this.#states]
      .filter(([arn, state]) => state !== undefined && (found.get(arn) ?? 'REMOVED') !== state)
      .map(([arn, state]) => `${arn} is ${found.get(arn) ?? 'REMOVED'}, not ${state}`)
    const missing = await this.#missingRuns(served)
    return missing.length === 0 ? wrong : [...wrong, `runs that were asked for and not made: ${missing.join(', ')}`]
  }

  /** Runs that were asked for are made one after the other; they have some time. */
  async #missingRuns(served: Served): Promise<readonly number[]> {
    for (const until = Date.now() + patienceMs; ;) {
      const made = new Set<number>()
      if (this.#runs.size > 0) {
        const QueryString = 'SELECT to_milliseconds(time) FROM crash.derived'
        const { Rows } = await served.query.send(new QueryCommand({ QueryString }))
        for (const { Data } of Rows ?? []) made.add(Number(Data![0]!.ScalarValue))
      }
      const missing = [...this.#runs].filter((run) => !made.has(run))
      if (missing.length === 0 || Date.now() > until) return missing
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  async #create(served: Served, Name: string): Promise<string> {
    const known = [...this.#states.keys()].find((arn) => arn.includes(`/${Name}-`))
    if (known !== undefined) return known
    const { Arn } = await served.query.send(
      new CreateScheduledQueryCommand({
        Name,
        QueryString: "SELECT 'all' AS scope, @scheduled_runtime AS t, 1 AS one",
        // never by itself
        ScheduleConfiguration: { ScheduleExpression: 'cron(0 0 1 1 ? 2199)' },
        NotificationConfiguration: { SnsConfiguration: { TopicArn: 'arn:aws:sns:us-east-1:000000000000:topic' } },
        ScheduledQueryExecutionRoleArn: 'arn:aws:iam::000000000000:role/Scheduled',
        ErrorReportConfiguration: { S3Configuration: { BucketName: 'reports' } },
        TargetConfiguration: {
          TimestreamConfiguration: {
            DatabaseName: 'crash',
            TableName: 'derived',
            TimeColumn: 't',
            DimensionMappings: [{ Name: 'scope', DimensionValueType: 'VARCHAR' }],
            MultiMeasureMappings: {
              TargetMultiMeasureName: 'runs',
              MultiMeasureAttributeMappings: [{ SourceColumn: 'one', MeasureValueType: 'BIGINT' }],
            },
          },
        },
      }),
    )
    this.#states.set(Arn!, 'ENABLED')
    return Arn!
  }
}
