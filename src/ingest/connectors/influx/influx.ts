import { ServerError } from '../../../base/errors.ts'
import { connector, type IngestAnswer, type IngestRequest } from '../../connector.ts'
import { creationOf, creationOptions } from '../../creation-options.ts'
import { unpackBody } from '../../http/body.ts'
import { text } from '../../option.ts'
import { answerJson, type Dialect, failureAnswer, noContent, writeAnswer } from './answers.ts'
import { LineDecoder } from './line-decoder.ts'
import { readPrecision } from './precision.ts'
import { runStatement } from './statements.ts'
import { writePoints } from './write-points.ts'

/** Line protocol, as InfluxDB 1, 2 and 3 take it. */
export const influx = connector({
  type: 'influx',
  summary: 'Line protocol over HTTP, as Telegraf and the client libraries of InfluxDB 1, 2 and 3 send it',
  options: {
    ...creationOptions,
    database: { summary: 'Database of requests that name none (db, bucket)', read: text },
    table: { summary: 'Table that takes all measurements; a table for each measurement when absent', read: text },
  },
  routes: [
    { name: 'write', method: 'POST', path: '/write' },
    { name: 'write-v2', method: 'POST', path: '/api/v2/write' },
    { name: 'write-v3', method: 'POST', path: '/api/v3/write_lp' },
    { name: 'query', method: 'POST', path: '/query' },
    { name: 'query', method: 'GET', path: '/query' },
    { name: 'ping', method: 'GET', path: '/ping', open: true },
  ],
  open: (options, { database, sink, clock, limits }) => {
    const decoder = new LineDecoder()
    const creation = creationOf(options)

    const write = async (request: IngestRequest, dialect: Dialect): Promise<IngestAnswer> => {
      const { query, headers, caller } = request
      const databaseName = query.get('db') ?? query.get('bucket') ?? options.database
      if (databaseName === undefined || databaseName === '') {
        throw new ServerError('VALIDATION', dialect === 1 ? 'database is required' : 'bucket is required')
      }
      const unitNs = readPrecision(query.get('precision'))
      const body = await unpackBody(request.body, headers['content-encoding'], limits.ingestBodyBytes)
      const decoded = decoder.decode(body, { unitNs, nowNs: (clock.nowNs() / unitNs) * unitNs })
      // InfluxDB 1 names a retention policy behind the database: `db/rp`
      const plan = { databaseName: databaseName.replace(/\/(?:autogen)?$/, ''), table: options.table, creation }
      const written = await writePoints(sink, caller, decoded, plan)
      if (written.error !== undefined) throw written.error
      return writeAnswer(dialect, written, decoded.faults)
    }

    const statement = async ({ query, headers, body, caller }: IngestRequest): Promise<IngestAnswer> => {
      const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
      const form = isForm ? new URLSearchParams(body.toString()) : new URLSearchParams()
      const statementText = query.get('q') ?? form.get('q')
      if (statementText === null) throw new ServerError('VALIDATION', 'missing required parameter "q"')
      return answerJson(200, await runStatement(database, caller, statementText))
    }

    return {
      handle: async (request) => {
        switch (request.route) {
          case 'ping':
            return request.query.get('verbose') === 'true' ? answerJson(200, { version: '1.8.10' }) : noContent
          case 'query':
            return statement(request)
          default:
            return write(request, dialectOf(request.route))
        }
      },
      failure: (error, route) => failureAnswer(dialectOf(route), error),
    }
  },
})

const dialectOf = (route: string): Dialect => (route === 'write-v2' || route === 'write-v3' ? 2 : 1)
