import { ServerError } from '../../../base/errors.ts'
import { connector, type SourceMessage } from '../../connector.ts'
import { createPayloadDecoder } from '../../mapping/payload-decoder.ts'
import { PartlyDecoded } from '../../partly-decoded.ts'
import type { TableRecords } from '../../record-sink.ts'
import { userRecordsOf } from './aggregated-record.ts'
import { consumeStream } from './consume-stream.ts'
import { kinesisOptions } from './kinesis-options.ts'

/** Reads a stream of Kinesis; several nodes share its shards. */
export const kinesis = connector({
  type: 'kinesis',
  summary: 'Records of a stream of Kinesis Data Streams: JSON, CSV or line protocol, aggregated or not',
  options: kinesisOptions,
  open: (options, { name, database, clock, log }) => {
    const decodePayload = createPayloadDecoder(options)
    return {
      decode({ payload, receivedAtMs }: SourceMessage) {
        const tables: TableRecords[] = []
        const failures: string[] = []
        const userRecords = userRecordsOf(payload)
        for (const [i, userRecord] of userRecords.entries()) {
          try {
            tables.push(...decodePayload(userRecord, receivedAtMs))
          } catch (error) {
            if (!(error instanceof ServerError)) throw error
            if (error instanceof PartlyDecoded) tables.push(...error.tables)
            failures.push(userRecords.length === 1 ? error.message : `User record ${i + 1}: ${error.message}`)
          }
        }
        if (failures.length > 0) throw new PartlyDecoded(failures.slice(0, 3).join(' '), tables)
        return tables
      },
      consume: (pipeline, signal) =>
        consumeStream(options, { positions: database.connectors.positions(name), clock, log, pipeline, signal }),
    }
  },
})
