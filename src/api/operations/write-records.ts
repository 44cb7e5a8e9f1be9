import type {
  Dimension,
  MeasureValue,
  _Record as WireRecord,
  WriteRecordsRequest,
  WriteRecordsResponse,
} from '@aws-sdk/client-timestream-write'
import type { WriteResult } from '../../database/database.ts'
import type { RecordInput } from '../../database/write/record.ts'
import { operation } from '../operation.ts'
import { list, long, oneOf, required, string, structure } from '../shape.ts'

const measureValueType = oneOf('DOUBLE', 'BIGINT', 'VARCHAR', 'BOOLEAN', 'TIMESTAMP', 'MULTI')
const measureValue = string({ min: 1, max: 'measureValueBytes' })

export const recordShape = structure<WireRecord>({
  Dimensions: list(
    structure<Dimension>({ Name: required(string({ min: 1 })), Value: required(string()), DimensionValueType: oneOf('VARCHAR') }),
    { max: 'dimensionsPerTable' },
  ),
  MeasureName: string({ min: 1 }),
  MeasureValue: measureValue,
  MeasureValueType: measureValueType,
  Time: string({ min: 1, max: 256 }),
  TimeUnit: oneOf('MILLISECONDS', 'SECONDS', 'MICROSECONDS', 'NANOSECONDS'),
  Version: long(),
  MeasureValues: list(
    structure<MeasureValue>({ Name: required(string({ min: 1 })), Value: required(measureValue), Type: required(measureValueType) }),
  ),
})

/** The records are handed on as they were parsed: the database's records have the wire's member names. */
type Input = Omit<WriteRecordsRequest, 'Records' | 'CommonAttributes'> & { Records: RecordInput[]; CommonAttributes?: RecordInput }

const answer = ({ total, memoryStore, magneticStore }: WriteResult): WriteRecordsResponse => ({
  RecordsIngested: { Total: total, MemoryStore: memoryStore, MagneticStore: magneticStore },
})

export const writeRecords = operation<Input, WriteRecordsResponse>({
  name: 'WriteRecords',
  service: 'write',
  action: 'timestream:WriteRecords',
  summary: 'Writes records; those that are not rejected are durable when it answers.',
  input: structure<WriteRecordsRequest>({
    DatabaseName: required(string()),
    TableName: required(string()),
    CommonAttributes: recordShape,
    Records: required(list(recordShape, { min: 1, max: 'recordsPerWrite' })),
  }),
  // not async: its frame would keep the records until the disk has them
  handle: (input, { database, caller }) =>
    database
      .write(caller, {
        databaseName: input.DatabaseName,
        tableName: input.TableName,
        ...(input.CommonAttributes && { commonAttributes: input.CommonAttributes }),
        records: input.Records,
      })
      .then(answer),
})
