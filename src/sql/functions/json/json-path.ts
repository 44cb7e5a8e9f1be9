/** A step of a JSON path: a member's name, or a number that is an index of an array and else a name. */
export type JsonStep =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'number'; readonly index: number; readonly text: string }

export class JsonPathError extends Error {
  override readonly name = 'JsonPathError'
}

/**
 * `$`, `.name`, `[0]`, `["any name"]`, `[name]`. Source: Trino documentation, "JSON functions": json_extract.
 * @throws JsonPathError for anything else, wildcards and negative indexes too.
 */
export function parseJsonPath(path: string): readonly JsonStep[] {
  const invalid = (): JsonPathError => new JsonPathError(`Invalid JSON path: '${path}'`)
  if (!path.startsWith('$')) throw invalid()
  const steps: JsonStep[] = []
  const step = /\.([\p{L}\p{N}_:/-]+)|\[\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([\p{L}\p{N}_:/]+))\s*\]/uy
  step.lastIndex = 1
  while (step.lastIndex < path.length) {
    const match = step.exec(path)
    if (match === null) throw invalid()
    const quoted = match[2] ?? match[3]
    const name = quoted === undefined ? (match[1] ?? match[4]!) : quoted.replace(/\\(.)/g, '$1')
    steps.push(
      quoted === undefined && /^\d{1,9}$/.test(name) ? { kind: 'number', index: Number(name), text: name } : { kind: 'name', name },
    )
  }
  return steps
}
