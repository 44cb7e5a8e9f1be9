import { readFileSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Operation } from '../src/api/operation.ts'

/** What the official SDK's documentation of a command says about the operation. */
export interface ModelledOperation {
  /** Members of the answer, outermost only. */
  readonly output: readonly string[]
  /** Exceptions that the service's model has. */
  readonly exceptions: readonly string[]
}

const packages = ['@aws-sdk/client-timestream-write', '@aws-sdk/client-timestream-query'] as const

/** Undefined for an operation that is none of AWS. */
export function modelledOperation({ name }: Pick<Operation, 'name'>): ModelledOperation | undefined {
  const texts = packages
    .map((name) => join(packageFolder(name), 'dist-types', 'commands'))
    .map((folder) => join(folder, `${name}Command.d.ts`))
  const found = texts.filter((path) => existsSync(path)).map((path) => readFileSync(path, 'utf8'))
  if (found.length === 0) return undefined
  const unique = (each: (text: string) => readonly string[]): readonly string[] => [...new Set(found.flatMap(each))]
  return {
    output: unique((text) => [...text.matchAll(/^ \* \/\/ {3}(\w+):/gm)].map(([, member = '']) => member)),
    exceptions: unique((text) =>
      [...text.matchAll(/@throws \{@link (\w+(?<!Service)Exception)\}/g)].map(([, exception = '']) => exception),
    ),
  }
}

function packageFolder(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name))
  while (!existsSync(join(folder, 'dist-types'))) folder = dirname(folder)
  return folder
}
