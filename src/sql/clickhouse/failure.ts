import { children } from './node-facts.ts'
import { boolean, call, lambda, when } from './tree.ts'
import type { Node } from './tree.ts'

type CallNode = Extract<Node, { kind: 'call' }>

/** Longer answers are given up: TRY then makes NULL of the failing part only. */
const maxNodes = 4000

/**
 * Whether evaluating the node would raise an error, as a node that raises none itself. Only what is evaluated counts: the taken branch of
 * `if`, the elements that a lambda sees. Undefined when nothing in it fails, or when it cannot be told.
 */
export function failureOf(node: Node): Node | undefined {
  const finder = new FailureFinder()
  finder.name(node)
  const failure = finder.failure(node)
  return finder.isLost ? undefined : failure
}

/** `if(throwIf(ifNull(condition, false), message) = 0, value, NULL)`: how values.ts raises. */
function raisedBy(node: CallNode): { readonly condition: Node; readonly value: Node; readonly none: Node } | undefined {
  if (node.name !== 'if') return undefined
  const [test, value, none] = node.arguments as [Node, Node, Node]
  if (test.kind !== 'call' || test.name !== 'equals') return undefined
  const [raise] = test.arguments
  return raise?.kind === 'call' && raise.name === 'throwIf' ? { condition: raise.arguments[0]!, value, none } : undefined
}

class FailureFinder {
  readonly #aliases = new Map<string, Node>()
  #nodes = 0
  isLost = false

  /** Aliases are known in the whole SELECT, but the answer stands for itself: what they name is written out. */
  name(node: Node): void {
    if (node.kind === 'alias') this.#aliases.set(node.name, node.operand)
    for (const child of children(node)) this.name(child)
  }

  failure(node: Node): Node | undefined {
    if (this.isLost) return undefined
    switch (node.kind) {
      case 'alias':
      case 'cast':
        return this.failure(node.operand)
      case 'in':
        return this.#any([node.operand, ...node.set])
      case 'call':
        return this.#ofCall(node)
      default:
        return undefined
    }
  }

  #ofCall(node: CallNode): Node | undefined {
    const raised = raisedBy(node)
    if (raised) return or(this.failure(raised.condition), this.#quiet(raised.condition), this.failure(raised.value))
    const args = node.arguments
    if (node.name === 'if') return this.#ofBranches([[args[0]!, args[1]!]], args[2]!)
    if (node.name === 'multiIf') {
      const branches: [Node, Node][] = []
      for (let i = 0; i + 1 < args.length; i += 2) branches.push([args[i]!, args[i + 1]!])
      return this.#ofBranches(branches, args.at(-1)!)
    }
    if (node.name === 'and' || node.name === 'or') return this.#ofLogic(node.name, args)
    const [first, ...rest] = args
    if (first?.kind !== 'lambda') return this.#any(args)
    const inside = this.failure(first.body)
    if (inside === undefined) return this.#any(rest)
    if (node.name === 'arrayFold') this.isLost = true
    return or(this.#any(rest), call('arrayExists', lambda(first.parameters, inside), ...rest.map((each) => this.#quiet(each))))
  }

  /** What follows an operand that decides is not evaluated. */
  #ofLogic(operator: 'and' | 'or', operands: readonly Node[]): Node | undefined {
    return operands.reduceRight<Node | undefined>((rest, operand) => {
      if (rest === undefined) return this.failure(operand)
      const isTrue = call('ifNull', this.#quiet(operand), boolean(operator === 'and'))
      const later = operator === 'and' ? when(isTrue, rest, boolean(false)) : when(isTrue, boolean(false), rest)
      return or(this.failure(operand), later)
    }, undefined)
  }

  #ofBranches(branches: readonly (readonly [Node, Node])[], otherwise: Node): Node | undefined {
    return branches.reduceRight<Node | undefined>((rest, [condition, value]) => {
      const taken = this.failure(value)
      const inside =
        taken === undefined && rest === undefined
          ? undefined
          : when(this.#quiet(condition), taken ?? boolean(false), rest ?? boolean(false))
      return or(this.failure(condition), inside)
    }, this.failure(otherwise))
  }

  #any(nodes: readonly Node[]): Node | undefined {
    return or(...nodes.map((each) => this.failure(each)))
  }

  /** The same with NULL where it would raise an error, and without aliases. */
  #quiet(node: Node): Node {
    this.#nodes += 1
    if (this.#nodes > maxNodes) this.isLost = true
    if (this.isLost) return boolean(false)
    switch (node.kind) {
      case 'identifier': {
        const named = this.#aliases.get(node.name)
        return named === undefined ? node : this.#quiet(named)
      }
      case 'alias':
        return this.#quiet(node.operand)
      case 'cast':
        return { ...node, operand: this.#quiet(node.operand) }
      case 'lambda':
        return { ...node, body: this.#quiet(node.body) }
      case 'in':
        return { ...node, operand: this.#quiet(node.operand), set: node.set.map((each) => this.#quiet(each)) }
      case 'call': {
        const raised = raisedBy(node)
        if (raised) return when(this.#quiet(raised.condition), this.#quiet(raised.none), this.#quiet(raised.value))
        return { ...node, arguments: node.arguments.map((each) => this.#quiet(each)) }
      }
      default:
        return node
    }
  }
}

function or(...nodes: readonly (Node | undefined)[]): Node | undefined {
  const known = nodes.filter((each) => each !== undefined)
  return known.length > 1 ? call('or', ...known) : known[0]
}
