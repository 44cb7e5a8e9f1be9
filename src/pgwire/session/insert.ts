import type { RecordInput, MeasureValueType } from '../../database/write/record.ts'
import type { QueryParameters } from '../../database/query/open-rows.ts'
import type { ResultColumn } from '../../database/database.ts'
import { quoteName } from '../catalog/catalog-snapshot.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Session } from './session.ts'

interface Insert {
  readonly databaseName: string | undefined
  readonly tableName: string
  readonly columns: readonly string[]
  /** VALUES … or a query. */
  readonly rows: string
}

const name = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_]\w*)`
const head = new RegExp(
  String.raw`^\s*insert\s+into\s+(?:(${name})\s*\.\s*)?(${name})\s*\(\s*(${name}(?:\s*,\s*${name})*)\s*\)\s*([\s\S]+)$`,
  'i',
)
const unquoted = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text)

/** @throws ProtocolError */
export function readInsert(statement: string): Insert {
  const parts = head.exec(statement)
  if (!parts) throw new ProtocolError('42601', 'INSERT INTO table (column, …) VALUES (…), … is expected, with the names of the columns')
  const [, database, table = '', list = '', rows = ''] = parts
  if (/\breturning\b[^']*$/i.test(rows) || /\bon\s+conflict\b[^']*$/i.test(rows))
    throw new ProtocolError('0A000', 'RETURNING and ON CONFLICT are not supported')
  const columns = [...list.matchAll(new RegExp(name, 'g'))].map(([written]) => unquoted(written))
  return { databaseName: database === undefined ? undefined : unquoted(database), tableName: unquoted(table), columns, rows }
}

interface Known {
  readonly role: Role
  readonly type: string
}
type Role = 'DIMENSION' | 'MEASURE_NAME' | 'TIMESTAMP' | 'MEASURE_VALUE' | 'MULTI'
const measureTypes: Readonly<Record<string, MeasureValueType>> = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  varchar: 'VARCHAR',
  timestamp: 'TIMESTAMP',
}
const recordsAtOnce = 100

/**
 * Writes rows through the product's write path, as records of many measures; answers how many. The columns `time` and `measure_name` (the table's name when
 * absent) and the dimensions are those of the table; of new columns texts become dimensions and all else measures.
 * @throws ServerError REJECTED_RECORDS …
 */
export async function insertStatement(statement: string, parameters: QueryParameters, session: Session): Promise<number> {
  const insert = readInsert(statement)
  const databaseName = insert.databaseName ?? session.databaseName
  if (databaseName === '')
    throw new ProtocolError('3F000', `the database of ${insert.tableName} is not known: write database.table, or connect to the database`)
  if (!insert.columns.includes('time')) throw new ProtocolError('23502', 'the column time is missing')
  const roles = await rolesOf(databaseName, insert.tableName, session)
  const names = insert.columns.map(quoteName)
  const selected = insert.columns.map((column) => {
    const quoted = quoteName(column)
    if (column === 'time') return 'to_nanoseconds(CAST(v."time" AS timestamp)) AS "time"'
    const known = roles.get(column)
    return known ? `CAST(v.${quoted} AS ${known.type}) AS ${quoted}` : `v.${quoted}`
  })
  const result = await session.open(`SELECT ${selected.join(', ')} FROM (${insert.rows}) AS v(${names.join(', ')})`, parameters, [])
  const { columns } = result
  const rows = await session.running(result, () => result.texts())
  const records = rows.map((row) => recordOf(row, columns, roles, insert.tableName))
  for (let start = 0; start < records.length; start += recordsAtOnce) {
    await session.write({ databaseName, tableName: insert.tableName, records: records.slice(start, start + recordsAtOnce) })
  }
  return records.length
}

async function rolesOf(databaseName: string, tableName: string, session: Session): Promise<ReadonlyMap<string, Known>> {
  const described = await session.open(`DESCRIBE ${quoteName(databaseName)}.${quoteName(tableName)}`, {}, [])
  const rows = await session.running(described, () => described.texts())
  return new Map(rows.map(([column, type, role]) => [column ?? '', { role: role as Role, type: type ?? 'varchar' }]))
}

function recordOf(
  row: readonly (string | null)[],
  columns: readonly ResultColumn[],
  roles: ReadonlyMap<string, Known>,
  tableName: string,
): RecordInput {
  const dimensions: { Name: string; Value: string }[] = []
  const measures: { Name: string; Value: string; Type: MeasureValueType }[] = []
  let single: { MeasureValue: string; MeasureValueType: MeasureValueType } | undefined
  let time: string | undefined
  let measureName = tableName
  columns.forEach(({ name: column, type }, index) => {
    const cell = row[index]
    if (cell === null || cell === undefined) return
    const typeName = type.kind === 'scalar' ? type.name : type.kind
    const isText = typeName === 'varchar'
    const role =
      column === 'time'
        ? 'TIMESTAMP'
        : (roles.get(column)?.role ?? (column === 'measure_name' ? 'MEASURE_NAME' : isText ? 'DIMENSION' : 'MULTI'))
    const measureType = measureTypes[typeName]
    if (column === 'time') time = cell
    else if (role === 'MEASURE_NAME') measureName = cell
    else if (role === 'DIMENSION') dimensions.push({ Name: column, Value: cell })
    else if (measureType === undefined) throw new ProtocolError('42804', `the column ${column} of type ${typeName} cannot be stored`)
    else if (role === 'MEASURE_VALUE') single = { MeasureValue: valueOf(cell, measureType), MeasureValueType: measureType }
    else measures.push({ Name: column, Value: valueOf(cell, measureType), Type: measureType })
  })
  if (time === undefined) throw new ProtocolError('23502', 'the column time is NULL')
  const measured: RecordInput = single ?? { MeasureValueType: 'MULTI', MeasureValues: measures }
  return { Dimensions: dimensions, MeasureName: measureName, Time: time, TimeUnit: 'NANOSECONDS', ...measured }
}

/** The write path's text of a value in PostgreSQL's. */
function valueOf(cell: string, type: MeasureValueType): string {
  if (type === 'BOOLEAN') return cell === 't' ? 'true' : 'false'
  if (type !== 'TIMESTAMP') return cell
  const [, second = '', fraction = ''] = /^(.{19})(?:\.(\d+))?/.exec(cell) ?? []
  return String(BigInt(Date.parse(`${second.replace(' ', 'T')}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0')))
}
