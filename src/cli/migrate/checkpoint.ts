import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { ServerError } from '../../base/errors.ts'
import type { Slice } from './slices.ts'
import type { MeasureSum } from './table-rows.ts'

/** What a slice came to. */
export interface SliceOutcome {
  readonly written: number
  readonly rejected: number
  /** Of what was read, by measure name. */
  readonly measures: Readonly<Record<string, MeasureSum>>
}

export interface PlannedSlice extends Slice {
  /** Absent while it is not copied whole. */
  readonly outcome?: SliceOutcome
}

/** What the target is to have when everything is copied. */
export interface MagneticWrites {
  readonly EnableMagneticStoreWrites: boolean
}

/** One line of the file. */
type Entry =
  | { readonly migration: Readonly<Record<string, string>> }
  | { readonly plan: string; readonly slices: readonly Slice[] }
  | { readonly done: string; readonly fromMs: number; readonly toMs: number; readonly outcome: SliceOutcome }
  | { readonly restore: string; readonly properties: MagneticWrites }
  | { readonly finished: true }

/**
 * A file of JSON lines that says what is copied, written before anything counts as done. A line that a crash cut short is left out when the file
 * is read: its slice is copied once more, which changes nothing at the target.
 */
export class Checkpoint {
  readonly #file: number
  readonly #plans = new Map<string, readonly Slice[]>()
  /** By table, then by the slice's times. */
  readonly #outcomes = new Map<string, Map<string, SliceOutcome>>()
  readonly #restore = new Map<string, MagneticWrites>()
  #isFinished = false

  /** @throws ServerError CONFIGURATION when the file cannot be used, or is of another migration */
  constructor(path: string, migration: Readonly<Record<string, string>>) {
    const text = textOf(path)
    const lines = text.split('\n')
    const isCut = lines.pop() !== ''
    for (const [index, line] of lines.entries()) this.#read(line, path, index, migration)
    try {
      this.#file = openSync(path, 'a', 0o600)
    } catch (error) {
      throw unusable(path, error)
    }
    if (isCut) writeSync(this.#file, '\n')
    if (text === '') this.#append({ migration })
  }

  /** Whether an earlier run came to its end. */
  get isFinished(): boolean {
    return this.#isFinished
  }

  #read(line: string, path: string, index: number, migration: Readonly<Record<string, string>>): void {
    let entry: Entry
    try {
      entry = JSON.parse(line) as Entry
    } catch {
      if (index === 0) throw new ServerError('CONFIGURATION', `--checkpoint: ${path} is no checkpoint of a migration`)
      return
    }
    if (index === 0) {
      const of: Readonly<Record<string, string>> | undefined = 'migration' in entry ? entry.migration : undefined
      const other = of === undefined ? '' : Object.keys(migration).find((name) => of[name] !== migration[name])
      if (other !== undefined) {
        const what = of === undefined ? 'no checkpoint of a migration' : `of another migration (--${other} ${of[other] || 'absent'})`
        throw new ServerError('CONFIGURATION', `--checkpoint: ${path} is ${what}; give another file`)
      }
    } else this.#apply(entry)
  }

  #apply(entry: Entry): void {
    if ('plan' in entry) {
      this.#isFinished = false
      this.#plans.set(entry.plan, entry.slices)
      this.#outcomes.set(entry.plan, new Map())
    } else if ('done' in entry) this.#outcomes.get(entry.done)?.set(keyOf(entry), entry.outcome)
    else if ('restore' in entry) this.#restore.set(entry.restore, entry.properties)
    else if ('finished' in entry) this.#isFinished = true
  }

  #append(entry: Entry): void {
    writeSync(this.#file, `${JSON.stringify(entry)}\n`)
    fsyncSync(this.#file)
    this.#apply(entry)
  }

  /** The slices of a table, when it is planned. */
  slices(table: string): readonly PlannedSlice[] | undefined {
    const outcomes = this.#outcomes.get(table)
    return this.#plans.get(table)?.map((slice) => {
      const outcome = outcomes?.get(keyOf(slice))
      return outcome === undefined ? slice : { ...slice, outcome }
    })
  }

  /** Plans a table, once more or for the first time. A slice that is as it was copied stays copied; one that has other records now is copied again. */
  plan(table: string, slices: readonly Slice[]): void {
    const outcomes = this.#outcomes.get(table)
    const kept = slices.flatMap((slice) => {
      const outcome = outcomes?.get(keyOf(slice))
      return outcome !== undefined && outcome.written + outcome.rejected === slice.rows ? [[slice, outcome] as const] : []
    })
    this.#append({ plan: table, slices })
    for (const [slice, outcome] of kept) this.done(table, slice, outcome)
  }

  done(table: string, { fromMs, toMs }: Slice, outcome: SliceOutcome): void {
    this.#append({ done: table, fromMs, toMs, outcome })
  }

  /** What the target's table had, or shall have, before magnetic writes were enabled for the time of the migration. */
  restore(table: string): MagneticWrites | undefined {
    return this.#restore.get(table)
  }

  setRestore(table: string, properties: MagneticWrites): void {
    this.#append({ restore: table, properties })
  }

  finish(): void {
    this.#append({ finished: true })
  }

  close(): void {
    closeSync(this.#file)
  }
}

const keyOf = ({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): string => `${fromMs} ${toMs}`

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw unusable(path, error)
  }
}

const unusable = (path: string, error: unknown): ServerError =>
  new ServerError('CONFIGURATION', `--checkpoint: ${path} cannot be used (${(error as NodeJS.ErrnoException).code ?? String(error)})`)
