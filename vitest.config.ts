import { defineConfig } from 'vitest/config'

const engine = ['src/**/*.engine.test.ts', 'tests/**/*.engine.test.ts']
const fuzz = ['src/**/*.fuzz.test.ts', 'tests/**/*.fuzz.test.ts']
const wire = ['tests/**/*.wire.test.ts']
const long = ['tests/**/*.long.test.ts']
const ingest = ['tests/ingest/**/*.ingest.test.ts']

// processes of a busy machine may be late once; a test that fails twice has failed
const retry = process.env['CI'] === undefined ? 0 : 1

/** The suffix states the need: nothing, an engine, time to search, a spawned server; `long` and `ingest` have runs of their own. */
export default defineConfig({
  test: {
    pool: 'forks',
    // An engine process takes about 400 MB; two at a time fit any machine that can run Tidemark.
    maxWorkers: 2,
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'benchmarks/**/*.test.ts'],
          exclude: [...engine, ...fuzz, ...wire, ...ingest, ...long],
        },
      },
      { extends: true, test: { name: 'fuzz', include: fuzz, testTimeout: 60_000 } },
      { extends: true, test: { name: 'engine', include: engine, testTimeout: 60_000, hookTimeout: 60_000, retry } },
      {
        extends: true,
        test: { name: 'ingest', include: ingest, testTimeout: 120_000, hookTimeout: 120_000, globalSetup: ['tests/build-once.ts'] },
      },
      {
        extends: true,
        test: { name: 'long', include: long, testTimeout: 120_000, globalSetup: ['tests/build-once.ts'] },
      },
      {
        extends: true,
        test: { name: 'wire', include: wire, testTimeout: 120_000, hookTimeout: 120_000, globalSetup: ['tests/build-once.ts'], retry },
      },
    ],
  },
})
