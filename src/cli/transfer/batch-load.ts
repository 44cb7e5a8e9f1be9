import { setTimeout as delay } from 'node:timers/promises'
import type { CreateBatchLoadTaskResponse, DescribeBatchLoadTaskResponse } from '@aws-sdk/client-timestream-write'
import { systemClock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { CsvConfiguration, DataModel } from '../../csv/model-types.ts'
import type { Connection } from '../connection.ts'
import { ServiceFailure } from '../failure.ts'
import type { Output } from '../output.ts'
import { ProgressBar } from '../progress-bar.ts'
import { signedCall } from '../signed-call.ts'

export interface LoadRequest {
  readonly databaseName: string
  readonly tableName: string
  /** `s3://BUCKET/PREFIX` */
  readonly source: string
  readonly model: DataModel
  readonly csv: CsvConfiguration
  readonly recordVersion: number
  /** `s3://BUCKET/PREFIX` */
  readonly report: string | undefined
}

const lookEveryMs = 500
const underWay: ReadonlySet<string> = new Set(['CREATED', 'IN_PROGRESS', 'PENDING_RESUME'])

/** Has the server load CSV files out of a bucket, and shows how far it is. The task goes on when the command is interrupted. */
export async function runBatchLoad(
  connection: Connection,
  request: LoadRequest,
  output: Output,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const source = placeOf(request.source)
  const report = request.report === undefined ? { ...source, prefix: 'tidemark-reports' } : placeOf(request.report)
  const { TaskId = '' } = await signedCall<CreateBatchLoadTaskResponse>(
    connection,
    'aws',
    'CreateBatchLoadTask',
    {
      TargetDatabaseName: request.databaseName,
      TargetTableName: request.tableName,
      RecordVersion: request.recordVersion,
      DataModelConfiguration: { DataModel: request.model },
      DataSourceConfiguration: {
        DataFormat: 'CSV',
        CsvConfiguration: request.csv,
        DataSourceS3Configuration: { BucketName: source.bucket, ...(source.prefix !== '' && { ObjectKeyPrefix: source.prefix }) },
      },
      ReportConfiguration: {
        ReportS3Configuration: { BucketName: report.bucket, ...(report.prefix !== '' && { ObjectKeyPrefix: report.prefix }) },
      },
    },
    signal,
  )
  const startMs = systemClock.monotonicMs()
  const bar = new ProgressBar(0, 'records', progress)
  try {
    for (;;) {
      const { BatchLoadTaskDescription: task = {} } = await signedCall<DescribeBatchLoadTaskResponse>(
        connection,
        'aws',
        'DescribeBatchLoadTask',
        { TaskId },
        signal,
      )
      const { RecordsIngested: ingested = 0 } = task.ProgressReport ?? {}
      bar.set(ingested, 0)
      if (!underWay.has(task.TaskStatus ?? '')) {
        bar.end()
        return await tell(
          task,
          (systemClock.monotonicMs() - startMs) / 1000,
          `s3://${report.bucket}/${reportKey(report.prefix, TaskId)}`,
          output,
        )
      }
      await delay(lookEveryMs, undefined, { signal })
    }
  } catch (error) {
    bar.end()
    if (signal.aborted) await output.write(`the task ${TaskId} goes on in the server\n`)
    throw signal.aborted ? signal.reason : error
  }
}

const reportKey = (prefix: string, taskId: string): string =>
  `${prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`}${taskId}/error_report.json`

function placeOf(location: string): { readonly bucket: string; readonly prefix: string } {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(location) ?? []
  if (bucket === undefined) throw new ServerError('CONFIGURATION', `${location} is not s3://BUCKET/PREFIX`)
  return { bucket, prefix }
}

async function tell(
  task: NonNullable<DescribeBatchLoadTaskResponse['BatchLoadTaskDescription']>,
  seconds: number,
  report: string,
  output: Output,
): Promise<void> {
  const { RecordsIngested: ingested = 0, ParseFailures = 0, RecordIngestionFailures = 0, FileFailures = 0 } = task.ProgressReport ?? {}
  const rejected = ParseFailures + RecordIngestionFailures
  await output.write(
    `${ingested} records written, ${rejected} rejected, ${Math.round(ingested / Math.max(0.001, seconds))} records/s, task ${task.TaskId ?? ''}\n`,
  )
  if (task.TaskStatus === 'SUCCEEDED') return
  const files = FileFailures === 0 ? '' : `, ${FileFailures} ${FileFailures === 1 ? 'file' : 'files'} failed`
  const what = task.ErrorMessage ?? `${rejected} records were rejected${files}; ${report} has their lines`
  throw new ServiceFailure(`the batch load ended as ${task.TaskStatus ?? 'unknown'}`, what)
}
