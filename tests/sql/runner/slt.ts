/**
 * Our dialect of sqllogictest. A file is blocks with blank lines between them; `#` starts a comment line.
 *
 *   clock 2024-01-15 12:00:00                    what now() is from here on
 *
 *   load db.table                                makes the table, writes the records below (runner/load.ts); `"d.b".table` where a dot is in it
 *   region=eu host=h1 | cpu | 2024-01-15 11:00:00 +15s | 1.5, 2.5
 *
 *   query (host varchar, avg double) ordered truth: documented
 *   SELECT …
 *   ----
 *   h1 | 2.0
 *
 *   statement error truth: ours COLUMN_NOT_FOUND line 1:8: Column 'x' does not exist
 *   SELECT x FROM db.table
 *
 *   statement ok
 *   SELECT 1
 *
 * Rows are compared as a set (`rowsort`, the default) or in order (`ordered`). Truth: documented by AWS, observed on the service, or ours.
 * A query without columns or an error without code is still to be completed.
 */
export type Truth = 'documented' | 'observed' | 'ours'

export interface Column {
  readonly name: string
  readonly type: string
}

interface Place {
  /** Of its first line, 1-based. */
  readonly line: number
  /** As written. */
  readonly lines: readonly string[]
}

export interface QueryBlock extends Place {
  readonly kind: 'query'
  readonly sql: string
  readonly columns?: readonly Column[]
  readonly order: 'rowsort' | 'ordered'
  readonly truth: Truth
  readonly rows: readonly string[]
}
export interface ErrorBlock extends Place {
  readonly kind: 'error'
  readonly sql: string
  readonly truth: Truth
  readonly code?: string
  /** Absent: any. */
  readonly message?: string
}
export type Block =
  | QueryBlock
  | ErrorBlock
  | (Place & { readonly kind: 'ok'; readonly sql: string })
  | (Place & { readonly kind: 'clock'; readonly text: string })
  | (Place & { readonly kind: 'load'; readonly database: string; readonly table: string; readonly records: readonly string[] })
  | (Place & { readonly kind: 'comment' })

/** @throws Error naming the line that is none of the dialect */
export function parseSlt(text: string): Block[] {
  const lines = text.split('\n')
  const blocks: Block[] = []
  for (let start = 0; start < lines.length; start += 1) {
    if (lines[start]!.trim() === '') continue
    let end = start
    while (end < lines.length && lines[end]!.trim() !== '') end += 1
    blocks.push(parseBlock(lines.slice(start, end), start + 1))
    start = end
  }
  return blocks
}

export function formatSlt(blocks: readonly Block[]): string {
  return `${blocks.map((block) => block.lines.join('\n')).join('\n\n')}\n`
}

const truths: ReadonlySet<string> = new Set(['documented', 'observed', 'ours'])

function parseBlock(lines: readonly string[], line: number): Block {
  const place = { line, lines }
  const body = lines.filter((each) => !each.startsWith('#'))
  const head = body[0]
  if (head === undefined) return { kind: 'comment', ...place }
  const [, directive, rest] = /^(\S+)\s*(.*)$/.exec(head) ?? []
  const sql = body.slice(1).join('\n')
  switch (directive) {
    case 'clock':
      return { kind: 'clock', text: rest!, ...place }
    case 'load': {
      const name = /^(?:"([^"]+)"|([^."]+))\.(.+)$/.exec(rest!)
      if (name === null) return wrong(line, 'load takes DATABASE.TABLE')
      return { kind: 'load', database: name[1] ?? name[2]!, table: name[3]!, records: body.slice(1), ...place }
    }
    case 'query':
      return parseQuery(rest!, body.slice(1), place)
    case 'statement': {
      if (rest === 'ok') return { kind: 'ok', sql, ...place }
      const error = /^error(?:\s+truth:\s*(\w+))?(?:\s+([A-Z_]+))?(?:\s+(.+))?$/.exec(rest!)
      if (error === null) return wrong(line, 'statement takes ok or error')
      const [, truth, code, message] = error
      return {
        kind: 'error',
        sql,
        truth: readTruth(truth, line),
        ...(code !== undefined && { code }),
        ...(message !== undefined && { message }),
        ...place,
      }
    }
    default:
      return wrong(line, `unknown directive '${directive}'`)
  }
}

function parseQuery(rest: string, body: readonly string[], place: Place): QueryBlock {
  let columns: Column[] | undefined
  let options = rest
  if (rest.startsWith('(')) {
    const { items, length } = splitList(rest, place.line)
    columns = items.map((item) => readColumn(item, place.line))
    options = rest.slice(length).trim()
  }
  const match = /^(rowsort|ordered)?(?:\s*truth:\s*(\w+))?$/.exec(options)
  if (match === null) return wrong(place.line, `unknown option '${options}'`)
  const separator = body.indexOf('----')
  const sql = (separator === -1 ? body : body.slice(0, separator)).join('\n')
  const rows = separator === -1 ? [] : body.slice(separator + 1)
  const order = match[1] === 'ordered' ? 'ordered' : 'rowsort'
  return { kind: 'query', sql, ...(columns && { columns }), order, truth: readTruth(match[2], place.line), rows, ...place }
}

function readTruth(text: string | undefined, line: number): Truth {
  if (text === undefined) return 'ours'
  return truths.has(text) ? (text as Truth) : wrong(line, `unknown truth '${text}'`)
}

/** The parts of `(a, b(c, d), "e, f")` and how long it is. */
function splitList(text: string, line: number): { items: string[]; length: number } {
  const items: string[] = []
  let depth = 0
  let start = 1
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i]
    if (character === '"') {
      i = text.indexOf('"', i + 1)
      if (i === -1) break
    } else if (character === '(') depth += 1
    else if (character === ')' || (character === ',' && depth === 1)) {
      if (character === ')') depth -= 1
      if (depth > (character === ')' ? 0 : 1)) continue
      items.push(text.slice(start, i).trim())
      start = i + 1
      if (depth === 0) return { items, length: i + 1 }
    }
  }
  return wrong(line, 'the list of columns is never closed')
}

function readColumn(text: string, line: number): Column {
  const match = /^(?:"([^"]*)"|(\S+))\s+(.+)$/.exec(text)
  if (match === null) return wrong(line, `a column is NAME TYPE, not '${text}'`)
  return { name: match[1] ?? match[2]!, type: match[3]! }
}

function wrong(line: number, message: string): never {
  throw new Error(`line ${line}: ${message}`)
}

/** The block with what really came, its lines rewritten. */
export function completeQuery(block: QueryBlock, columns: readonly Column[], rows: readonly string[]): QueryBlock {
  const list = columns.map((column) => `${/^[^\s"(),]+$/.test(column.name) ? column.name : `"${column.name}"`} ${column.type}`).join(', ')
  const head = `query (${list}) ${block.order} truth: ${block.truth}`
  const lines = [...comments(block), head, block.sql, '----', ...rows]
  return { ...block, columns, rows, lines }
}

export function completeError(block: ErrorBlock, code: string, message: string): ErrorBlock {
  const head = `statement error truth: ${block.truth} ${code} ${message}`
  return { ...block, code, message, lines: [...comments(block), head, block.sql] }
}

const comments = (block: Block): string[] => block.lines.filter((line) => line.startsWith('#'))
