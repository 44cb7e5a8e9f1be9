import { lastWriterWins, versioningTag } from '../database/write/versioning.ts'
import type { Creation } from './record-sink.ts'
import { onOrOff, wholeNumber, type ConnectorOptionValues } from './option.ts'

/** Options that all connectors have which may make databases and tables. */
export const creationOptions = {
  createDatabases: { summary: 'Make databases that are missing', fallback: false, read: onOrOff },
  createTables: { summary: 'Make tables that are missing', fallback: true, read: onOrOff },
  memoryStoreHours: {
    summary: 'Retention in the memory store, in hours, of tables that it makes; the default of CreateTable when absent',
    read: wholeNumber(1, 8766),
  },
  magneticStoreDays: {
    summary: 'Retention in the magnetic store, in days, of tables that it makes; the default of CreateTable when absent',
    read: wholeNumber(1, 73_000),
  },
  lastWriterWins: {
    summary: 'Whether tables that it makes keep the last of several records with one identity instead of the first, as InfluxDB does',
    fallback: false,
    read: onOrOff,
  },
  magneticStoreWrites: { summary: 'Whether tables that it makes take records older than the memory store', fallback: true, read: onOrOff },
} as const

const defaultMemoryHours = 6
const defaultMagneticDays = 73_000

export function creationOf(options: ConnectorOptionValues<typeof creationOptions>): Creation {
  const { memoryStoreHours, magneticStoreDays } = options
  return {
    databases: options.createDatabases,
    tables: options.createTables,
    table: {
      magneticStoreWrites: { enableMagneticStoreWrites: options.magneticStoreWrites },
      ...(options.lastWriterWins && { tags: [{ key: versioningTag, value: lastWriterWins }] }),
      ...((memoryStoreHours !== undefined || magneticStoreDays !== undefined) && {
        retention: {
          memoryStoreRetentionPeriodInHours: memoryStoreHours ?? defaultMemoryHours,
          magneticStoreRetentionPeriodInDays: magneticStoreDays ?? defaultMagneticDays,
        },
      }),
    },
  }
}
