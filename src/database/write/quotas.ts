import type { Limits } from '../../base/limits.ts'
import type { TableRecord } from '../../storage/table-record.ts'
import type { ReadRecord } from './read-record.ts'
import { cellBytes } from './values.ts'

/**
 * Why the table does not take the record, apart from its time and its columns; undefined when it does. These faults reject the one
 * record. Source: developer guide, "Quotas" and "Customer-defined partition keys".
 */
export function quotaReason(record: ReadRecord, partitionKey: TableRecord['partitionKey'], limits: Limits): string | undefined {
  const { dimensions, value } = record
  if (partitionKey.enforcementInRecord === 'REQUIRED' && partitionKey.name !== undefined && !dimensions.names.includes(partitionKey.name)) {
    return `The record does not have the dimension ${partitionKey.name}, which the partition key of the table requires.`
  }
  const seriesBytes = dimensionBytes(record, limits.seriesBytes)
  if (seriesBytes > limits.seriesBytes) {
    return `The dimension names and values of a record have at most ${limits.seriesBytes} bytes together, not ${seriesBytes}.`
  }
  // values have a quota of their own; the rest of the record is time, dimensions and measure name
  const recordBytes = 8 + seriesBytes + 3 * record.measureName.length
  if (recordBytes > limits.recordBytes) {
    const exact = 8 + dimensionBytes(record, 0) + Buffer.byteLength(record.measureName)
    if (exact > limits.recordBytes) return `A record without its values has at most ${limits.recordBytes} bytes, not ${exact}.`
  }
  if (value.kind === 'single') return undefined
  const count = value.values.length
  if (count > limits.measuresPerRecord) return `A multi-measure record has at most ${limits.measuresPerRecord} measures, not ${count}.`
  let valueBytes = 0
  for (let i = 0; i < count; i++) valueBytes += cellBytes(value.shape.types[i]!, value.values[i]!)
  return valueBytes > limits.measureValueBytes
    ? `The values of a multi-measure record have at most ${limits.measureValueBytes} bytes together, not ${valueBytes}.`
    : undefined
}

/** Exact when above `limit`; else an upper bound that is not above it. */
function dimensionBytes({ dimensions: { names, values } }: ReadRecord, limit: number): number {
  let units = 0
  for (let i = 0; i < names.length; i++) units += names[i]!.length + values[i]!.length
  // UTF-8 has at most three bytes for a UTF-16 code unit
  if (units * 3 <= limit) return units * 3
  let bytes = 0
  for (let i = 0; i < names.length; i++) bytes += Buffer.byteLength(names[i]!) + Buffer.byteLength(values[i]!)
  return bytes
}
