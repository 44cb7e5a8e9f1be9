import type { TestCase, TestModule } from 'vitest/node'
import type { Reporter } from 'vitest/reporters'

const scenarios = ['malformed input', 'oversize input', 'duplicate delivery', 'broker restart', 'kill -9 of the server']
const width = Math.max(...scenarios.map(({ length }) => length)) + 2

/** Prints connector × scenario. */
// oxlint-disable-next-line import/no-default-export -- vitest asks for it
export default class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const results = new Map<string, Map<string, string>>()
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const connector = nameOf(test)
        const row = results.get(connector) ?? new Map<string, string>()
        const { state } = test.result()
        row.set(test.name, state === 'skipped' ? '–' : state)
        results.set(connector, row)
      }
    }
    const line = (cells: readonly string[]): string => cells.map((cell) => cell.padEnd(width)).join('')
    const rows = [...results].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const text = [
      line(['connector', ...scenarios]),
      ...rows.map(([connector, row]) => line([connector, ...scenarios.map((scenario) => row.get(scenario) ?? '–')])),
    ]
    process.stdout.write(`\n${text.join('\n')}\n(–: the connector has no broker)\n`)
  }
}

function nameOf(test: TestCase): string {
  return test.parent.type === 'suite' ? test.parent.name : test.module.moduleId
}
