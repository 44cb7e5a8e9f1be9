import { type Hash64, nameHash } from './name-hash.ts'

/** A distinct text of one column: its hash, computed once, and its code in the batch that used it last. */
export interface Entry extends Hash64 {
  batch: number
  code: number
}

/** How many distinct texts of a column are remembered between batches; about 150 bytes each. */
const rememberedTexts = 50_000

/** The distinct texts of one column, across the batches of a table. */
export class Dictionary {
  readonly #entries = new Map<string, Entry>()
  readonly #domain: 'dimension' | 'measure'
  readonly #name: string

  constructor(domain: 'dimension' | 'measure', name: string) {
    this.#domain = domain
    this.#name = name
  }

  /** The text's entry, with its code in the batch's list of texts, to which it is added when missing. */
  intern(text: string, batch: number, texts: string[]): Entry {
    let entry = this.#entries.get(text)
    if (entry === undefined) {
      const { low, high } = this.#domain === 'measure' ? nameHash('measure', text) : nameHash('dimension', this.#name, text)
      entry = { low, high, batch: -1, code: 0 }
      this.#entries.set(text, entry)
    }
    if (entry.batch !== batch) {
      entry.batch = batch
      entry.code = texts.length
      texts.push(text)
    }
    return entry
  }

  /** Between two batches only: a text that is forgotten within one would get a second code. */
  trim(): void {
    if (this.#entries.size > rememberedTexts) this.#entries.clear()
  }
}
