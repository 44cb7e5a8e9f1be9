import { Dictionary } from './dictionary.ts'
import { type Hash64, nameHash } from './name-hash.ts'

/** What is remembered of a table's texts from batch to batch. */
export class TableTexts {
  readonly tableHash: Hash64
  readonly measures = new Dictionary('measure', '')
  readonly #dimensions = new Map<string, Dictionary>()
  #batch = 0

  constructor(physicalName: string) {
    this.tableHash = nameHash('table', physicalName)
  }

  dimension(name: string): Dictionary {
    let dictionary = this.#dimensions.get(name)
    if (dictionary === undefined) {
      dictionary = new Dictionary('dimension', name)
      this.#dimensions.set(name, dictionary)
    }
    return dictionary
  }

  /** A number for the next batch; texts get codes anew. */
  nextBatch(): number {
    this.measures.trim()
    for (const dictionary of this.#dimensions.values()) dictionary.trim()
    return this.#batch++
  }
}
