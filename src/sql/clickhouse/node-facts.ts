import type { Node } from './tree.ts'

/** Cheap and short enough to be written several times. */
export function isTrivial(node: Node): boolean {
  switch (node.kind) {
    case 'null':
    case 'boolean':
    case 'integer':
    case 'float':
    case 'identifier':
      return true
    case 'string':
      return node.value.length < 40
    case 'cast':
      return isTrivial(node.operand)
    case 'call':
      return (node.name === 'assumeNotNull' || node.name === 'tupleElement') && isTrivial(node.arguments[0]!)
    default:
      return false
  }
}

/** Aggregates whose result is of their argument's type when that is a double that may be NULL, or whatever it is. */
const doubleAggregates: ReadonlySet<string> = new Set(['avg', 'sum'])
const extremes: ReadonlySet<string> = new Set(['max', 'min'])
const nullableDouble = 'Nullable(Float64)'

/** The engine's type of what may be NULL, where that is sure. */
export function knownType(node: Node | undefined): string | undefined {
  if (node?.kind === 'identifier') return node.type
  if (node?.kind !== 'call' || node.arguments.length !== 1) return undefined
  const type = knownType(node.arguments[0])
  return extremes.has(node.name) || (type === nullableDouble && doubleAggregates.has(node.name)) ? type : undefined
}

/** Surely no NULL (surely not an empty option). */
export function isSurelyPresent(node: Node): boolean {
  switch (node.kind) {
    case 'boolean':
    case 'integer':
    case 'float':
    case 'string':
      return true
    case 'call':
      return (node.name === 'array' && node.arguments.length === 1) || (node.name === 'assumeNotNull' && !node.over)
    case 'alias':
      return isSurelyPresent(node.operand)
    default:
      return false
  }
}

const throwing = new WeakMap<Node, boolean>()

/** Whether evaluating it can raise an error. */
export function mayThrow(node: Node): boolean {
  if (node.kind !== 'call' && node.kind !== 'cast' && node.kind !== 'alias' && node.kind !== 'lambda' && node.kind !== 'in') {
    return node.kind === 'subquery'
  }
  let answer = throwing.get(node)
  if (answer === undefined) {
    answer = (node.kind === 'call' && node.name === 'throwIf') || children(node).some(mayThrow)
    throwing.set(node, answer)
  }
  return answer
}

export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'call':
      return node.filter ? [...node.arguments, node.filter] : node.arguments
    case 'cast':
    case 'alias':
    case 'in-query':
      return [node.operand]
    case 'lambda':
      return [node.body]
    case 'in':
      return [node.operand, ...node.set]
    default:
      return []
  }
}

/**
 * Puts `replacement` in the place of the first use of the variable `name` that is not inside a lambda (where a name would be
 * unknown outside); undefined when there is no such use.
 */
export function replaceFirstUse(node: Node, name: string, replacement: Node): Node | undefined {
  switch (node.kind) {
    case 'identifier':
      return node.name === name ? replacement : undefined
    case 'cast':
    case 'alias': {
      const operand = replaceFirstUse(node.operand, name, replacement)
      return operand && { ...node, operand }
    }
    case 'in': {
      const operand = replaceFirstUse(node.operand, name, replacement)
      if (operand) return { ...node, operand }
      const set = replaceInList(node.set, name, replacement)
      return set && { ...node, set }
    }
    case 'call': {
      const args = replaceInList(node.arguments, name, replacement)
      if (args) return { ...node, arguments: args }
      const filter = node.filter && replaceFirstUse(node.filter, name, replacement)
      return filter && { ...node, filter }
    }
    default:
      return undefined
  }
}

function replaceInList(nodes: readonly Node[], name: string, replacement: Node): readonly Node[] | undefined {
  for (let i = 0; i < nodes.length; i++) {
    const replaced = replaceFirstUse(nodes[i]!, name, replacement)
    if (replaced) return nodes.with(i, replaced)
  }
  return undefined
}

/** Whether the variable occurs anywhere, lambdas included. */
export function uses(node: Node, name: string): boolean {
  return node.kind === 'identifier' ? node.name === name : children(node).some((child) => uses(child, name))
}

/** How many nodes it is once every alias in it is written out. */
export function expandedSize(node: Node, aliasSizes: ReadonlyMap<string, number>, known = new Map<Node, number>()): number {
  if (node.kind === 'identifier') return aliasSizes.get(node.name) ?? 1
  let size = known.get(node)
  if (size === undefined) {
    size = 1
    for (const child of children(node)) size += expandedSize(child, aliasSizes, known)
    known.set(node, size)
  }
  return size
}

/** How often the variable occurs, lambdas included. */
export function countUses(node: Node, name: string, known = new Map<Node, number>()): number {
  if (node.kind === 'identifier') return node.name === name ? 1 : 0
  let count = known.get(node)
  if (count === undefined) {
    count = 0
    for (const child of children(node)) count += countUses(child, name, known)
    known.set(node, count)
  }
  return count
}
