import { shapeOf } from './large-shapes.ts'

/** How many forms are remembered. */
const capacity = 1000
/** What takes no longer is mostly planning. */
const quickMs = 10
/** What a run on one thread may read; the engine knows from its index how much it will be, and refuses before it reads. */
const rowLimit = 655_360
/** So often may a form turn out to read more before it is given up. */
const patience = 3

/**
 * The forms of queries (their texts without literals) that took no time to speak of: asked again, they run on one thread, which saves the engine the
 * making and joining of several. One that would read much this time, because of other literals, does not: see `rowLimit`.
 */
export class QuickShapes {
  /** By form: how often it would have read too much. */
  readonly #shapes = new Map<string, number>()

  /** The rows that a run on one thread may read; undefined when it is not to run so. */
  rowLimit(text: string): number | undefined {
    if (this.#shapes.size === 0) return undefined
    return (this.#shapes.get(shapeOf(text)) ?? patience) < patience ? rowLimit : undefined
  }

  ran(text: string, durationMs: number): void {
    if (durationMs > quickMs) return
    const shape = shapeOf(text)
    if (this.#shapes.has(shape)) return
    const [oldest] = this.#shapes.keys()
    if (this.#shapes.size >= capacity && oldest !== undefined) this.#shapes.delete(oldest)
    this.#shapes.set(shape, 0)
  }

  /** It reads more than `rowLimit`. */
  readsMuch(text: string): void {
    const shape = shapeOf(text)
    this.#shapes.set(shape, (this.#shapes.get(shape) ?? 0) + 1)
  }
}
