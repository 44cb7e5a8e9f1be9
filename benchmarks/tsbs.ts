/**
 * The standard benchmark's cpu data, written anew from its description: every host has ten fixed tags and ten clamped random walks in [0, 100]
 * (steps N(0, 1), emitted truncated to integers), one row per host every ten seconds, time-major. Same seed, same data.
 */
export const metricNames = [
  'usage_user',
  'usage_system',
  'usage_idle',
  'usage_nice',
  'usage_iowait',
  'usage_irq',
  'usage_softirq',
  'usage_steal',
  'usage_guest',
  'usage_guest_nice',
] as const

export const tagNames = [
  'hostname',
  'region',
  'datacenter',
  'rack',
  'os',
  'arch',
  'team',
  'service',
  'service_version',
  'service_environment',
] as const

const regions: readonly (readonly [string, string])[] = [
  ['us-east-1', 'abce'],
  ['us-west-1', 'ab'],
  ['us-west-2', 'abc'],
  ['eu-west-1', 'abc'],
  ['eu-central-1', 'ab'],
  ['ap-southeast-1', 'ab'],
  ['ap-southeast-2', 'ab'],
  ['ap-northeast-1', 'ac'],
  ['sa-east-1', 'abc'],
]

/** mulberry32: a small seeded generator, uniform in [0, 1). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

function normal(next: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - next()))
  return radius * Math.cos(2 * Math.PI * next())
}

export interface CpuData {
  readonly hosts: number
  readonly ticks: number
  /** Milliseconds since the epoch of the first row. */
  readonly startMs: number
  readonly intervalMs: number
  /** tags[host] in the order of tagNames. */
  readonly tags: readonly (readonly string[])[]
  /** values[(tick * hosts + host) * 10 + metric], integers 0…100. */
  readonly values: Uint8Array
}

export function generateCpu(options: { seed: number; hosts: number; ticks: number; startMs: number; intervalMs?: number }): CpuData {
  const { hosts, ticks, startMs } = options
  const next = random(options.seed)
  const pick = <T>(list: readonly T[] | string): T => list[Math.floor(next() * list.length)] as T
  const states = new Float64Array(hosts * 10)
  const tags = Array.from({ length: hosts }, (_, host) => {
    for (let metric = 0; metric < 10; metric++) states[host * 10 + metric] = next() * 100
    const [region, zones] = pick(regions)
    return [
      `host_${host}`,
      region,
      region + pick<string>(zones),
      String(Math.floor(next() * 100)),
      pick(['Ubuntu16.10', 'Ubuntu16.04LTS', 'Ubuntu15.10']),
      pick(['x64', 'x86']),
      pick(['SF', 'NYC', 'LON', 'CHI']),
      String(Math.floor(next() * 20)),
      String(Math.floor(next() * 2)),
      pick(['production', 'staging', 'test']),
    ]
  })
  const values = new Uint8Array(ticks * hosts * 10)
  for (let tick = 0, at = 0; tick < ticks; tick++) {
    for (let i = 0; i < states.length; i++, at++) {
      if (tick > 0) states[i] = Math.min(100, Math.max(0, states[i]! + normal(next)))
      values[at] = Math.trunc(states[i]!)
    }
  }
  return { hosts, ticks, startMs, intervalMs: options.intervalMs ?? 10_000, tags, values }
}
