/** Where a command writes its results; a terminal, a pipe or a test. Resolves when it may write more. */
export interface Output {
  write(text: string): Promise<void>
}

export interface TextColumn {
  readonly name: string
  readonly align: 'left' | 'right'
}

export type RowFormat = 'table' | 'json' | 'csv'
export const rowFormats = ['table', 'json', 'csv'] as const

/** A cell: its text, and its value as JSON has it. `null` text is SQL's NULL. */
export interface Cell {
  readonly text: string | null
  readonly json: unknown
}

/** Writes rows as they come, page by page: memory does not grow with the result. */
export interface RowWriter {
  page(rows: readonly (readonly Cell[])[]): Promise<void>
  end(): Promise<void>
}

export function rowWriter(format: RowFormat, columns: readonly TextColumn[], output: Output): RowWriter {
  switch (format) {
    case 'table':
      return tableWriter(columns, output)
    case 'json':
      return jsonWriter(columns, output)
    case 'csv':
      return csvWriter(columns, output)
  }
}

const widest = 60

/** Columns are as wide as the first page needs. */
function tableWriter(columns: readonly TextColumn[], output: Output): RowWriter {
  let widths: readonly number[] | undefined
  let rowCount = 0
  const line = (cells: readonly string[]): string =>
    `${cells
      .map((cell, i) => (columns[i]?.align === 'right' ? cell.padStart(widths?.[i] ?? 0) : cell.padEnd(widths?.[i] ?? 0)))
      .join('  ')
      .trimEnd()}\n`
  const head = (rows: readonly (readonly Cell[])[]): string => {
    widths = columns.map((column, i) =>
      Math.min(widest, Math.max(column.name.length, ...rows.map((row) => singleLine(row[i]?.text ?? 'null').length))),
    )
    return line(columns.map((column) => column.name)) + line(widths.map((width) => '-'.repeat(width)))
  }
  return {
    async page(rows) {
      const start = widths === undefined ? head(rows) : ''
      rowCount += rows.length
      await output.write(start + rows.map((row) => line(row.map((cell) => singleLine(cell.text ?? 'null')))).join(''))
    },
    async end() {
      await output.write(`${widths === undefined ? head([]) : ''}(${rowCount} ${rowCount === 1 ? 'row' : 'rows'})\n`)
    },
  }
}

/** Control characters would break the table, or speak to the terminal. */
function singleLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) =>
    character === '\n' ? '\\n' : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}

/** One array of objects. Of columns with the same name the later ones get `_2`, `_3` … */
function jsonWriter(columns: readonly TextColumn[], output: Output): RowWriter {
  const names = uniqueNames(columns.map((column) => column.name))
  let separator = '['
  return {
    async page(rows) {
      let text = ''
      for (const row of rows) {
        text += `${separator}\n${JSON.stringify(Object.fromEntries(row.map((cell, i) => [names[i] ?? '', cell.json])))}`
        separator = ','
      }
      await output.write(text)
    },
    async end() {
      await output.write(separator === '[' ? '[]\n' : '\n]\n')
    },
  }
}

export function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let candidate = name
    for (let n = 2; taken.has(candidate); n++) candidate = `${name}_${n}`
    taken.add(candidate)
    return candidate
  })
}

/** RFC 4180 with plain line feeds; NULL is an empty field, an empty text is `""`. */
function csvWriter(columns: readonly TextColumn[], output: Output): RowWriter {
  let head = `${columns.map((column) => csvField(column.name)).join(',')}\n`
  return {
    async page(rows) {
      const text = head + rows.map((row) => `${row.map((cell) => csvField(cell.text)).join(',')}\n`).join('')
      head = ''
      await output.write(text)
    },
    async end() {
      await output.write(head)
    },
  }
}

function csvField(text: string | null): string {
  if (text === null) return ''
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** All rows at once, every cell a text. */
export async function writeTextRows(
  format: RowFormat,
  names: readonly string[],
  rows: readonly (readonly string[])[],
  output: Output,
): Promise<void> {
  const columns = names.map((name) => ({ name: format === 'table' ? name : name.replaceAll(' ', '_'), align: 'left' }) as const)
  const writer = rowWriter(format, columns, output)
  if (rows.length > 0) await writer.page(rows.map((row) => row.map((text): Cell => ({ text, json: text }))))
  await writer.end()
}
