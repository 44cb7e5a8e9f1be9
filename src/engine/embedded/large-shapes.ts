/** How many forms are remembered. */
const capacity = 1000

/**
 * The forms of queries (their texts without literals) whose result was too large to be made whole: asked again, with other literals perhaps, they are
 * streamed at once.
 */
export class LargeShapes {
  readonly #shapes = new Set<string>()

  has(text: string): boolean {
    return this.#shapes.size > 0 && this.#shapes.has(shapeOf(text))
  }

  add(text: string): void {
    const [oldest] = this.#shapes
    if (this.#shapes.size >= capacity && oldest !== undefined) this.#shapes.delete(oldest)
    this.#shapes.add(shapeOf(text))
  }
}

export const shapeOf = (text: string): string => text.replaceAll(/'(?:[^'\\]|\\.)*'|\d+/g, '?')
