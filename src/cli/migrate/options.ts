import { parseChoice, parseInteger, parsePattern, parseSwitch, parseText, type OptionDefinitions } from '../../base/option.ts'
import { serverOptions } from '../../server/options.ts'

const address = /^https?:\/\/[^\s/]+\/?$/
const names = parsePattern(/^[\w.-]{3,256}(?:,[\w.-]{3,256})*$/, 'names joined by commas')

/** A time that slices can begin at: whole seconds, in milliseconds since the epoch. */
function parseTime(text: string): number {
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!(time >= 0)) throw new Error('is not a time as in 2026-11-27T10:00:00Z')
  return Math.floor(time / 1000) * 1000
}

/** `OLD=NEW,…` */
function parseMapping(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split(',')
      .filter((part) => part !== '')
      .map((part) => {
        const [from = '', to = '', ...more] = part.split('=')
        if (from === '' || to === '' || more.length > 0) throw new Error('is not OLD=NEW, joined by commas')
        return [from, to] as const
      }),
  )
}

/** What `tidemark migrate` can be told. */
export const migrateOptions = {
  from: {
    flag: 'from',
    placeholder: 'aws|URL',
    summary: 'Where the data are: aws, or the address of a Tidemark',
    parse: (text: string) => {
      if (text !== 'aws' && !address.test(text)) throw new Error('is neither aws nor an address (as in http://127.0.0.1:8470)')
      return text.replace(/\/$/, '')
    },
  },
  fromRegion: {
    flag: 'from-region',
    placeholder: 'REGION',
    summary: 'Region of the source; that of the profile or of AWS_REGION when absent',
    parse: parseText,
  },
  fromProfile: {
    flag: 'from-profile',
    placeholder: 'PROFILE',
    summary: 'Profile of the AWS tools to take credentials from; without it the environment decides, as for the tools of AWS',
    parse: parseText,
  },
  fromAccessKeyId: {
    environment: 'TIDEMARK_FROM_ACCESS_KEY_ID',
    placeholder: 'ID',
    summary: 'Access key for the source, instead',
    parse: parseText,
  },
  fromSecretAccessKey: {
    environment: 'TIDEMARK_FROM_SECRET_ACCESS_KEY',
    placeholder: 'SECRET',
    summary: 'Secret of that access key',
    parse: parseText,
    secret: true,
  },
  fromSessionToken: {
    environment: 'TIDEMARK_FROM_SESSION_TOKEN',
    placeholder: 'TOKEN',
    summary: 'Session token of that access key',
    parse: parseText,
    secret: true,
  },
  to: {
    flag: 'to',
    environment: 'TIDEMARK_TO_ENDPOINT',
    placeholder: 'URL',
    summary: 'Address of the Tidemark that receives the data',
    fallback: 'http://127.0.0.1:8470',
    parse: parsePattern(address, 'an address (as in http://127.0.0.1:8470)'),
  },
  toRegion: {
    flag: 'to-region',
    placeholder: 'REGION',
    summary: 'Region to sign for at the target',
    fallback: 'us-east-1',
    parse: parseText,
  },
  toAccessKeyId: {
    environment: 'TIDEMARK_TO_ACCESS_KEY_ID',
    placeholder: 'ID',
    summary: "Access key for the target; that of the target's data folder when absent",
    parse: parseText,
  },
  toSecretAccessKey: {
    environment: 'TIDEMARK_TO_SECRET_ACCESS_KEY',
    placeholder: 'SECRET',
    summary: 'Secret of that access key',
    parse: parseText,
    secret: true,
  },
  toSessionToken: {
    environment: 'TIDEMARK_TO_SESSION_TOKEN',
    placeholder: 'TOKEN',
    summary: 'Session token of that access key',
    parse: parseText,
    secret: true,
  },
  data: { ...serverOptions.data, summary: "The target's data folder, to take the root access key from when no other is given" },
  database: { flag: 'database', placeholder: 'NAME,…', summary: 'Databases to copy; all when absent', parse: names },
  table: { flag: 'table', placeholder: 'NAME,…', summary: 'Tables to copy; all of the databases when absent', parse: names },
  rename: {
    flag: 'rename',
    placeholder: 'OLD=NEW,…',
    summary: 'Databases that get another name at the target',
    fallback: '',
    parse: parseMapping,
  },
  since: {
    flag: 'since',
    placeholder: 'TIME',
    summary: 'Copy only records from this time on, as in 2026-11-01T00:00:00Z',
    parse: parseTime,
  },
  until: { flag: 'until', placeholder: 'TIME', summary: 'Copy only records before this time', parse: parseTime },
  sliceRows: {
    flag: 'slice-rows',
    placeholder: 'ROWS',
    summary: 'About how many records are copied, noted in the checkpoint and verified at a time',
    fallback: '200000',
    parse: parseInteger(100, 100_000_000),
  },
  readers: {
    flag: 'readers',
    placeholder: 'COUNT',
    summary: 'How many slices are read at a time',
    fallback: '4',
    parse: parseInteger(1, 64),
  },
  recordVersion: {
    flag: 'record-version',
    placeholder: 'NUMBER',
    summary: 'Version of the copied records (queries do not show which one they had)',
    fallback: '1',
    parse: parseInteger(1, 999_999_999_999_999),
  },
  scheduledQueries: {
    flag: 'scheduled-queries',
    placeholder: 'HOW',
    summary: 'Scheduled queries that write into the copied databases: make them disabled, enabled, or skip them',
    fallback: 'disabled',
    parse: parseChoice(['disabled', 'enabled', 'skip'] as const),
  },
  scheduledTarget: {
    flag: 'scheduled-target',
    placeholder: 'OLD=NEW,…',
    summary: 'Where scheduled queries write at the target instead, as DATABASE.TABLE=DATABASE.TABLE',
    fallback: '',
    parse: parseMapping,
  },
  buckets: {
    flag: 'map-bucket',
    placeholder: 'OLD=NEW,…',
    summary: 'Buckets of error reports that have another name at the target',
    fallback: '',
    parse: parseMapping,
  },
  checkpoint: {
    flag: 'checkpoint',
    placeholder: 'FILE',
    summary: 'Where the run notes what is copied, to go on from after an interruption; tidemark-migration.jsonl when absent',
    fallback: 'tidemark-migration.jsonl',
    parse: parseText,
  },
  verify: {
    flag: 'verify',
    placeholder: 'HOW',
    summary: 'What is compared at the end: checksums (reads the copied records back), counts or none',
    fallback: 'checksums',
    parse: parseChoice(['checksums', 'counts', 'none'] as const),
  },
  report: { flag: 'report', placeholder: 'FILE', summary: 'Write the report into this file as JSON, too', parse: parseText },
  dryRun: {
    flag: 'dry-run',
    summary: 'Look at the source, show what would be copied, and write nothing',
    fallback: 'false',
    parse: parseSwitch,
  },
} as const satisfies OptionDefinitions
