import { ServerError } from '../../base/errors.ts'
import type { Limits } from '../../base/limits.ts'
import type { TableRecord } from '../../storage/table-record.ts'
import type { CreateTableInput, MagneticStoreWriteProperties, PartitionKey, RetentionProperties, S3Location } from '../database.ts'
import { checkColumnName } from '../write/names.ts'

/** What callers can say about a table, checked and with its defaults. Source: API reference, CreateTable and UpdateTable. */
export type TableProperties = Pick<
  TableRecord,
  'memoryStoreHours' | 'magneticStoreDays' | 'magneticStoreWrites' | 'rejectedDataLocation' | 'partitionKey'
>

/** @throws ServerError VALIDATION */
export function newTableProperties(input: CreateTableInput, limits: Limits): TableProperties {
  const { retention, magneticStoreWrites, compositePartitionKey } = input
  return {
    ...(retention === undefined
      ? { memoryStoreHours: limits.defaultMemoryRetentionHours, magneticStoreDays: limits.defaultMagneticRetentionDays }
      : readRetention(retention, limits)),
    ...(magneticStoreWrites === undefined ? { magneticStoreWrites: false } : readMagneticStoreWrites(magneticStoreWrites)),
    partitionKey: readPartitionKey(compositePartitionKey, limits),
  }
}

export function readRetention(
  retention: RetentionProperties,
  limits: Limits,
): Pick<TableProperties, 'memoryStoreHours' | 'magneticStoreDays'> {
  const { memoryStoreRetentionPeriodInHours: hours, magneticStoreRetentionPeriodInDays: days } = retention
  checkPeriod('memoryStoreRetentionPeriodInHours', hours, limits.memoryRetentionMinHours, limits.memoryRetentionMaxHours)
  checkPeriod('magneticStoreRetentionPeriodInDays', days, limits.magneticRetentionMinDays, limits.magneticRetentionMaxDays)
  return { memoryStoreHours: hours, magneticStoreDays: days }
}

function checkPeriod(member: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  const bound = value > most ? `less than or equal to ${most}` : `greater than or equal to ${least}`
  throw new ServerError(
    'VALIDATION',
    `1 validation error detected: Value '${value}' at 'retentionProperties.${member}' failed to satisfy constraint: Member must have value ${bound}`,
  )
}

export function readMagneticStoreWrites(
  properties: MagneticStoreWriteProperties,
): Pick<TableProperties, 'magneticStoreWrites' | 'rejectedDataLocation'> {
  const { enableMagneticStoreWrites, rejectedDataLocation } = properties
  return {
    magneticStoreWrites: enableMagneticStoreWrites,
    ...(rejectedDataLocation === undefined ? {} : { rejectedDataLocation: readLocation(rejectedDataLocation) }),
  }
}

function readLocation(location: S3Location): S3Location {
  const { bucketName, encryptionOption, kmsKeyId } = location
  if (bucketName === undefined) {
    throw new ServerError('VALIDATION', 'MagneticStoreRejectedDataLocation: S3Configuration needs a BucketName.')
  }
  if (kmsKeyId !== undefined && encryptionOption !== 'SSE_KMS') {
    throw new ServerError('VALIDATION', 'MagneticStoreRejectedDataLocation: KmsKeyId is only for the EncryptionOption SSE_KMS.')
  }
  return location
}

export function readPartitionKey(keys: readonly PartitionKey[] | undefined, limits: Limits): PartitionKey {
  if (keys === undefined) return { type: 'MEASURE' }
  const [key, ...more] = keys
  if (key === undefined) throw new ServerError('VALIDATION', 'CompositePartitionKey: at least 1 partition key must be given.')
  if (more.length > 0) {
    throw new ServerError(
      'VALIDATION',
      'You have specified too many partition keys to be used in your composite partition key. Only 1 partition keys can be specified.',
    )
  }
  const { type, name, enforcementInRecord } = key
  if (type === 'MEASURE') {
    if (name !== undefined || enforcementInRecord !== undefined) {
      throw new ServerError('VALIDATION', 'CompositePartitionKey: a key of type MEASURE has neither Name nor EnforcementInRecord.')
    }
    return { type }
  }
  if (name === undefined || name === '') throw new ServerError('VALIDATION', 'CompositePartitionKey: a key of type DIMENSION needs a Name.')
  checkColumnName('dimension', name, 'CompositePartitionKey', limits.dimensionNameBytes)
  return { type, name, enforcementInRecord: enforcementInRecord ?? 'OPTIONAL' }
}

/**
 * The partition key after an update: name and type stay for ever, only the enforcement may change.
 * @throws ServerError VALIDATION
 */
export function changePartitionKey(current: PartitionKey, keys: readonly PartitionKey[], limits: Limits): PartitionKey {
  const next = readPartitionKey(keys, limits)
  if (next.type !== current.type || next.name !== current.name) {
    throw new ServerError(
      'VALIDATION',
      'The partition key of a table cannot be changed after the table was created: only EnforcementInRecord of a DIMENSION key can.',
    )
  }
  const given = keys[0]?.enforcementInRecord
  return given === undefined ? current : { ...current, enforcementInRecord: given }
}
