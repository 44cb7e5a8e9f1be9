import { PatternParser } from './pattern-parser.ts'
import type { PatternNode } from './syntax.ts'

interface GroupFacts {
  /** Takes part in every match. */
  readonly isCertain: boolean
  readonly mayBeEmpty: boolean
}

/** A pattern of Java's syntax, understood. */
export interface JavaPattern {
  readonly groupCount: number
  readonly names: ReadonlyMap<string, number>
  /** May match an empty text. */
  readonly mayBeEmpty: boolean
  /** Looks at what is before the place where matching begins. */
  readonly looksBack: boolean
  /** Of group i at i - 1. */
  readonly groups: readonly GroupFacts[]
  /** The pattern for RE2. @param captures the groups that stay capturing, in their order; 0: around the whole. */
  re2(captures: readonly number[]): string
  /** The same for a mere test: `$` also stands before a line break at the very end. */
  re2ForTest(): string
}

/** @throws PatternError */
export function parseJavaPattern(text: string): JavaPattern {
  const parser = new PatternParser(text)
  const root = parser.parse()
  const groups: GroupFacts[] = Array.from({ length: parser.groupCount }, () => ({ isCertain: false, mayBeEmpty: false }))
  collectGroups(root, true, groups)
  return {
    groupCount: parser.groupCount,
    names: parser.names,
    mayBeEmpty: mayBeEmpty(root),
    looksBack: looksBack(root),
    groups,
    re2: (captures) => {
      const printed = print(root, { captures, dollar: '$' })
      return captures.includes(0) ? `(${printed})` : printed === '' ? '(?:)' : printed
    },
    re2ForTest: () => print(root, { captures: [], dollar: '(?:\\r?\\n)?$' }),
  }
}

export function mayBeEmpty(node: PatternNode): boolean {
  switch (node.kind) {
    case 'empty':
    case 'assertion':
    case 'flags':
      return true
    case 'character':
    case 'several':
      return false
    case 'sequence':
      return node.items.every(mayBeEmpty)
    case 'alternation':
      return node.branches.some(mayBeEmpty)
    case 'repeat':
      return node.min === 0 || mayBeEmpty(node.item)
    case 'group':
      return mayBeEmpty(node.body)
  }
}

function looksBack(node: PatternNode): boolean {
  switch (node.kind) {
    case 'assertion':
      return node.where !== 'end'
    case 'sequence':
      return node.items.some(looksBack)
    case 'alternation':
      return node.branches.some(looksBack)
    case 'repeat':
      return looksBack(node.item)
    case 'group':
      return looksBack(node.body)
    case 'empty':
    case 'flags':
    case 'character':
    case 'several':
      return false
  }
}

function collectGroups(node: PatternNode, isCertain: boolean, found: GroupFacts[]): void {
  switch (node.kind) {
    case 'sequence':
      for (const item of node.items) collectGroups(item, isCertain, found)
      return
    case 'alternation':
      for (const branch of node.branches) collectGroups(branch, false, found)
      return
    case 'repeat':
      collectGroups(node.item, isCertain && node.min > 0, found)
      return
    case 'group':
      if (node.index !== undefined) found[node.index - 1] = { isCertain, mayBeEmpty: mayBeEmpty(node.body) }
      collectGroups(node.body, isCertain, found)
      return
    case 'empty':
    case 'assertion':
    case 'flags':
    case 'character':
    case 'several':
  }
}

interface PrintOptions {
  readonly captures: readonly number[]
  /** What the end of the text is written as. */
  readonly dollar: string
}

function print(node: PatternNode, options: PrintOptions): string {
  switch (node.kind) {
    case 'empty':
      return ''
    case 'character':
    case 'several':
    case 'flags':
      return node.re2
    case 'assertion':
      return node.re2 === '$' ? options.dollar : node.re2
    case 'sequence':
      return node.items.map((item) => print(item, options)).join('')
    case 'alternation':
      return node.branches.map((branch) => print(branch, options)).join('|')
    case 'repeat':
      return quantified(print(node.item, options), node)
    case 'group': {
      const body = print(node.body, options)
      return node.index !== undefined && options.captures.includes(node.index) ? `(${body})` : `(?${node.flags}:${body})`
    }
  }
}

function quantified(item: string, { item: node, min, max, lazy }: Extract<PatternNode, { kind: 'repeat' }>): string {
  const isAtom = node.kind === 'character' || node.kind === 'several' || node.kind === 'group'
  const atom = isAtom ? item : `(?:${item})`
  const bounds =
    max === undefined
      ? min === 0
        ? '*'
        : min === 1
          ? '+'
          : `{${min},}`
      : min === 0 && max === 1
        ? '?'
        : min === max
          ? `{${min}}`
          : `{${min},${max}}`
  return `${atom}${bounds}${lazy ? '?' : ''}`
}
