import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { paginateQuery } from '@aws-sdk/client-timestream-query'
import {
  type BatchLoadStatus,
  CreateBatchLoadTaskCommand,
  DescribeBatchLoadTaskCommand,
  ResumeBatchLoadTaskCommand,
} from '@aws-sdk/client-timestream-write'
import type { Served } from '../wire/served.ts'

const rowsPerFile = 400
const under: ReadonlySet<BatchLoadStatus | undefined> = new Set(['CREATED', 'IN_PROGRESS', 'PENDING_RESUME'] as const)

/** Batch loads that are under way when the server dies: every one that was acknowledged is done in the end, each row once. */
export class BatchLoadWork {
  readonly #buckets: string
  /** Files by the tasks that were acknowledged. */
  readonly #tasks = new Map<string, number>()
  #nextFile = 0

  /** The folder is that of `--buckets`. */
  constructor(buckets: string) {
    this.#buckets = buckets
    mkdirSync(join(buckets, 'loads'), { recursive: true })
  }

  async begin(served: Served): Promise<void> {
    const file = this.#nextFile++
    const nowMs = Date.now()
    const rows = Array.from({ length: rowsPerFile }, (_, i) => `${nowMs - i},file-${file},${i}\n`)
    writeFileSync(join(this.#buckets, 'loads', `${file}-.csv`), `time,file,value\n${rows.join('')}`)
    const { TaskId } = await served.write.send(
      new CreateBatchLoadTaskCommand({
        TargetDatabaseName: 'crash',
        TargetTableName: 'loaded',
        DataSourceConfiguration: {
          DataSourceS3Configuration: { BucketName: 'loads', ObjectKeyPrefix: `${file}-` },
          DataFormat: 'CSV',
        },
        DataModelConfiguration: {
          DataModel: {
            TimeColumn: 'time',
            TimeUnit: 'MILLISECONDS',
            DimensionMappings: [{ SourceColumn: 'file', DestinationColumn: 'file' }],
            MultiMeasureMappings: {
              TargetMultiMeasureName: 'loaded',
              MultiMeasureAttributeMappings: [{ SourceColumn: 'value', MeasureValueType: 'BIGINT' }],
            },
          },
        },
        ReportConfiguration: { ReportS3Configuration: { BucketName: 'loads', ObjectKeyPrefix: 'reports' } },
      }),
    )
    this.#tasks.set(TaskId!, file)
  }

  /** What is wrong, in sentences; waits for what is under way. */
  async check(served: Served): Promise<readonly string[]> {
    const wrong: string[] = []
    for (const [TaskId, file] of this.#tasks) {
      for (;;) {
        const { BatchLoadTaskDescription: task } = await served.write.send(new DescribeBatchLoadTaskCommand({ TaskId }))
        if (task?.TaskStatus === 'SUCCEEDED') break
        if (task?.TaskStatus === 'PROGRESS_STOPPED') await served.write.send(new ResumeBatchLoadTaskCommand({ TaskId }))
        else if (!under.has(task?.TaskStatus)) {
          wrong.push(`the load of file ${file} is ${task?.TaskStatus}: ${task?.ErrorMessage}`)
          break
        }
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    const counts = new Map<string, string>()
    const QueryString = 'SELECT file, count(*), count(DISTINCT value) FROM crash.loaded GROUP BY 1'
    for await (const page of this.#tasks.size === 0 ? [] : paginateQuery({ client: served.query }, { QueryString })) {
      for (const { Data } of page.Rows ?? []) counts.set(Data![0]!.ScalarValue!, `${Data![1]!.ScalarValue} ${Data![2]!.ScalarValue}`)
    }
    for (const file of this.#tasks.values()) {
      const found = counts.get(`file-${file}`)
      if (found !== `${rowsPerFile} ${rowsPerFile}`) wrong.push(`file ${file} has rows and values ${found}`)
    }
    return wrong
  }
}
