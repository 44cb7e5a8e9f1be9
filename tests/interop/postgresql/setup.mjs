// Makes the database that the clients look at: `plant` with the table `pumps` of 2,500 rows and the empty tables `incoming_…`.
import { CreateDatabaseCommand, CreateTableCommand, TimestreamWriteClient } from '@aws-sdk/client-timestream-write'
import postgres from 'postgres'

const write = new TimestreamWriteClient({ endpoint: process.env.AWS_ENDPOINT_URL })
await write.send(new CreateDatabaseCommand({ DatabaseName: 'plant' }))
for (const TableName of ['pumps', 'incoming_js', 'incoming_python', 'incoming_java', 'incoming_psql'])
  await write.send(new CreateTableCommand({ DatabaseName: 'plant', TableName }))
const sql = postgres()
await sql.unsafe(
  `INSERT INTO pumps (time, site, pressure, strokes, running, checked)
   SELECT now() - n * interval '1 second', 's' || (n % 3)::text, n / 2.0, n, n % 2 = 0, timestamp '2026-01-02 03:04:05.678901'
   FROM generate_series(1, 2500) AS g(n)`,
)
await sql.end()
