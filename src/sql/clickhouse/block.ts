import { call, identifier, integer, typedIdentifier } from './tree.ts'
import type { From, Node, Select, SelectColumn, SelectQuery, Sort } from './tree.ts'
import { children, isTrivial, knownType } from './node-facts.ts'
import type { Names } from './values.ts'

/**
 * One ClickHouse SELECT while it grows: relations fill its clauses in the order in which ClickHouse evaluates them, and what comes too late
 * for its clause starts a new SELECT around it (`nest`). Every symbol is known by what it is here: a source column, a constant, or a named
 * value of this SELECT.
 */
export class Block {
  readonly #names: Names
  readonly from: From | undefined
  readonly arrayJoin: SelectQuery['arrayJoin'] | undefined
  readonly with: SelectQuery['with'] | undefined
  /** What symbols are; those of `#definitions` are known by their own name. */
  readonly #columns = new Map<string, Node>()
  readonly #definitions = new Map<string, Node>()
  readonly where: Node[] = []
  groupBy: readonly Node[] | undefined
  groupingSets: readonly (readonly Node[])[] | undefined
  readonly having: Node[] = []
  /** What the aggregates over all rows are; undefined where rows are not aggregated into one. */
  wholeAggregates: ReadonlySet<string> | undefined
  hasWindows = false
  /** The symbols that DISTINCT is over. */
  distinct: readonly string[] | undefined
  orderBy: readonly Sort[] | undefined
  limit: Node | undefined
  /** Rows equal to the last one in ORDER BY come, too. */
  ties = false
  offset: Node | undefined

  constructor(
    names: Names,
    from: From | undefined,
    options: { readonly arrayJoin?: SelectQuery['arrayJoin']; readonly with?: SelectQuery['with'] } = {},
  ) {
    this.#names = names
    this.from = from
    this.arrayJoin = options.arrayJoin
    this.with = options.with
  }

  get isGrouped(): boolean {
    return this.groupBy !== undefined || this.groupingSets !== undefined
  }

  get isLimited(): boolean {
    return this.limit !== undefined || this.offset !== undefined
  }

  /** Nothing but a source and conditions on its rows. */
  get isPlain(): boolean {
    return !this.isGrouped && !this.hasWindows && !this.distinct && !this.orderBy && !this.isLimited
  }

  /** Says what a symbol is. Long expressions get the symbol as their name in this SELECT, so that no use repeats them. */
  define(symbol: string, node: Node): void {
    if (isTrivial(node)) this.#columns.set(symbol, node)
    else {
      this.#definitions.set(symbol, node)
      this.#columns.set(symbol, typedIdentifier(symbol, knownType(node)))
    }
  }

  /** Undefined for a column of the surroundings. */
  lookup(symbol: string): Node | undefined {
    return this.#columns.get(symbol)
  }

  /** The symbols as columns of a SELECT around this one. */
  nest(required: ReadonlySet<string>): Block {
    const symbols = this.outputs(required)
    const block = new Block(this.#names, {
      kind: 'query',
      query: this.finish(symbols.map((symbol) => [symbol, identifierOf(symbol)])),
      alias: this.#names.fresh('r'),
    })
    for (const symbol of symbols) block.define(symbol, typedIdentifier(symbol, knownType(this.#columns.get(symbol))))
    return block
  }

  /** What of the required symbols this SELECT gives; under DISTINCT all that it is over. */
  outputs(required: ReadonlySet<string>): readonly string[] {
    return this.distinct ?? [...required].filter((symbol) => this.#columns.has(symbol))
  }

  /** The SELECT with these columns: alias and value, the value usually `identifierOf(symbol)`. */
  finish(columns: readonly (readonly [alias: string, value: Node])[]): SelectQuery {
    const selected: SelectColumn[] = []
    const selectedAs = new Set<string>()
    for (const [alias, value] of columns) {
      const node =
        value.kind === 'identifier'
          ? this.#definitions.has(alias) && value.name === alias
            ? this.#definitions.get(alias)!
            : this.resolve(value)
          : value
      selected.push({ expression: node, alias })
      selectedAs.add(alias)
    }
    if (selected.length === 0) selected.push({ expression: integer(1), alias: this.#names.fresh('c') })
    const having = this.#isSurelyOneRow(columns.map(([, value]) => value)) ? this.having : [...this.having, someCount]
    const definitions = this.#usedDefinitions(selected, selectedAs)
    const { from, arrayJoin } = this
    return {
      kind: 'select',
      columns: selected,
      ...(this.with ? { with: this.with, recursive: true } : {}),
      ...(definitions.length > 0 ? { definitions } : {}),
      ...(this.distinct ? { distinct: true } : {}),
      ...(from ? { from } : {}),
      ...(arrayJoin ? { arrayJoin } : {}),
      ...(this.where.length > 0 ? { where: conjunction(withoutWeaker(this.where)) } : {}),
      ...(this.groupBy ? { groupBy: this.groupBy } : {}),
      ...(this.groupingSets ? { groupingSets: this.groupingSets } : {}),
      ...(having.length > 0 ? { having: conjunction(having) } : {}),
      ...(this.orderBy ? { orderBy: this.orderBy } : {}),
      ...(this.limit ? { limit: this.limit } : {}),
      ...(this.ties ? { ties: true } : {}),
      ...(this.offset ? { offset: this.offset } : {}),
    }
  }

  /** An aggregate inside an expression may be folded away with it, and the rows would come one by one: only one that is selected as it is will stay. */
  #isSurelyOneRow(selected: readonly Node[]): boolean {
    const { wholeAggregates } = this
    if (wholeAggregates === undefined) return true
    return selected.some((value) => {
      const node = this.resolve(value.kind === 'cast' ? value.operand : value)
      return node.kind === 'identifier' && wholeAggregates.has(node.name)
    })
  }

  /** A symbol's identifier becomes what the symbol is. */
  resolve(node: Node): Node {
    return node.kind === 'identifier' ? (this.#columns.get(node.name) ?? node) : node
  }

  /** Named values that are used and not selected under their own name. */
  #usedDefinitions(selected: readonly SelectColumn[], selectedAs: ReadonlySet<string>): readonly SelectColumn[] {
    if (this.#definitions.size === 0) return []
    const used = new Set<string>()
    const walk = (node: Node): void => {
      if (node.kind === 'identifier') {
        const definition = this.#definitions.get(node.name)
        if (definition && !used.has(node.name)) {
          used.add(node.name)
          walk(definition)
        }
      } else {
        children(node).forEach(walk)
        if (node.kind === 'call') {
          node.parameters?.forEach(walk)
          node.over?.partitionBy.forEach(walk)
          node.over?.orderBy.forEach((sort) => walk(sort.expression))
        }
      }
    }
    for (const column of selected) walk(column.expression)
    this.where.forEach(walk)
    this.groupBy?.forEach(walk)
    this.groupingSets?.forEach((set) => set.forEach(walk))
    this.having.forEach(walk)
    this.orderBy?.forEach((sort) => walk(sort.expression))
    return [...used]
      .filter((symbol) => !selectedAs.has(symbol))
      .map((symbol) => ({ expression: this.#definitions.get(symbol)!, alias: symbol }))
  }
}

export const identifierOf = (symbol: string): Node => identifier(symbol)

/** True of every group, and enough for the engine to make one of all rows. */
const someCount = call('greaterOrEquals', call('count'), integer(0))

const conjunction = (nodes: readonly Node[]): Node => (nodes.length === 1 ? nodes[0]! : call('and', ...nodes))

/** Of several numbers that one column is at least, only the greatest: the retention filter says nothing beside a later beginning. */
function withoutWeaker(conditions: readonly Node[]): readonly Node[] {
  const bounds = conditions.map(lowerBound)
  return conditions.filter((_, i) => {
    const bound = bounds[i]
    return bound === undefined || !bounds.some((other, j) => other !== undefined && j !== i && implies(other, bound, j < i))
  })
}

interface LowerBound {
  readonly column: string
  readonly least: bigint
  readonly isStrict: boolean
}

function lowerBound(node: Node): LowerBound | undefined {
  if (node.kind !== 'call' || (node.name !== 'greaterOrEquals' && node.name !== 'greater')) return undefined
  const [column, least] = node.arguments
  if (column?.kind !== 'identifier' || least?.kind !== 'integer' || least.type !== undefined) return undefined
  return { column: column.name, least: least.value, isStrict: node.name === 'greater' }
}

function implies(one: LowerBound, other: LowerBound, isBefore: boolean): boolean {
  if (one.column !== other.column) return false
  if (one.least !== other.least) return one.least > other.least
  return one.isStrict === other.isStrict ? isBefore : one.isStrict
}

/** A query as the source of a new SELECT. */
export function blockOver(names: Names, query: Select, symbols: readonly string[]): Block {
  const block = new Block(names, { kind: 'query', query, alias: names.fresh('r') })
  for (const symbol of symbols) block.define(symbol, identifier(symbol))
  return block
}
