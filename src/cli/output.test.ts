import { describe, expect, it } from 'vitest'
import { rowWriter, uniqueNames, type Cell, type RowFormat } from './output.ts'

const columns = [
  { name: 'host', align: 'left' },
  { name: 'cpu', align: 'right' },
] as const

function cell(text: string | null, json: unknown = text): Cell {
  return { text, json }
}

async function written(format: RowFormat, ...pages: readonly (readonly (readonly Cell[])[])[]): Promise<string> {
  let text = ''
  const writer = rowWriter(format, columns, { write: async (part) => void (text += part) })
  for (const page of pages) await writer.page(page)
  await writer.end()
  return text
}

describe('rows', () => {
  it('as a table align numbers to the right and count the rows', async () => {
    expect(
      await written(
        'table',
        [
          [cell('a'), cell('1.5')],
          [cell(null), cell('10')],
        ],
        [[cell('longer than the first page'), cell('2')]],
      ),
    ).toBe(['host  cpu', '----  ---', 'a     1.5', 'null   10', 'longer than the first page    2', '(3 rows)', ''].join('\n'))
  })

  it('as a table show control characters instead of obeying them', async () => {
    expect(await written('table', [[cell('a\u001b[31m\nb'), cell('1')]])).toContain('a\\u001b[31m\\nb')
  })

  it('as JSON make one array', async () => {
    const text = await written('json', [[cell('a'), cell('1.5', 1.5)]], [[cell(null), cell('2.0', 2)]])
    expect(JSON.parse(text)).toEqual([
      { host: 'a', cpu: 1.5 },
      { host: null, cpu: 2 },
    ])
  })

  it('as CSV quote what needs it and tell NULL from an empty text', async () => {
    expect(await written('csv', [[cell('a,"b"'), cell('')]], [[cell(null), cell('1')]])).toBe('host,cpu\n"a,""b""",""\n,1\n')
  })

  it('are well formed when there are none', async () => {
    expect(await written('table')).toBe('host  cpu\n----  ---\n(0 rows)\n')
    expect(await written('json')).toBe('[]\n')
    expect(await written('csv')).toBe('host,cpu\n')
  })

  it('keep columns of the same name apart', () => {
    expect(uniqueNames(['a', 'a', 'a_2', 'a'])).toEqual(['a', 'a_2', 'a_2_2', 'a_3'])
  })
})
