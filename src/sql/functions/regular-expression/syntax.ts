/** A regular expression of Java's Pattern, as far as a matcher without backtracking can do it. */
export type PatternNode =
  | { readonly kind: 'empty' }
  /** Text of RE2 that matches exactly one character. */
  | { readonly kind: 'character'; readonly re2: string }
  /** Text of RE2 that may match several characters but never none, such as any line break. */
  | { readonly kind: 'several'; readonly re2: string }
  /** Matches a place, no character. */
  | { readonly kind: 'assertion'; readonly re2: string; readonly where: 'start' | 'end' | 'inside' }
  /** `(?i)`: goes on to the end of the group. */
  | { readonly kind: 'flags'; readonly re2: string }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'alternation'; readonly branches: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly item: PatternNode; readonly min: number; readonly max: number | undefined; readonly lazy: boolean }
  /** `index` when it captures; `flags` of `(?i:…)`. */
  | { readonly kind: 'group'; readonly body: PatternNode; readonly index: number | undefined; readonly flags: string }

/** The pattern is wrong, or (`isUnsupported`) right but asks for what the engine cannot do. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
  readonly isUnsupported: boolean

  constructor(message: string, offset: number, isUnsupported = false) {
    super(`${message} at offset ${offset} of the pattern`)
    this.isUnsupported = isUnsupported
  }
}
