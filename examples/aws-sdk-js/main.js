// Writes an hour of room temperatures with the official AWS SDK for JavaScript and asks for five-minute averages.
// Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as `npm start` printed them.
import { paginateQuery, TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteDatabaseCommand,
  DeleteTableCommand,
  TimestreamWriteClient,
  WriteRecordsCommand,
} from '@aws-sdk/client-timestream-write'

const connection = { region: 'us-east-1', endpoint: process.env.TIDEMARK_ENDPOINT ?? 'http://127.0.0.1:8470' }
const write = new TimestreamWriteClient(connection)
const query = new TimestreamQueryClient(connection)
const DatabaseName = 'example_js'
const TableName = 'rooms'

await write.send(new CreateDatabaseCommand({ DatabaseName }))
await write.send(
  new CreateTableCommand({
    DatabaseName,
    TableName,
    RetentionProperties: { MemoryStoreRetentionPeriodInHours: 24, MagneticStoreRetentionPeriodInDays: 365 },
  }),
)

const now = Date.now()
const answer = await write.send(
  new WriteRecordsCommand({
    DatabaseName,
    TableName,
    CommonAttributes: {
      Dimensions: [
        { Name: 'building', Value: 'north' },
        { Name: 'room', Value: '12' },
      ],
      MeasureName: 'climate',
      MeasureValueType: 'MULTI',
    },
    Records: Array.from({ length: 60 }, (_, minute) => ({
      Time: String(now - minute * 60_000),
      MeasureValues: [
        { Name: 'temperature', Value: String(20 + Math.sin(minute / 10)), Type: 'DOUBLE' },
        { Name: 'people', Value: String(minute % 4), Type: 'BIGINT' },
      ],
    })),
  }),
)
console.log(`records ingested: ${answer.RecordsIngested.Total}`)

const QueryString = `
  SELECT bin(time, 5m) AS five_minutes, round(avg(temperature), 2) AS temperature, max(people) AS people
  FROM "${DatabaseName}"."${TableName}"
  WHERE room = '12' AND time > ago(2h)
  GROUP BY 1 ORDER BY 1`
let rows = 0
for await (const page of paginateQuery({ client: query, pageSize: 5 }, { QueryString })) {
  for (const row of page.Rows) {
    rows++
    console.log(row.Data.map((datum) => datum.ScalarValue).join('  '))
  }
}
console.log(`rows: ${rows}`)

await write.send(new DeleteTableCommand({ DatabaseName, TableName }))
await write.send(new DeleteDatabaseCommand({ DatabaseName }))
console.log('done')
