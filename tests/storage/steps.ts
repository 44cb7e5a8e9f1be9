import type { WriteRecord } from '../../src/storage/writer/write-record.ts'

const names = ['host']

/** A record of one of some hosts. */
export interface Step {
  readonly host: number
  readonly time: number
  readonly version: number
  readonly value: number | string
}

export const record = ({ host, time, version, value }: Step, index = 0): WriteRecord => ({
  index,
  timeNs: BigInt(time),
  version: BigInt(version),
  store: 'memory',
  measureName: 'm',
  dimensions: { names, values: [`host${host}`] },
  value: typeof value === 'string' ? { kind: 'single', type: 'varchar', value } : { kind: 'single', type: 'double', value },
})
export const step = (time: number, over: Partial<Step> = {}): Step => ({ host: 1, time, version: 1, value: time, ...over })
