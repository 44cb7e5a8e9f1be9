import { evilTexts } from './literal.ts'
import type { Random } from '../../harness/random.ts'

const fragments: readonly string[] = [
  ...evilTexts,
  ...'( ) [ ] , . \' " -- /* */ -> :: @ ; + - * / % || = <> < 1 1d 99999999999999999999 1e999 NULL NOT'.split(' '),
  ...' OVER ( | SELECT | FROM | AS | IN ( | GROUP BY | ORDER BY | LIMIT | UNION | VALUES | UNNEST( | CAST( | CASE | WHEN | INTERVAL |ARRAY[|ROW('.split(
    '|',
  ),
  'time',
  'measure_value::double',
  'count(',
  'reduce(',
]

/** One to six cuts, copies, insertions, and parts of another statement. */
export function mutate(random: Random, text: string, other: string): string {
  let current = text
  for (let edits = 1 + random.below(6); edits > 0; edits -= 1) {
    const at = random.below(current.length + 1)
    const end = Math.min(current.length, at + random.below(12))
    const piece = random.pick([
      () => '',
      () => random.pick(fragments),
      () => random.pick(fragments),
      () => current.slice(at, end).repeat(2),
      () => {
        const start = random.below(other.length + 1)
        return other.slice(start, start + random.below(30))
      },
      () => String.fromCharCode(random.below(random.chance(0.8) ? 128 : 65_536)),
    ])()
    current = current.slice(0, at) + piece + current.slice(random.chance(0.5) ? at : end)
  }
  return current
}
