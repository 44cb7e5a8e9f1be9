import type { IForbiddenRuleType, IRegularForbiddenRuleType } from 'dependency-cruiser'

/** The folders of src/ and what each may import besides itself: the picture in ARCHITECTURE.md as data. */
export const floors: Readonly<Record<string, readonly string[]>> = {
  base: [],
  sql: ['base'],
  engine: ['base'],
  csv: ['base'],
  'object-store': ['base'],
  storage: ['base', 'sql', 'engine'],
  'memory-store': ['base', 'sql'],
  database: ['base', 'csv', 'sql', 'engine', 'object-store', 'storage', 'memory-store'],
  api: ['base', 'csv', 'sql', 'database'],
  pgwire: ['base', 'sql', 'database'],
  ingest: ['base', 'csv', 'sql', 'database'],
  scheduler: ['base', 'sql', 'database'],
  console: ['base', 'sql', 'database'],
  server: [
    'base',
    'sql',
    'engine',
    'csv',
    'object-store',
    'storage',
    'memory-store',
    'database',
    'api',
    'pgwire',
    'ingest',
    'scheduler',
    'console',
  ],
  cli: ['base', 'csv', 'ingest', 'server'],
}

/** Floors that only translate: of the compiler they may know the types, not the functions. */
const edges = ['api', 'pgwire', 'ingest', 'scheduler', 'console']

/** Files that live under src/ for the sake of tests. */
const testFile = String.raw`\.test\.ts$`

/** Packages that only one folder may know. */
const packageHomes: Readonly<Record<string, string>> = {
  '@aws-sdk/client-kinesis': 'ingest/connectors/kinesis',
  '@aws-sdk/client-sns': 'scheduler/notify',
  chdb: 'engine',
  'apache-arrow': 'engine',
  '@aws-sdk/client-kms': 'storage',
  '@clickhouse/client': '(engine|storage)',
  lmdb: 'storage',
  fastify: '(server|api|console|ingest)',
  '@electric-sql/pglite': 'pgwire',
  commander: 'cli',
  hyparquet: 'cli/transfer',
  'hyparquet-compressors': 'cli/transfer',
  'hyparquet-writer': 'cli/transfer',
  'lossless-json': '(cli/transfer|ingest)',
  kafkajs: 'ingest/connectors/kafka',
  aedes: 'ingest/connectors/mqtt',
  mqtt: 'ingest/connectors/mqtt',
  'mqtt-packet': 'ingest/connectors/mqtt',
  tinyglobby: 'cli/transfer',
  '@aws-sdk/client-s3': 'object-store',
  '@aws-sdk/lib-storage': 'object-store',
  'prom-client': 'base',
  protobufjs: 'ingest',
  snappy: 'ingest',
  pino: 'base',
}

type Rule = IRegularForbiddenRuleType

function error(name: string, from: Rule['from'], to: Rule['to']): IForbiddenRuleType {
  return { name, severity: 'error', from, to }
}

function floorRules(): IForbiddenRuleType[] {
  return Object.entries(floors).map(([floor, below]) =>
    error(
      `floor ${floor}`,
      { path: `^src/${floor}/`, pathNot: testFile },
      { path: '^src/', pathNot: `^src/(${[floor, ...below].join('|')})/` },
    ),
  )
}

function packageRules(): IForbiddenRuleType[] {
  return Object.entries(packageHomes).map(([name, home]) =>
    error(`${name} only in ${home}`, { path: '^src/', pathNot: [`^src/${home}/`, testFile] }, { path: `^node_modules/${name}/` }),
  )
}

export const rules: readonly IForbiddenRuleType[] = [
  ...floorRules(),
  ...packageRules(),
  error(
    'edges know only types of sql',
    { path: `^src/(${edges.join('|')})/`, pathNot: testFile },
    { path: '^src/sql/', dependencyTypesNot: ['type-only'] },
  ),
  error('sql is pure', { path: '^src/sql/', pathNot: testFile }, { dependencyTypes: ['core'] }),
  error('a folder of its own for every file', { path: '^src/[^/]+$' }, {}),
  error('no production code imports tests', { path: '^src/', pathNot: testFile }, { path: [testFile, '^tests/'] }),
  error('nothing imports scripts or benchmarks', { path: '^src/' }, { path: '^(scripts|benchmarks|examples)/' }),
  // Types may speak of each other; modules that run may not need each other to start.
  error('no cycles', { path: '^(src|tests)/' }, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
  error('no orphans', { path: '^src/', pathNot: testFile, orphan: true }, {}),
  error('everything resolves', { path: '^(src|tests|scripts)/' }, { couldNotResolve: true }),
  error(
    'development packages stay out of production code',
    { path: '^src/', pathNot: testFile },
    { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
  ),
]
