import { version } from '../server/version.ts'
import type { ServerFacts } from '../server/main.ts'

/** What a person reads when the server has started: where it is, where the data is, how to talk to it. */
export function greeting(facts: ServerFacts): string {
  const { endpoint, region, dataDirectory, engine, rootKey, notes } = facts
  const lines = [
    `Tidemark ${version}`,
    '',
    `  endpoint    ${endpoint}`,
    `  data        ${dataDirectory}`,
    `  engine      ${engine}`,
    `  access key  ${rootKey.accessKeyId} (root${rootKey.origin === 'given' ? ', as given in TIDEMARK_ROOT_ACCESS_KEY_ID' : ''})`,
  ]
  if (rootKey.origin === 'new') {
    lines.push(
      `  secret      ${rootKey.secretAccessKey}`,
      '              shown this once; kept, for you alone to read, in',
      `              ${rootKey.path}`,
    )
  }
  for (const note of notes) lines.push('', ...wrapped(note, 100).map((line) => `  ${line}`))
  return [...lines, '', ...examples(endpoint, region, rootKey), '', ''].join('\n')
}

function examples(endpoint: string, region: string, rootKey: ServerFacts['rootKey']): readonly string[] {
  const readSecret = `JSON.parse(require("fs").readFileSync(${JSON.stringify(rootKey.path)})).secretAccessKey`
  const aws = `aws --endpoint-url ${endpoint}`
  return [
    'Try it in another terminal, with the AWS CLI:',
    '',
    `  export AWS_REGION=${region} AWS_DEFAULT_REGION=${region} AWS_ACCESS_KEY_ID=${rootKey.accessKeyId}`,
    `  export AWS_SECRET_ACCESS_KEY="$(node -p ${quoted(readSecret)})"`,
    `  ${aws} timestream-write create-database --database-name demo`,
    `  ${aws} timestream-write create-table --database-name demo --table-name cpu`,
    `  ${aws} timestream-write write-records --database-name demo --table-name cpu --records \\`,
    `    "Time=$(date +%s),TimeUnit=SECONDS,Dimensions=[{Name=host,Value=web-1}],MeasureName=load,MeasureValue=0.5"`,
    `  ${aws} timestream-query query --query-string 'SELECT * FROM demo.cpu'`,
    '',
    'or with the AWS SDK (npm install @aws-sdk/client-timestream-query):',
    '',
    '  node --input-type=module -e "',
    `  import { QueryCommand, TimestreamQueryClient } from '@aws-sdk/client-timestream-query'`,
    `  const client = new TimestreamQueryClient({ endpoint: '${endpoint}', region: '${region}' })`,
    `  console.log((await client.send(new QueryCommand({ QueryString: 'SELECT 1 + 1 AS two' }))).Rows[0].Data)"`,
  ]
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
