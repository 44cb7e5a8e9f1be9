import { ServerError } from '../../../../base/errors.ts'
import type { IngestRecord, MeasureValue, SeriesDimensions } from '../../../../database/write/ingest-record.ts'
import { epochTime } from '../../../mapping/mapped-value.ts'
import { SharedNames } from '../../../mapping/shared-names.ts'
import type { EpochTimeUnit } from '../../../mapping/timestream-parameters.ts'
import { object, type OptionValue } from '../../../option.ts'
import type { TableRecords } from '../../../record-sink.ts'
import type { RuleScope } from './rule-scope.ts'
import { asVersionHolds, isList, isObject, type RuleValue, type SqlVersion } from './rule-value.ts'
import { parseTemplate, type Template } from './template.ts'

/** Turns what a rule selected into records. @throws ServerError VALIDATION saying what does not fit */
export type TimestreamAction = (result: RuleValue, scope: RuleScope) => readonly TableRecords[]

const units = ['SECONDS', 'MILLISECONDS', 'MICROSECONDS', 'NANOSECONDS'] as const
const members = ['roleArn', 'databaseName', 'tableName', 'dimensions', 'timestamp', 'batchMode']
const mostDimensions = 128
const mostMeasures = 100
const mostElements = 10_000
const rememberedSeries = 10_000

/**
 * The action `timestream` of an AWS IoT rule: every attribute of the result becomes a single-measure record, its type found out from the value. The role is
 * not looked at. With `batchMode`, each element of a result that is a list is a result; templates look into the element first.
 * Source: AWS IoT Core developer guide, "Timestream" (rule action).
 * @throws ServerError VALIDATION naming the member that is wrong
 */
export function readTimestreamAction(value: OptionValue, version: SqlVersion): TimestreamAction {
  const json = known(value, 'timestream', members)
  const database = parseTemplate(required(json['databaseName'], 'databaseName'), 'databaseName', version)
  const table = parseTemplate(required(json['tableName'], 'tableName'), 'tableName', version)
  const dimensions = readDimensions(json['dimensions'], version)
  const time = json['timestamp'] === undefined ? undefined : readTimestamp(json['timestamp'], version)
  const batchMode = json['batchMode'] ?? false
  if (typeof batchMode !== 'boolean') throw invalid('batchMode', 'is neither true nor false')
  const series = new SeriesOf(dimensions)

  const tableRecords = (result: RuleValue, scope: RuleScope): TableRecords => {
    if (!isObject(result)) throw invalid('The result of the rule', 'is no object with attributes')
    return {
      databaseName: database(scope),
      tableName: table(scope),
      records: recordsOf(result, series.find(scope), time?.(scope) ?? BigInt(scope.message.receivedAtMs) * 1_000_000n, version),
    }
  }

  return (result, scope) => {
    if (!batchMode || !isList(result)) return [tableRecords(result, scope)]
    if (result.length > mostElements) throw invalid('The result of the rule', `has more than ${mostElements} elements`)
    return result.map((each) =>
      tableRecords(each, { ...scope, value: isObject(each) && isObject(scope.value) ? { ...scope.value, ...each } : each }),
    )
  }
}

function recordsOf(
  result: { readonly [name: string]: RuleValue },
  dimensions: SeriesDimensions,
  timeNs: bigint,
  version: SqlVersion,
): readonly IngestRecord[] {
  const records: IngestRecord[] = []
  for (const [measureName, found] of Object.entries(result)) {
    if (found === undefined || found === null) continue
    records.push({ timeNs, measureName, dimensions, value: measureOf(measureName, found, version) })
  }
  if (records.length === 0) throw invalid('The result of the rule', 'has no attribute with a value')
  if (records.length > mostMeasures)
    throw invalid('The result of the rule', `has ${records.length} attributes; ${mostMeasures} are the most`)
  return records
}

const leastLong = -(2n ** 63n)
const greatestLong = 2n ** 63n - 1n

function measureOf(name: string, found: RuleValue, version: SqlVersion): MeasureValue {
  if (typeof found === 'boolean') return { kind: 'single', type: 'boolean', value: found }
  if (typeof found === 'string') return { kind: 'single', type: 'varchar', value: found }
  const value = typeof found === 'number' ? asVersionHolds(found, version) : found
  if (typeof value === 'number') return { kind: 'single', type: 'double', value }
  if (typeof value !== 'bigint')
    throw invalid(`The attribute ${JSON.stringify(name)}`, 'is an object or a list; only single values can be stored')
  if (value < leastLong || value > greatestLong) throw invalid(`The attribute ${JSON.stringify(name)}`, 'is no integer of 64 bits')
  return { kind: 'single', type: 'bigint', value }
}

interface Dimension {
  readonly name: string
  readonly value: Template
}

/** One object for each series, as long as there are not too many. */
class SeriesOf {
  readonly #dimensions: readonly Dimension[]
  readonly #names: readonly string[]
  readonly #known = new Map<string, SeriesDimensions>()

  constructor(dimensions: readonly Dimension[]) {
    this.#dimensions = dimensions
    this.#names = new SharedNames().list(dimensions.map(({ name }) => name))
  }

  find(scope: RuleScope): SeriesDimensions {
    const values = this.#dimensions.map(({ value }) => value(scope))
    const key = JSON.stringify(values)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size >= rememberedSeries) this.#known.clear()
    const series = { names: this.#names, values }
    this.#known.set(key, series)
    return series
  }
}

function readDimensions(value: OptionValue | undefined, version: SqlVersion): readonly Dimension[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > mostDimensions)
    throw invalid('dimensions', `is not a list of 1 to ${mostDimensions} entries`)
  const dimensions = value.map((each: OptionValue, i): Dimension => {
    const member = `dimensions[${i}]`
    const json = known(each, member, ['name', 'value'])
    const name = required(json['name'], `${member}.name`)
    if (/^(?:measure_name|time|ts_.*|measure_value.*)$/.test(name) || name.includes(':')) {
      throw invalid(
        `${member}.name`,
        `is ${JSON.stringify(name)}; no dimension may be measure_name or time, start with ts_ or measure_value, or have a colon`,
      )
    }
    return { name, value: parseTemplate(required(json['value'], `${member}.value`), `${member}.value`, version) }
  })
  const names = dimensions.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw invalid('dimensions', `has ${JSON.stringify(twice)} twice`)
  return dimensions
}

function readTimestamp(value: OptionValue, version: SqlVersion): (scope: RuleScope) => bigint {
  const json = known(value, 'timestamp', ['value', 'unit'])
  const template = parseTemplate(required(json['value'], 'timestamp.value'), 'timestamp.value', version)
  const unit = units.find((each): each is EpochTimeUnit => each === json['unit'])
  if (unit === undefined) throw invalid('timestamp.unit', `is not one of ${units.join(', ')}`)
  return (scope) => {
    const text = template(scope)
    const timeNs = epochTime(text, unit)
    if (timeNs === undefined)
      throw invalid('timestamp.value', `is ${JSON.stringify(text.slice(0, 60))}, no number of ${unit.toLowerCase()}`)
    return timeNs
  }
}

export function known(value: OptionValue, member: string, names: readonly string[]): { readonly [name: string]: OptionValue } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(member, 'is not an object')
  const json = object(value)
  const unknown = Object.keys(json).find((name) => !names.includes(name))
  if (unknown !== undefined) throw invalid(member, `has no member ${JSON.stringify(unknown)}; it has ${names.join(', ')}`)
  return json
}

export function required(value: OptionValue | undefined, member: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 2048) throw invalid(member, 'is not a text of 1 to 2048 characters')
  return value
}

const invalid = (what: string, why: string): ServerError => new ServerError('VALIDATION', `${what} ${why}.`)
