/** `. Did you mean 'x'?` when a known name is near to the wrong one; else nothing. */
export function suggestion(wrong: string, known: Iterable<string>): string {
  const limit = wrong.length <= 4 ? 1 : 2
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - wrong.length) > limit) continue
    const distance = editDistance(wrong.toLowerCase(), candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best === undefined ? '' : `. Did you mean '${best}'?`
}

/** Levenshtein distance; stops at `bound`. */
function editDistance(a: string, b: string, bound: number): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1))
    }
    if (Math.min(...current) >= bound) return bound
    previous = current
  }
  return previous[b.length]!
}
