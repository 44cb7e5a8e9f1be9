import { readFile } from 'node:fs/promises'
import { beforeAll, expect, it } from 'vitest'
import type { FunctionDefinition } from '../../src/sql/functions/definition.ts'
import { functionFamilies } from '../../src/sql/functions/index.ts'
import { signaturePattern } from '../../src/sql/functions/pattern.ts'
import { findSltFiles } from './runner/files.ts'
import { parseSlt, type Block } from './runner/slt.ts'

/** The statements in which a function is called, by what they show. */
interface Shown {
  readonly values: Set<string>
  readonly nulls: Set<string>
  readonly errors: Set<string>
}

const definitions = functionFamilies.flat()
let shown: Shown

/** Names before a parenthesis, and current_date and the like, which have none. */
const callsIn = (sql: string): string[] =>
  [...sql.toLowerCase().matchAll(/\b(?:[a-z_][a-z_0-9]*(?=\s*\()|current_\w+|local\w+)/g)].map((match) => match[0])

/** A NULL goes in, written as such; what comes out is checked by the file. */
const hasNull = (sql: string): boolean => /\bNULL\b(?!S?\s+(?:FIRST|LAST))/i.test(sql.replace(/IS\s+(?:NOT\s+)?NULL/gi, ''))

function note(block: Block, into: Shown): void {
  if (block.kind === 'error' && block.code !== undefined) for (const name of callsIn(block.sql)) into.errors.add(name)
  if (block.kind !== 'query' || block.columns === undefined) return
  const names = callsIn(block.sql)
  if (hasNull(block.sql)) for (const name of names) into.nulls.add(name)
  if (block.rows.some((row) => row.split(' | ').some((cell) => cell !== 'NULL'))) for (const name of names) into.values.add(name)
}

beforeAll(async () => {
  shown = { values: new Set(), nulls: new Set(), errors: new Set() }
  for (const path of await findSltFiles()) for (const block of parseSlt(await readFile(path, 'utf8'))) note(block, shown)
})

const takesArguments = (definition: FunctionDefinition): boolean =>
  definition.signatures.some((signature) => signaturePattern(signature.pattern).parameters.length > 0)

const missing = (names: ReadonlySet<string>, among: readonly FunctionDefinition[]): string[] =>
  among.filter(({ name, aliases }) => ![name, ...(aliases ?? [])].some((each) => names.has(each))).map(({ name }) => name)

it('every function is called in a file with a value that is not NULL', () => {
  expect(missing(shown.values, definitions)).toEqual([])
})

it('every function that takes arguments is called in a file with a NULL', () => {
  expect(missing(shown.nulls, definitions.filter(takesArguments))).toEqual([])
})

it('every function is called in a file in a way that is refused', () => {
  expect(missing(shown.errors, definitions)).toEqual([])
})
