import { binMs, groups, mean, timeText, type Expected, type SampleQuery, type SampleRow } from '../support/sample-rows.ts'

/** The developer guide's sample queries over trucks, on what `tidemark demo` writes. Source: developer guide, "Sample queries", IoT. */
const truck = (row: SampleRow): string => row.dimensions.truck_id!
const byTruck = (rows: readonly SampleRow[]): readonly (readonly SampleRow[])[] => groups(rows, truck)
const number = (row: SampleRow, measure: string): number => Number(row.values[measure])
const dimensions = (row: SampleRow, ...names: readonly string[]): readonly string[] => names.map((name) => row.dimensions[name]!)
const fuelShare = (row: SampleRow): number => (number(row, 'fuel-reading') / Number(row.dimensions.fuel_capacity)) * 100
const ordered = (rows: readonly (readonly Expected[])[], ...columns: readonly number[]): readonly (readonly Expected[])[] => {
  const key = (row: readonly Expected[]): string => columns.map((column) => String(row[column])).join(' ')
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}
const allDimensions = ['truck_id', 'fleet', 'fuel_capacity', 'model', 'load_capacity', 'make'] as const

export const iotQueries: readonly SampleQuery[] = [
  {
    name: '1: all attributes of the trucks',
    sql: (v) =>
      `SELECT truck_id, fleet, fuel_capacity, model, load_capacity, make FROM ${v.table} WHERE ${v.has('speed')} GROUP BY truck_id, fleet, fuel_capacity, model, load_capacity, make, measure_name`,
    expected: (rows) => byTruck(rows).map((group) => dimensions(group[0]!, ...allDimensions)),
    unordered: true,
  },
  {
    name: '2: the newest fuel reading of each truck',
    sql: (
      v,
    ) => `WITH latest_recorded_time AS (SELECT truck_id, max(time) as latest_time FROM ${v.table} WHERE ${v.has('fuel-reading')} GROUP BY truck_id)
      SELECT b.truck_id, b.fleet, b.make, b.model, b.time, b.${v.value('fuel-reading')} as last_reported_fuel_reading
      FROM latest_recorded_time a INNER JOIN ${v.table} b ON a.truck_id = b.truck_id AND b.time = a.latest_time
      WHERE b.${v.has('fuel-reading')} AND b.time > ago(1d) ORDER BY b.truck_id`,
    expected: (rows) =>
      ordered(
        byTruck(rows).map((group) => {
          const newest = group.at(-1)!
          return [...dimensions(newest, 'truck_id', 'fleet', 'make', 'model'), timeText(newest.ms), number(newest, 'fuel-reading')]
        }),
        0,
      ),
  },
  {
    name: '3: trucks low on fuel, and what became of them',
    sql: (v) => `WITH low_fuel_trucks AS (
        SELECT time, truck_id, fleet, make, model, (${v.value('fuel-reading')} / cast(fuel_capacity as double) * 100) AS fuel_pct FROM ${v.table}
        WHERE time >= ago(1d) AND ${v.has('fuel-reading')} AND (${v.value('fuel-reading')} / cast(fuel_capacity as double) * 100) < 10
      ), other_trucks AS (
        SELECT time, truck_id, (${v.value('fuel-reading')} / cast(fuel_capacity as double) * 100) as remaining_fuel FROM ${v.table}
        WHERE time >= ago(1d) AND truck_id IN (SELECT truck_id FROM low_fuel_trucks) AND ${v.has('fuel-reading')}
      ), trucks_that_refuelled AS (
        SELECT a.truck_id FROM low_fuel_trucks a JOIN other_trucks b ON a.truck_id = b.truck_id AND b.time >= a.time WHERE b.remaining_fuel > 80
      ) SELECT DISTINCT truck_id, fleet, make, model FROM low_fuel_trucks WHERE truck_id NOT IN (SELECT truck_id FROM trucks_that_refuelled)`,
    expected: (rows) =>
      byTruck(rows)
        .filter((group) => {
          const low = group.findIndex((row) => fuelShare(row) < 10)
          return low !== -1 && !group.slice(low).some((row) => fuelShare(row) > 80)
        })
        .map((group) => dimensions(group[0]!, 'truck_id', 'fleet', 'make', 'model')),
    unordered: true,
  },
  {
    name: '4: mean load and greatest speed, of a table with a row for each measure',
    sql: (v) => {
      const of = (measure: string): string =>
        v.name === 'single' ? `CASE WHEN measure_name = '${measure}' THEN measure_value::double ELSE NULL END` : v.value(measure)
      return `SELECT bin(time, 1d) as binned_time, fleet, truck_id, make, model, AVG(${of('load')}) AS avg_load_tons, MAX(${of('speed')}) AS max_speed
        FROM ${v.table} WHERE time >= ago(7d) AND ${v.name === 'single' ? "measure_name IN ('load', 'speed')" : v.has('load')}
        GROUP BY fleet, truck_id, make, model, bin(time, 1d) ORDER BY truck_id`
    },
    expected: (rows) =>
      ordered(
        groups(rows, (row) => `${truck(row)} ${binMs(row.ms, 86_400_000)}`).map((group) => [
          timeText(binMs(group[0]!.ms, 86_400_000)),
          ...dimensions(group[0]!, 'fleet', 'truck_id', 'make', 'model'),
          mean(group.map((row) => number(row, 'load'))),
          Math.max(...group.map((row) => number(row, 'speed'))),
        ]),
        2,
        0,
      ),
  },
  {
    name: '5: how well trucks are loaded',
    sql: (v) => `WITH average_load_per_truck AS (
        SELECT truck_id, avg(${v.value('load')}) AS avg_load FROM ${v.table} WHERE ${v.has('load')} GROUP BY truck_id, fleet, load_capacity, make, model
      ), truck_load_efficiency AS (
        SELECT a.truck_id, fleet, load_capacity, make, model, avg_load, ${v.value('load')}, time, (${v.value('load')} * 100) / avg_load as load_efficiency
        FROM ${v.table} a JOIN average_load_per_truck b ON a.truck_id = b.truck_id WHERE a.${v.has('load')}
      ) SELECT truck_id, time, load_efficiency FROM truck_load_efficiency WHERE time > ago(10m) ORDER BY truck_id, time`,
    expected: (rows) => {
      const newest = Math.max(...rows.map((row) => row.ms))
      return ordered(
        byTruck(rows).flatMap((group) => {
          const average = mean(group.map((row) => number(row, 'load')))
          return group
            .filter((row) => row.ms > newest - 600_000)
            .map((row) => [truck(row), timeText(row.ms), (number(row, 'load') * 100) / average])
        }),
        0,
        1,
      )
    },
  },
  {
    name: 'places, which are text',
    sql: (v) =>
      `SELECT truck_id, max_by(${v.value('location', 'varchar')}, time) AS place, count(DISTINCT ${v.value('location', 'varchar')}) > 1 FROM ${v.table} WHERE ${v.has('location')} GROUP BY truck_id ORDER BY 1`,
    expected: (rows) =>
      ordered(
        byTruck(rows).map((group) => [truck(group[0]!), group.at(-1)!.values.location!, true]),
        0,
      ),
  },
  {
    name: 'a member of a set of fleets',
    sql: (v) =>
      `SELECT fleet, COUNT(DISTINCT truck_id), COUNT(*) FROM ${v.table} WHERE ${v.has('load')} AND fleet IN ('Alpha', 'Delta') AND time BETWEEN ago(30m) AND now() GROUP BY fleet ORDER BY fleet`,
    expected: (rows) => {
      const newest = Math.max(...rows.map((row) => row.ms))
      const kept = rows.filter((row) => ['Alpha', 'Delta'].includes(row.dimensions.fleet!) && row.ms >= newest - 1_800_000)
      return ordered(
        groups(kept, (row) => row.dimensions.fleet!).map((group) => [group[0]!.dimensions.fleet!, byTruck(group).length, group.length]),
        0,
      )
    },
  },
]
