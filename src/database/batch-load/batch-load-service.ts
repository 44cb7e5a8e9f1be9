import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { ObjectStore } from '../../object-store/object-store.ts'
import type { DocumentStore } from '../../storage/document-store.ts'
import type { StoredCatalog } from '../../storage/stored-catalog.ts'
import { type Action, authorize } from '../access/authorize.ts'
import type { Caller } from '../caller.ts'
import { type Account, anyArn, tableArn } from '../control/arn.ts'
import { pageOf } from '../control/page.ts'
import type { Page, PageRequest, WriteInput, WriteResult } from '../database.ts'
import type { DataModel } from '../../csv/model-types.ts'
import type { BatchLoadProgress, BatchLoads, BatchLoadStatus, BatchLoadTask, CreateBatchLoadInput } from './batch-loads.ts'
import { checkDataModel, dimensionsOf, parseDataModel } from '../../csv/data-model.ts'
import { type Checkpoint, loadFiles } from './load-files.ts'

export interface BatchLoadServiceOptions {
  readonly documents: DocumentStore
  /** Other nodes have the documents, too. */
  readonly isShared: boolean
  readonly store: ObjectStore
  readonly catalog: Pick<StoredCatalog, 'table' | 'refresh'>
  readonly account: Account
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Log
  readonly write: (caller: Caller, input: WriteInput) => Promise<WriteResult>
}

/** A task as it is kept. */
interface Stored {
  readonly task: BatchLoadTask
  /** What a repetition of the call must be the same as. */
  readonly request: string
  readonly dataModel: DataModel
  readonly checkpoint: Omit<Checkpoint, 'progress'>
  /** Whose records they are. */
  readonly caller: Caller
  /** Until then the node that runs it is taken to be alive. */
  readonly leaseUntilMs: number
}

const nothing: BatchLoadProgress = {
  recordsProcessed: 0,
  recordsIngested: 0,
  parseFailures: 0,
  recordIngestionFailures: 0,
  fileFailures: 0,
  bytesMetered: 0,
}
const leaseMs = 30_000
const lookEveryMs = 1000
const runnable: ReadonlySet<BatchLoadStatus> = new Set<BatchLoadStatus>(['CREATED', 'IN_PROGRESS', 'PENDING_RESUME'])

/** Runs tasks in the background, each from its last checkpoint: after a crash, too, and on a shared catalog also those of a node that is gone. */
export class BatchLoadService implements BatchLoads {
  readonly #options: BatchLoadServiceOptions
  readonly #running = new Map<string, { readonly table: string; readonly work: Promise<void> }>()
  readonly #stop = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(options: BatchLoadServiceOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref()
    this.#look(true)
  }

  /** Tasks under way stop at a checkpoint; the next start goes on with them. */
  async drain(): Promise<void> {
    clearInterval(this.#timer)
    this.#stop.abort(new ServerError('SHUTTING_DOWN', 'The server is shutting down'))
    await this.#looking
    await Promise.all([...this.#running.values()].map(({ work }) => work))
  }

  async create(caller: Caller, input: CreateBatchLoadInput): Promise<string> {
    const { account, documents, clock } = this.#options
    const { databaseName, tableName, clientToken, recordVersion = 1n } = input
    this.#authorize(caller, 'timestream:CreateBatchLoadTask', tableArn(account, databaseName, tableName))
    // the task writes for the caller, who is not asked again
    this.#authorize(caller, 'timestream:WriteRecords', tableArn(account, databaseName, tableName))
    const taskId = newTaskId(caller, clientToken)
    const { clientToken: _, recordVersion: __, ...asked } = input
    const request = JSON.stringify({ ...asked, recordVersion: Number(recordVersion) })
    const before = await documents.get<Stored>('batch-load', taskId)
    if (before !== undefined) return sameRequest(before.value, request, taskId)
    const dataModel = await this.#checked(input)
    const nowMs = clock.nowMs()
    const stored: Stored = {
      task: {
        taskId,
        status: 'CREATED',
        input: { ...asked, recordVersion: Number(recordVersion) },
        progress: nothing,
        creationTimeMs: nowMs,
        lastUpdatedTimeMs: nowMs,
      },
      request,
      dataModel,
      checkpoint: { offset: 0, line: 1, errors: { taskErrors: [], fileErrors: [] } },
      caller: { principal: caller.principal, requestId: caller.requestId },
      leaseUntilMs: 0,
    }
    if (!(await documents.put('batch-load', taskId, withoutFunctions(stored), 0))) {
      const other = await documents.get<Stored>('batch-load', taskId)
      if (other !== undefined) return sameRequest(other.value, request, taskId)
    }
    this.#look()
    return taskId
  }

  async describe(caller: Caller, taskId: string): Promise<BatchLoadTask> {
    this.#authorize(caller, 'timestream:DescribeBatchLoadTask', anyArn(this.#options.account))
    return (await this.#find(taskId)).value.task
  }

  async list(caller: Caller, { status, ...page }: PageRequest & { readonly status?: BatchLoadStatus }): Promise<Page<BatchLoadTask>> {
    this.#authorize(caller, 'timestream:ListBatchLoadTasks', anyArn(this.#options.account))
    const all = (await this.#options.documents.list<Stored>('batch-load')).map(({ value }) => value.task)
    const tasks = new Map(all.filter((task) => status === undefined || task.status === status).map((task) => [task.taskId, task]))
    const keys = [...tasks.keys()].sort()
    return pageOf(keys, `batch-loads ${status ?? ''}`, page, (key) => tasks.get(key)!, 100)
  }

  async resume(caller: Caller, taskId: string): Promise<void> {
    this.#authorize(caller, 'timestream:ResumeBatchLoadTask', anyArn(this.#options.account))
    const { clock, documents } = this.#options
    const { value, revision } = await this.#find(taskId)
    const { status, resumableUntilMs = 0 } = value.task
    if (status !== 'PROGRESS_STOPPED') {
      throw new ServerError('VALIDATION', `The batch load task ${taskId} is ${status}; only one that is PROGRESS_STOPPED can be resumed.`)
    }
    if (clock.nowMs() > resumableUntilMs) throw new ServerError('VALIDATION', `The batch load task ${taskId} cannot be resumed any more.`)
    const { errorMessage: _, ...task } = value.task
    const next: Stored = { ...value, leaseUntilMs: 0, task: { ...task, status: 'PENDING_RESUME', lastUpdatedTimeMs: clock.nowMs() } }
    if (!(await documents.put('batch-load', taskId, next, revision)))
      throw new ServerError('CONFLICT', `The batch load task ${taskId} was changed meanwhile.`)
    this.#look()
  }

  #authorize(caller: Caller, action: Action, arn: string): void {
    authorize(caller, action, arn, this.#options.account)
  }

  async #find(taskId: string): Promise<{ readonly value: Stored; readonly revision: number }> {
    const found = await this.#options.documents.get<Stored>('batch-load', taskId)
    if (found === undefined) throw new ServerError('RESOURCE_NOT_FOUND', `The batch load task ${taskId} does not exist.`)
    return found
  }

  /** Everything but the rows. */
  async #checked(input: CreateBatchLoadInput): Promise<DataModel> {
    const { store, catalog } = this.#options
    const { databaseName, tableName, source, dataModel, dataModelLocation, report, recordVersion = 1n } = input
    if (recordVersion < 1n || recordVersion > BigInt(Number.MAX_SAFE_INTEGER))
      throw new ServerError('VALIDATION', 'RecordVersion must be from 1 to 2^53.')
    if (report.encryptionOption === 'SSE_KMS' && report.kmsKeyId === undefined) {
      throw new ServerError('VALIDATION', 'ReportS3Configuration: SSE_KMS needs a KmsKeyId.')
    }
    if (report.kmsKeyId !== undefined && report.encryptionOption !== 'SSE_KMS') {
      throw new ServerError('VALIDATION', 'ReportS3Configuration: a KmsKeyId needs the EncryptionOption SSE_KMS.')
    }
    checkCsv(source.csv)
    await catalog.refresh(databaseName, tableName)
    const table = catalog.table(databaseName, tableName)
    if (table === undefined) throw new ServerError('RESOURCE_NOT_FOUND', `The table ${tableName} does not exist.`)
    if ((dataModel === undefined) === (dataModelLocation === undefined)) {
      throw new ServerError('VALIDATION', 'DataModelConfiguration needs one of DataModel and DataModelS3Configuration.')
    }
    if (dataModel) checkDataModel(dataModel)
    await store.check(source.bucketName)
    await store.check(report.bucketName)
    const model = dataModel ?? (await this.#storedModel(dataModelLocation ?? {}))
    const key = table.partitionKey
    if (key.enforcementInRecord === 'REQUIRED' && key.name !== undefined && !dimensionsOf(model).includes(key.name)) {
      throw new ServerError(
        'VALIDATION',
        `The data model has no mapping for the dimension ${key.name}, which the table requires in every record.`,
      )
    }
    return model
  }

  async #storedModel({ bucketName, objectKey }: { readonly bucketName?: string; readonly objectKey?: string }): Promise<DataModel> {
    if (bucketName === undefined || objectKey === undefined) {
      throw new ServerError('VALIDATION', 'DataModelS3Configuration needs BucketName and ObjectKey.')
    }
    return parseDataModel((await this.#options.store.get(bucketName, objectKey, { start: 0, end: modelBytes })).toString())
  }

  #look(isStart = false): void {
    this.#looking = this.#looking
      .then(() => this.#begin(isStart))
      .catch((error: unknown) => this.#options.log.warn('batch loads not looked at', { error: String(error) }))
  }

  /** Begins what may begin, the oldest first. */
  async #begin(isStart: boolean): Promise<void> {
    const { documents, limits, clock, isShared } = this.#options
    if (this.#stop.signal.aborted) return
    const found = await documents.list<Stored>('batch-load')
    const waiting = found.filter(({ key, value }) => runnable.has(value.task.status) && !this.#running.has(key))
    for (const { key, value, revision } of waiting.toSorted((a, b) => a.value.task.creationTimeMs - b.value.task.creationTimeMs)) {
      const isAlone = !isShared && isStart
      if (value.task.status === 'IN_PROGRESS' && !isAlone && value.leaseUntilMs > clock.nowMs()) continue
      const table = JSON.stringify([value.task.input.databaseName, value.task.input.tableName])
      const ofTable = [...this.#running.values()].filter((each) => each.table === table).length
      if (this.#running.size >= limits.batchLoads || ofTable >= limits.batchLoadsPerTable) continue
      const claimed = this.#changed(value, { status: 'IN_PROGRESS' })
      if (!(await documents.put('batch-load', key, claimed, revision))) continue
      const work = this.#run(key, claimed, revision + 1).finally(() => this.#running.delete(key))
      this.#running.set(key, { table, work })
    }
  }

  #changed(stored: Stored, change: Partial<BatchLoadTask>): Stored {
    const nowMs = this.#options.clock.nowMs()
    return { ...stored, leaseUntilMs: nowMs + leaseMs, task: { ...stored.task, ...change, lastUpdatedTimeMs: nowMs } }
  }

  async #run(taskId: string, claimed: Stored, claimedRevision: number): Promise<void> {
    const { documents, log, limits } = this.#options
    let stored = claimed
    let revision = (await documents.get<Stored>('batch-load', taskId))?.revision ?? claimedRevision
    const put = async (next: Stored): Promise<void> => {
      if (!(await documents.put('batch-load', taskId, next, revision))) throw new Error(`the batch load task ${taskId} was taken over`)
      revision = (await documents.get<Stored>('batch-load', taskId))?.revision ?? revision + 1
      stored = next
    }
    try {
      const save = async ({ progress, ...checkpoint }: Checkpoint): Promise<void> =>
        put({ ...this.#changed(stored, { progress }), checkpoint })
      const end = await this.#load(claimed, save)
      const isWhole = end.errors.taskErrors.length === 0 && end.errors.fileErrors.length === 0
      if (!isWhole) await this.#report(stored, end.errors)
      await put(this.#changed(stored, { status: isWhole ? 'SUCCEEDED' : 'FAILED', progress: end.progress }))
    } catch (error) {
      // the next start goes on
      if (this.#stop.signal.aborted) return
      const isKnown = error instanceof ServerError && error.code !== 'INTERNAL'
      if (!isKnown) log.error('batch load stopped', { taskId, error: String(error) })
      const errorMessage = isKnown ? error.message.slice(0, 2048) : 'An internal error stopped the task.'
      const isFinal = isKnown && error.code === 'VALIDATION'
      if (isFinal) await this.#report(stored, { taskErrors: [errorMessage], fileErrors: [] }).catch(() => undefined)
      const resumableUntilMs = this.#options.clock.nowMs() + limits.batchLoadResumableMs
      await put(
        this.#changed(
          stored,
          isFinal ? { status: 'FAILED', errorMessage } : { status: 'PROGRESS_STOPPED', errorMessage, resumableUntilMs },
        ),
      ).catch((failure: unknown) => log.warn('batch load not recorded', { taskId, error: String(failure) }))
    }
  }

  #load({ task, dataModel, checkpoint, caller }: Stored, save: (checkpoint: Checkpoint) => Promise<void>): Promise<Checkpoint> {
    const { store, clock, limits, write } = this.#options
    const { databaseName, tableName, source, recordVersion } = task.input
    const from = { ...checkpoint, progress: task.progress }
    return loadFiles(
      {
        store,
        clock,
        limits,
        source,
        dataModel,
        databaseName,
        tableName,
        recordVersion,
        signal: this.#stop.signal,
        write: (input) => write(caller, input),
        save,
      },
      from,
    )
  }

  async #report({ task }: Stored, errors: Checkpoint['errors']): Promise<void> {
    const { bucketName, objectKeyPrefix, encryptionOption, kmsKeyId } = task.input.report
    const prefix = objectKeyPrefix === undefined ? '' : `${objectKeyPrefix.replace(/\/+$/, '')}/`
    await this.#options.store.put(
      bucketName,
      `${prefix}${task.taskId}/error_report.json`,
      JSON.stringify({ taskId: task.taskId, ...errors }),
      {
        contentType: 'application/json',
        ...(encryptionOption && { encryption: encryptionOption }),
        ...(kmsKeyId !== undefined && { kmsKeyId }),
      },
    )
  }
}

const modelBytes = 1024 * 1024

/** The same for the same token of the same principal, so that two nodes cannot make two tasks of one call. */
function newTaskId(caller: Caller, clientToken: string | undefined): string {
  const bytes =
    clientToken === undefined
      ? randomBytes(16)
      : createHash('sha256').update(`${caller.principal.name}\n${clientToken}`).digest().subarray(0, 16)
  return bytes.toString('hex').toUpperCase()
}

function sameRequest(stored: Stored, request: string, taskId: string): string {
  if (stored.request !== request) throw new ServerError('CONFLICT', 'A batch load task with this ClientToken and other parameters exists.')
  return taskId
}

/** A document holds what JSON holds: of the principal its name is enough. */
const withoutFunctions = (stored: Stored): Stored => {
  const { name, accessKeyId, isRoot } = stored.caller.principal
  return { ...stored, caller: { principal: { name, accessKeyId, isRoot }, requestId: stored.caller.requestId } }
}

function checkCsv({ ColumnSeparator, QuoteChar }: CreateBatchLoadInput['source']['csv'] = {}): void {
  if (ColumnSeparator !== undefined && !',|;\t '.includes(ColumnSeparator)) {
    throw new ServerError('VALIDATION', "CsvConfiguration.ColumnSeparator must be one of ',', '|', ';', a tab or a blank.")
  }
  if (QuoteChar !== undefined && QuoteChar !== '"' && QuoteChar !== "'") {
    throw new ServerError('VALIDATION', `CsvConfiguration.QuoteChar must be " or '.`)
  }
}
