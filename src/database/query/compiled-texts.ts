import type { Catalog } from '../../sql/catalog.ts'
import { compile, type CompiledStatement, type Session } from '../../sql/compile.ts'

/** How many texts are remembered, and how long they may be. */
const capacity = 500
const longestText = 16_384
/** So long after it was compiled a statement is used again. */
const lastsNs = 60_000_000_000n

interface Known {
  /** Absent: the text came once, or compiles to something else each time. */
  readonly statement?: CompiledStatement
  readonly isFixed?: boolean
  readonly fromNs: bigint
  readonly untilNs: bigint
}

/**
 * Compiles texts, those that come again and again only once a minute: as long as the catalog is the very same and what they compile to does not depend
 * on the moment or on who asks. It does not where neither `now()` nor a retention period is in it, which a later beginning of time makes superfluous.
 */
export class CompiledTexts {
  readonly #known = new Map<string, Known>()
  #snapshot: Catalog | undefined

  /** @param snapshot what `seen` shows. @throws ServerError as `compile` */
  compile(text: string, snapshot: Catalog, seen: Catalog, session: Session): CompiledStatement {
    if (snapshot !== this.#snapshot) {
      this.#known.clear()
      this.#snapshot = snapshot
    }
    const { nowNs } = session
    const known = this.#known.get(text)
    const isCurrent = known !== undefined && nowNs >= known.fromNs && nowNs <= known.untilNs
    if (isCurrent && known.statement !== undefined) return known.statement
    let depends = false
    const reckonedFrom = (expiryNowNs: bigint): Session => ({
      ...session,
      expiryNowNs,
      get nowNs() {
        depends = true
        return nowNs
      },
      isVisible: (database, table) => {
        depends = true
        return session.isVisible?.(database, table) ?? true
      },
    })
    const statement = compile(text, seen, reckonedFrom(nowNs))
    if (text.length > longestText) return statement
    if (known === undefined) this.#remember(text, { fromNs: nowNs, untilNs: nowNs })
    else if (!isCurrent || known.isFixed === undefined) {
      // the same with the retention periods of the end: of every moment in between, too, since they only move on
      const isFixed = !depends && statement.kind === 'query' && isSame(statement, compile(text, seen, reckonedFrom(nowNs + lastsNs)))
      this.#remember(text, { fromNs: nowNs, untilNs: nowNs + lastsNs, isFixed, ...(isFixed && { statement }) })
    }
    return statement
  }

  #remember(text: string, known: Known): void {
    this.#known.delete(text)
    this.#known.set(text, known)
    const [oldest] = this.#known.keys()
    if (this.#known.size > capacity && oldest !== undefined) this.#known.delete(oldest)
  }
}

const isSame = (one: CompiledStatement, other: CompiledStatement): boolean =>
  one.kind === 'query' && other.kind === 'query' && one.text === other.text
