/** Matches a whole text: `*` stands for any characters, `?` for one. Takes time in proportion to the two lengths multiplied, at worst. */
export interface Glob {
  matches(text: string): boolean
}

export function glob(pattern: string): Glob {
  if (!/[*?]/.test(pattern)) return { matches: (text) => text === pattern }
  const [prefix = '', rest] = pattern.split('*')
  if (rest === '' && pattern.endsWith('*') && pattern.indexOf('*') === pattern.length - 1 && !prefix.includes('?')) {
    return { matches: (text) => text.startsWith(prefix) }
  }
  return { matches: (text) => matchesGlob(pattern, text) }
}

/** Steps back to the last star only, which is enough for globs. */
function matchesGlob(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let starAt = 0
  let position = 0
  while (position < text.length) {
    const sign = pattern[at]
    if (sign === '*') {
      star = at++
      starAt = position
    } else if (sign === '?' || (sign !== undefined && sign === text[position])) {
      at++
      position++
    } else if (star >= 0) {
      at = star + 1
      position = ++starAt
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
