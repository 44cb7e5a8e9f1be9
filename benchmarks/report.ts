import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('./results/', import.meta.url))

/** Prints as it goes, and writes all of it to `results/NAME.md` with date and machine at the end. */
export class Report {
  readonly #name: string
  readonly #title: string
  readonly #lines: string[] = []

  constructor(name: string, title: string) {
    this.#name = name
    this.#title = title
  }

  say(line = ''): void {
    console.log(line)
    this.#lines.push(line)
  }

  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((text, i) => Math.max(text.length, ...rows.map((row) => row[i]!.length)))
    const line = (cells: readonly string[]): string =>
      `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`
    this.say(line(head))
    this.say(`|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`)
    for (const row of rows) this.say(line(row))
  }

  save(command: string): void {
    const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: folder.replace(/results\/$/, ''), encoding: 'utf8' }).trim()
    const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}, Node ${process.version}`
    const load = `load average over the last 15 minutes ${loadavg()[2]!.toFixed(1)}`
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      `${folder}${this.#name}.md`,
      [
        `# ${this.#title}`,
        '',
        `\`${command}\` · ${new Date().toISOString().slice(0, 10)} · ${commit} · ${machine} · ${load}`,
        '',
        ...this.#lines,
        '',
      ].join('\n'),
    )
  }
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
export const spread = (values: readonly number[]): string => `${thousands(Math.min(...values))}–${thousands(Math.max(...values))}`
export const thousands = (value: number): string => Math.round(value).toLocaleString('en-US')
