import { readFileSync, readdirSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { beforeAll, describe, expect, it } from 'vitest'
import { floors, rules } from './tidy/floors.ts'

const root = join(import.meta.dirname, '..')

/** Source files that are tables: one row a thing, and long because there are many things. */
const tables = new Set<string>([])
const longestFile = 400
const longestMedian = 120

function filesUnder(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  )
}

const sources = filesUnder('src')
const production = sources.filter((path) => !path.endsWith('.test.ts'))
const everything = [...sources, ...filesUnder('tests', 'scripts', 'benchmarks')]

/** The text without comments and without the content of plain strings, so that words in them do not count as code. */
function codeOf(path: string): string {
  return readFileSync(join(root, path), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/(^|\s)\/\/.*$/gm, '')
}

function offenders(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.filter((path) => pattern.test(codeOf(path)))
}

describe('the floors', () => {
  let result: ICruiseResult

  beforeAll(async () => {
    const answer = await cruise(['src', 'tests', 'scripts'], {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: [...rules] },
      doNotFollow: { path: 'node_modules' },
      exclude: { path: String.raw`\.d\.mts$|^tests/interop/` },
      tsPreCompilationDeps: true,
      tsConfig: { fileName: 'tsconfig.json' },
      enhancedResolveOptions: {
        extensions: ['.ts', '.mjs', '.js', '.json'],
        exportsFields: ['exports'],
        conditionNames: ['import', 'require', 'node', 'default', 'types'],
      },
    })
    result = answer.output as ICruiseResult
  }, 60_000)

  it('sees every module of src', () => {
    const seen = result.modules.map((module) => module.source).filter((path) => path.startsWith('src/'))
    expect(seen.toSorted()).toEqual([...sources].sort())
    expect(seen.length).toBeGreaterThanOrEqual(200)
  })

  it('sees the imports between them, types included', () => {
    const edges = result.modules.flatMap((module) => module.dependencies.filter((to) => to.resolved.startsWith('src/')))
    expect(edges.length).toBeGreaterThan(sources.length)
    const contract = result.modules.find((module) => module.source === 'src/database/database.ts')
    expect(contract?.dependencies.map((to) => to.resolved)).toContain('src/sql/types/type.ts')
  })

  it('knows every folder of src', () => {
    const folders = new Set(sources.map((path) => path.split('/')[1]))
    expect([...folders].filter((folder) => folder === undefined || !Object.hasOwn(floors, folder))).toEqual([])
  })

  it('are kept', () => {
    const violations = result.summary.violations.map((violation) => `${violation.rule.name}: ${violation.from} → ${violation.to}`)
    expect(violations).toEqual([])
  })
})

describe('the files', () => {
  it('read the environment only in the configuration', () => {
    expect(offenders(production, /process\.env\b/).filter((path) => path !== 'src/server/config.ts')).toEqual([])
  })

  it('read the time only in the clock', () => {
    const pattern = /\bDate\.now\b|new Date\(\)|\bperformance\.now\b|\bhrtime\b/
    expect(offenders(production, pattern).filter((path) => path !== 'src/base/clock.ts')).toEqual([])
  })

  it('hold no barrels: nothing is exported from elsewhere', () => {
    expect(offenders(sources, /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})\s*(?:as \w+\s*)?from\b/m)).toEqual([])
  })

  it('leave no test out and no work marked for later', () => {
    expect(offenders(everything, /\b(?:it|test|describe)\.(?:skip|only|todo|fails)\b/)).toEqual([])
    const marked = everything.filter((path) => /\b(?:TO[D]O|FIX[M]E|XX[X]):?\s/.test(readFileSync(join(root, path), 'utf8')))
    expect(marked).toEqual([])
  })

  it('have names in kebab-case that say what is inside', () => {
    const names = everything.flatMap((path) =>
      path.split('/').map((part) => part.replace(/(?:\.(?:test|engine|fuzz|wire|ingest|long|d))*\.(?:ts|mjs|mts)$/, '')),
    )
    expect(names.filter((name) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name))).toEqual([])
    const vague = /(^|-)(?:utils?|helpers?|common|managers?|misc)(-|$)/
    expect(names.filter((name) => vague.test(name))).toEqual([])
  })

  it('are short', () => {
    const lengths = sources.map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }))
    expect(lengths.filter(({ path, lines }) => lines > longestFile && !tables.has(path))).toEqual([])
    const sorted = lengths.map(({ lines }) => lines).toSorted((a, b) => a - b)
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(longestMedian)
    expect([...tables].filter((path) => !sources.includes(path)).map((path) => basename(path))).toEqual([])
  })
})
