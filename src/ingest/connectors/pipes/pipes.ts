import { ServerError } from '../../../base/errors.ts'
import { parseBody } from '../../../base/parse-json.ts'
import { connector, type IngestAnswer, type IngestRequest } from '../../connector.ts'
import { creationOf, creationOptions } from '../../creation-options.ts'
import { unpackBody } from '../../http/body.ts'
import { httpStatus } from '../../http/register.ts'
import { createEventMapper, type EventMapper } from '../../mapping/event-mapper.ts'
import { readTimestreamParameters } from '../../mapping/timestream-parameters.ts'
import type { OptionValue } from '../../option.ts'
import { decodePipesRequest, type PipesRequest } from './decode.ts'

const json = { 'content-type': 'application/json' }

/** What EventBridge Pipes does for its target Timestream, as a request: parameters and events in, records out. */
export const pipes = connector({
  type: 'pipes',
  summary: 'Events as JSON with the TimestreamParameters of EventBridge Pipes, for pipes, functions and webhooks',
  options: creationOptions,
  routes: [{ name: 'put', method: 'POST', path: '/pipes/events' }],
  open: (options, { sink, limits }) => {
    const creation = creationOf(options)
    /** Of the parameters that came last: a pipe sends the same ones again and again. */
    let last: { readonly key: string; readonly map: EventMapper } | undefined

    const mapperOf = (parameters: OptionValue): EventMapper => {
      const key = JSON.stringify(parameters)
      if (last?.key !== key) last = { key, map: createEventMapper(readTimestreamParameters(parameters)) }
      return last.map
    }

    const put = async ({ caller, body, headers }: IngestRequest): Promise<IngestAnswer> => {
      const unpacked = await unpackBody(body, headers['content-encoding'], limits.ingestBodyBytes)
      const request: PipesRequest = decodePipesRequest(parseBody(unpacked))
      const map = mapperOf(request.TimestreamParameters)
      const records = []
      const owners: number[] = []
      const failures = new Map<number, string>()
      for (const [index, event] of request.Events.entries()) {
        try {
          for (const record of map(event)) {
            records.push(record)
            owners.push(index)
          }
        } catch (error) {
          if (!(error instanceof ServerError)) throw error
          failures.set(index, error.message)
        }
      }
      const { DatabaseName: databaseName, TableName: tableName } = request
      const [outcome] = records.length === 0 ? [] : await sink.write(caller, [{ databaseName, tableName, records }], creation)
      if (outcome?.error !== undefined) throw outcome.error
      for (const { index, reason } of outcome?.rejected ?? []) failures.set(owners[index]!, reason)
      const answer = {
        RecordsIngested: outcome?.accepted ?? 0,
        FailedEventCount: failures.size,
        FailedEvents: [...failures].sort(([a], [b]) => a - b).map(([EventIndex, Reason]) => ({ EventIndex, Reason })),
      }
      return { status: 200, headers: json, body: JSON.stringify(answer) }
    }

    return {
      handle: put,
      failure: (error) => ({
        status: httpStatus(error),
        headers: json,
        body: JSON.stringify({
          __type: error.definition.exception,
          Message: error.definition.masked ? 'Internal server error' : error.message,
        }),
      }),
    }
  },
})
