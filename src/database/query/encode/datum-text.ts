import { escaped } from './row-encoder.ts'

/** A row and its values as the API writes them, for rows that do not come from the engine. */
export const scalar = (value: string): string => `{"ScalarValue":"${escaped(value)}"}`
export const row = (...datums: readonly string[]): string => `{"Data":[${datums.join(',')}]}`
