import type { AttributeShape, AttributeType } from '../../database/write/ingest-record.ts'

const remembered = 10_000

/** Lists of names that many records have, each kept once: what the writer knows of a list it knows by its object. */
export class SharedNames {
  readonly #lists = new Map<string, readonly string[]>()
  readonly #shapes = new Map<string, AttributeShape>()

  list(names: readonly string[]): readonly string[] {
    const key = names.join('\0')
    const known = this.#lists.get(key)
    if (known !== undefined && known.length === names.length) return known
    if (this.#lists.size >= remembered) this.#lists.clear()
    this.#lists.set(key, names)
    return names
  }

  shape(names: readonly string[], types: readonly AttributeType[]): AttributeShape {
    const key = `${names.join('\0')}\0\0${types.join()}`
    const known = this.#shapes.get(key)
    if (known !== undefined && known.names.length === names.length) return known
    if (this.#shapes.size >= remembered) this.#shapes.clear()
    const shape: AttributeShape = { names, types }
    this.#shapes.set(key, shape)
    return shape
  }
}
