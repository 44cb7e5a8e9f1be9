import type { Dimension, MeasureValueType, _Record } from '@aws-sdk/client-timestream-write'
import { seededRandom } from './random.ts'

/** A value by measure name, and its type. */
type Measures = Readonly<Record<string, readonly [value: string, type: MeasureValueType]>>

/** One thing that reports: what it is, and what it says each time. */
export interface Source {
  readonly dimensions: readonly Dimension[]
  next(): Measures
}

/** What the tables of a sample have in common; the single-measure one and its multi-measure twin hold the same values. */
export interface Sample {
  readonly singleTable: string
  readonly multiTable: string
  readonly multiMeasureName: string
  readonly intervalMs: number
  sources(count: number): readonly Source[]
}

const dimensionsOf = (values: Readonly<Record<string, string>>): readonly Dimension[] =>
  Object.entries(values).map(([Name, Value]) => ({ Name, Value }))

const double = (value: number): readonly [string, MeasureValueType] => [value.toFixed(2), 'DOUBLE']
const bigint = (value: number): readonly [string, MeasureValueType] => [String(Math.round(value)), 'BIGINT']

/** A walk that stays between two bounds. */
function walk(next: () => number, low: number, high: number, step: number): () => number {
  let value = low + next() * (high - low)
  return () => (value = Math.min(high, Math.max(low, value + (next() - 0.5) * 2 * step)))
}

const regions = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-west-1'] as const

/** Hosts with processor, memory, network and requests. */
export const devOps: Sample = {
  singleTable: 'DevOps',
  multiTable: 'DevOpsMulti',
  multiMeasureName: 'DevOpsMulti-stats',
  intervalMs: 15_000,
  sources: (count) =>
    Array.from({ length: count }, (_, i) => {
      const next = seededRandom(1000 + i)
      const region = regions[i % regions.length]!
      const base = [5, 50, 88][i % 3]!
      const cpu = walk(next, base - 5, base + 10, 3)
      const memory = walk(next, 20, 95, 1)
      const [bytesIn, bytesOut, requests] = [walk(next, 1e3, 1e6, 5e4), walk(next, 1e3, 1e6, 5e4), walk(next, 10, 5000, 200)]
      return {
        dimensions: dimensionsOf({ region, az: `${region}-${(i % 3) + 1}`, hostname: `host-${String(i + 1).padStart(3, '0')}` }),
        next: () => ({
          cpu_utilization: double(cpu()),
          memory_utilization: double(memory()),
          network_bytes_in: bigint(bytesIn()),
          network_bytes_out: bigint(bytesOut()),
          request: bigint(requests()),
          service_error: bigint(next() < 0.05 ? next() * 20 : 0),
        }),
      }
    }),
}

const trucks = [
  ['Peterbilt', '359', '150', '1000'],
  ['Peterbilt', '362', '150', '500'],
  ['Kenworth', 'W925', '150', '1000'],
  ['GMC', 'Astro', '100', '500'],
] as const
const fleets = ['Alpha', 'Bravo', 'Charlie', 'Delta'] as const

/** Trucks with fuel, load, speed and place. The fuel goes down and is filled up again. */
export const iot: Sample = {
  singleTable: 'IoT',
  multiTable: 'IoTMulti',
  multiMeasureName: 'IoTMulti-stats',
  intervalMs: 60_000,
  sources: (count) =>
    Array.from({ length: count }, (_, i) => {
      const next = seededRandom(2000 + i)
      const [make, model, fuel_capacity, load_capacity] = trucks[i % trucks.length]!
      let fuel = next() * Number(fuel_capacity)
      const speed = walk(next, 0, 80, 8)
      const load = walk(next, 0, Number(load_capacity), 20)
      const [latitude, longitude] = [walk(next, 29, 48, 0.02), walk(next, 80, 122, 0.02)]
      return {
        dimensions: dimensionsOf({
          truck_id: String(1_000_000 + i * 7919),
          make,
          model,
          fleet: fleets[i % fleets.length]!,
          fuel_capacity,
          load_capacity,
        }),
        next: () => {
          fuel -= next()
          if (fuel < 2) fuel = Number(fuel_capacity)
          return {
            'fuel-reading': double(fuel),
            load: double(load()),
            speed: double(speed()),
            location: [`${latitude().toFixed(4)} N, ${longitude().toFixed(4)} W`, 'VARCHAR'],
          }
        },
      }
    }),
}

export const samples: readonly Sample[] = [devOps, iot]

/** The records of one source at one time: a record for each measure, and one for all of them. */
export function recordsAt(
  sample: Sample,
  source: Source,
  timeMs: number,
): { readonly single: readonly _Record[]; readonly multi: _Record } {
  const measures = Object.entries(source.next())
  const common: _Record = { Dimensions: [...source.dimensions], Time: String(timeMs), TimeUnit: 'MILLISECONDS' }
  return {
    single: measures.map(([MeasureName, [MeasureValue, MeasureValueType]]) => ({ ...common, MeasureName, MeasureValue, MeasureValueType })),
    multi: {
      ...common,
      MeasureName: sample.multiMeasureName,
      MeasureValueType: 'MULTI',
      MeasureValues: measures.map(([Name, [Value, Type]]) => ({ Name, Value, Type })),
    },
  }
}
