import { ServerError } from '../../base/errors.ts'

/** Finds a value in an event: undefined when there is none. */
export type ValuePath = (event: unknown) => unknown

const step = /\.([^.[\]'"\s]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y

/**
 * A JSONPath to one value (`$.data.temperature`, `$.readings[0]`, `$['a name']`), or a literal: any other text stands for itself.
 * Source: EventBridge Pipes, "Target parameters", dynamic path parameters.
 * @throws ServerError VALIDATION for a path that is none
 */
export function parseValuePath(text: string, member: string): ValuePath {
  if (!text.startsWith('$')) return () => text
  const steps: (string | number)[] = []
  step.lastIndex = 1
  while (step.lastIndex < text.length) {
    const at = step.lastIndex
    const [whole, name, index, single, double] = step.exec(text) ?? []
    if (whole === undefined) {
      throw new ServerError(
        'VALIDATION',
        `${member}: ${JSON.stringify(text)} is no path at character ${at + 1}; expected is $.name, $[0] or $['name'].`,
      )
    }
    steps.push(index === undefined ? (name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1')) : Number(index))
  }
  return (event) => {
    let value = event
    for (const each of steps) {
      if (typeof value !== 'object' || value === null) return undefined
      if (typeof each === 'number' ? !Array.isArray(value) : !Object.hasOwn(value, each)) return undefined
      value = (value as Record<string | number, unknown>)[each]
    }
    return value
  }
}
