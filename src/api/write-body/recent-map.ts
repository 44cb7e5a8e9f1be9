/** Values by text. Keeps those of recent use; a bounded number of characters of keys. */
export class RecentMap<T> {
  readonly #maxChars: number
  #recent = new Map<string, T>()
  /** Forgotten when `#recent` is full, but for those that are asked for until then. */
  #older = new Map<string, T>()
  #chars = 0

  constructor(maxChars: number) {
    this.#maxChars = maxChars
  }

  get(text: string): T | undefined {
    const recent = this.#recent.get(text)
    if (recent !== undefined) return recent
    const older = this.#older.get(text)
    if (older !== undefined) this.set(text, older)
    return older
  }

  set(text: string, value: T): void {
    this.#recent.set(ownText(text), value)
    this.#chars += text.length
    if (this.#chars * 2 <= this.#maxChars) return
    this.#older = this.#recent
    this.#recent = new Map()
    this.#chars = 0
  }
}

/** From this length on the engine of JavaScript keeps a piece of a text as a reference into the whole. */
const sharedChars = 13

/** The same text, in memory of its own. */
export const ownText = (text: string): string => (text.length < sharedChars ? text : Buffer.from(text).toString())
